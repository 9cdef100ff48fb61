#include "reason.h"
#include "../said.h"
#include "recipient_line.h"

#include <string.h>

enum {
	REASON_MAX = 1600,
	CODED_BYTES = 400 /* of a reason, where a reply code is looked for */
};

/* The line of another recipient than self, so that a reason before it ends there. */
static bool
begins_next(struct span line, struct span self)
{
	struct recipient_line r;

	return recipient_line(line, &r) && r.opens && !span_eq_nocase(r.address, self);
}

/* The line under which a scanner or a company writes what it writes below every mail. */
static bool
is_footer(struct span line)
{
	return span_starts(line, "________") || span_is(line, "--");
}

/* Where the reason that begins at s ends: behind the first paragraph with words in it (one that ends in a colon
 * has its words in the next), or before the next recipient. */
static size_t
reason_end(struct span s, struct span self)
{
	struct span rest = s;
	size_t at = 0;
	bool words = false, within = false;

	for (bool first = true; rest.n > 0 && at < REASON_MAX; first = false) {
		struct span line = span_cut(rest, '\n', &rest), bare = span_trim(line);

		if (bare.n == 0 && words)
			break;
		if ((!first && !within && begins_next(line, self)) || is_footer(bare))
			break;
		within = span_ends_nocase(bare, " from"); /* "(expanded from" */
		if (bare.n > 0)
			words = bare.n > 3 && bare.p[bare.n - 1] != ':';
		at += line.n + 1;
	}
	return at < s.n ? at : s.n;
}

/* Lines that every such report has: they give no reason. */
static bool
is_boilerplate(struct span line)
{
	static const char *const phrases[] = { "the mail system at", "sorry to have to inform",
		"delete your own text", "send mail to", "include this problem report",
		"created automatically by", "automatically generated", "afraid I wasn't able",
		"a permanent error; I've", "not going to try again", "one or more of its",
		"one or more recipients", "original message was received", "do not reply",
		"message that you sent", "for further assistance", "MIME-encapsulated",
		"in MIME format", "tried to deliver your message", "transcript of session",
		"the following address", "qmail-send program", "attached below", "If you do so",
		"could not be delivered to", "be retried for", "message will be retried",
		"do not need to resend", "don't need to resend", "warning message only",
		"no further action", "no action is required", "for assistance", "will be deleted",
		"mail could not be", "message still undelivered", "will keep trying", "enclosed is",
		"have been rejected by", "message was not delivered", "returned message",
		"be recovered", "undelivered mail", "contact", "delivery attempts will",
		"please check", "MIME aware", "delivery status notification", "kept in the queue",
		"temporary failure report" };

	if (span_starts_nocase(line, "Content-") || span_starts_nocase(line, "MIME-Version:"))
		return true; /* of parts that could not be told apart */
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (span_find_nocase(line, phrases[i]) >= 0)
			return true;
	return false;
}

/* Behind the first sentence. */
static size_t
sentence_end(struct span line)
{
	ptrdiff_t at = span_find_str(line, ". ");

	return at < 0 ? line.n : (size_t)at + 2;
}

/* Appends what the line tells beside boilerplate, and a line end. */
static size_t
own_sentences(char *to, size_t n, struct span line)
{
	size_t before = n;
	bool empty = line.n == 0;

	while (line.n > 0) {
		struct span s = span_first(line, sentence_end(line));

		line = span_from(line, s.n);
		if (is_boilerplate(s))
			continue;
		memcpy(to + n, s.p, s.n);
		n += s.n;
	}
	if (n > before || empty)
		to[n++] = '\n';
	return n;
}

struct span
reason_of_report(struct span text, struct arena *a)
{
	char *to;
	size_t n = 0;

	text = span_first(text, REASON_MAX * 4);
	to = arena_alloc(a, text.n + 1);
	while (text.n > 0) {
		struct span line = span_cut(text, '\n', &text);
		if (is_footer(span_trim(line)) && n > 0)
			break;
		n = own_sentences(to, n, line);
	}
	return span_trim(span_of(to, n));
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "550 ", "450-" as a word. */
static bool
has_code(struct span s)
{
	for (size_t i = 0; i + 3 < s.n; i++)
		if ((s.p[i] == '4' || s.p[i] == '5') && is_digit(s.p[i + 1]) &&
		    is_digit(s.p[i + 2]) && (s.p[i + 3] == ' ' || s.p[i + 3] == '-') &&
		    (i == 0 || strchr(" \n\t:#<>(\"'", s.p[i - 1]) != NULL))
			return true;
	return false;
}

/* A reply code or status stands in it, so that a server said it. */
bool
reason_is_coded(struct span reason)
{
	struct status st;

	reason = span_first(reason, CODED_BYTES);
	return has_code(reason) || status_find(reason, &st);
}

struct span
reason_bare(struct span s)
{
	while (s.n > 0 && (s.p[0] == ':' || s.p[0] == '.' || s.p[0] == ' ' || s.p[0] == '#' ||
			      s.p[0] == '\n' || s.p[0] == '\r' || s.p[0] == '\t'))
		s = span_from(s, 1);
	return span_trim(s);
}

struct span
reason_first(struct span text, struct span self)
{
	return span_first(text, reason_end(text, self));
}
