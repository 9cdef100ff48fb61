#include "transcript.h"
#include "address_find.h"

#include <string.h>

enum {
	ACCEPTED_MAX = 100,
	MARGIN = 60 /* bytes of time and marks before a command or a reply */
};

struct dialogue {
	struct span pending; /* address of the RCPT that waits for its reply */
	struct span accepted[ACCEPTED_MAX];
	unsigned n_accepted;
	bool data; /* DATA waits for its reply */
	transcript_take *take;
	void *ctx;
	unsigned taken;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The reply in a line behind a mark of the server's turn; empty: none. */
static struct span
reply_of(struct span line)
{
	static const char *const marks[] = { "<<<", "<--", "<-", "<==", "Out:", "Received >>>",
		"Received <<<", "Response:", "S:", "***", "<" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		ptrdiff_t at = span_find_str(span_first(line, MARGIN), marks[i]);
		struct span s;

		if (at < 0)
			continue;
		s = span_trim(span_from(line, (size_t)at + strlen(marks[i])));
		if (s.n >= 3 && s.p[0] >= '2' && s.p[0] <= '5' && is_digit(s.p[1]) &&
		    is_digit(s.p[2]) && (s.n == 3 || s.p[3] == ' ' || s.p[3] == '-'))
			return s;
	}
	return span_of(NULL, 0);
}

/* Where a command of that name stands in the line, behind a mark of the client's turn or at its start. */
static ptrdiff_t
command_at(struct span line, const char *name)
{
	ptrdiff_t at = span_find_nocase(span_first(line, MARGIN), name);
	struct span before;

	if (at < 0)
		return -1;
	before = span_trim(span_first(line, (size_t)at));
	if (before.n == 0 || before.p[before.n - 1] == ':' || before.p[before.n - 1] == '>' ||
	    before.p[before.n - 1] == '<')
		return at;
	return -1;
}

static void
refused(struct dialogue *d, struct span address, struct span reply)
{
	d->take(d->ctx, address, reply);
	d->taken++;
}

static void
on_reply(struct dialogue *d, struct span reply)
{
	bool no = reply.p[0] >= '4';

	if (reply.n > 3 && reply.p[3] == '-' && !no)
		return;
	if (d->pending.n > 0) {
		if (no)
			refused(d, d->pending, reply);
		else if (d->n_accepted < ACCEPTED_MAX)
			d->accepted[d->n_accepted++] = d->pending;
		d->pending = span_of(NULL, 0);
	} else if (d->data && no) {
		for (unsigned i = 0; i < d->n_accepted; i++)
			refused(d, d->accepted[i], reply);
		d->n_accepted = 0;
	}
}

static void
on_line(struct dialogue *d, struct span line)
{
	struct span reply = reply_of(line);
	ptrdiff_t at = command_at(line, "RCPT TO");

	if (at >= 0)
		d->pending = address_find(span_from(line, (size_t)at), NULL);
	else if (reply.n > 0)
		on_reply(d, reply);
	else if (command_at(line, "DATA") >= 0 || command_at(line, "BDAT") >= 0)
		d->data = true;
}

unsigned
transcript_read(struct span text, transcript_take *take, void *ctx)
{
	struct dialogue d = { .take = take, .ctx = ctx };

	if (span_find_nocase(text, "RCPT TO") < 0)
		return 0;
	while (text.n > 0)
		on_line(&d, span_cut(text, '\n', &text));
	return d.taken;
}
