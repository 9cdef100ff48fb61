#include "prose.h"
#include "address_find.h"
#include "folded.h"
#include "phrases.h"
#include "reason.h"
#include "recipient_line.h"
#include "transcript.h"

#include <string.h>

enum {
	LINES_MAX = 4000,
	BESIDE_MAX = 100, /* addresses of one line: each is looked at to its end */
	TOLD_LINES = 4    /* lines with words between what tells of failure and the recipients */
};

struct reader {
	struct came_back *c;
	const struct span *not_these;
	size_t n_not;
	struct arena *arena;
	enum prose_found found;
};

/* "<x1@example.org>" of the mail it is about has an @ too. */
static bool
is_message_id(const struct reader *rd, struct span address)
{
	struct span id = rd->c->original_message_id;

	return id.n == address.n + 2 && span_eq(span_of(id.p + 1, address.n), address);
}

static bool
wanted(const struct reader *rd, struct span address)
{
	if (address.n == 0 || address_is_daemon(address) || is_message_id(rd, address))
		return false;
	for (size_t i = 0; i < rd->n_not; i++)
		if (span_eq_nocase(address, rd->not_these[i]))
			return false;
	return true;
}

/* A reason with codes counts more than one in words, the first more than a later one. */
static void
add(struct reader *rd, struct span address, struct span reason)
{
	struct came_recipient *r = came_back_add(rd->c, address, rd->arena);

	if (r == NULL)
		return;
	reason = reason_bare(reason);
	if (r->diagnostic.n < 8 && reason.n > 0)
		r->diagnostic = reason;
	else if (reason_is_coded(reason) && !reason_is_coded(r->diagnostic)) {
		r->words = r->diagnostic;
		r->diagnostic = reason;
	}
	if (r->status.class == 0)
		status_find(r->diagnostic, &r->status);
}

/* With the reason that begins there in text. */
static void
add_from(struct reader *rd, struct span address, struct span text, const char *there)
{
	struct span reason = span_from(text, (size_t)(there - text.p));

	reason = reason_first(reason, address);
	add(rd, address, reason);
	if (rd->found < PROSE_TOLD && reason_is_coded(reason))
		rd->found = PROSE_TOLD;
}

static bool
tells_of_failure(const struct reader *rd, struct span line)
{
	return phrases_say(folded(line, rd->arena), IN_TEXT) &
	       (SAYS_FAILED | SAYS_DELAYED | SAYS_NAMES);
}

static bool
speaks_of_mail(const struct reader *rd, struct span line)
{
	return phrases_say(folded(line, rd->arena), IN_TEXT) &
	       (SAYS_FAILED | SAYS_DELAYED | SAYS_NAMES | SAYS_MAILBOX);
}

/* "Unknown user: joe@example.org": the label is the reason. */
static void
label_words(struct reader *rd, struct span address, struct span line)
{
	struct came_recipient *r = rd->c->last;

	if (r == NULL || !span_eq_nocase(r->address, address) || r->words.n > 0)
		return;
	if (address.p - line.p > 4 && tells_of_failure(rd, line))
		r->words = line;
}

/* Stands there alone: whom to ask about it. "<...>:" and a reason may name it as any recipient. */
static bool
is_helper(const struct recipient_line *r)
{
	return address_is_service(r->address) && span_trim(r->rest).n < 3 &&
	       (r->rest.n == 0 || r->rest.p[0] != ':');
}

/* Where in a report the reader of its lines is. */
struct place {
	unsigned since_told; /* lines with words since one told of failure */
	bool told;           /* that line did so by its words, and not by its colon alone */
	bool listed;         /* recipients stood below it */
	bool done;           /* below a line that tells of success */
	struct span
	    before; /* the line before, trimmed; empty at first, behind an empty one, and a recipient's */
};

/* "----- Delivery to the following addresses was successful -----" */
static bool
tells_of_success(struct span line)
{
	return span_find_nocase(line, "successful") >= 0 &&
	       span_find_nocase(line, "unsuccessful") < 0 && span_find_nocase(line, " not ") < 0;
}

static void
on_words(const struct reader *rd, struct place *at, struct span line)
{
	unsigned says = phrases_say(folded(line, rd->arena), IN_TEXT);

	if (tells_of_success(line))
		at->done = true;
	else if (says & (SAYS_FAILED | SAYS_DELAYED | SAYS_NAMES)) {
		at->since_told = 0;
		at->told = true;
		at->done = false;
	} else if ((says & SAYS_MAILBOX) && line.p[line.n - 1] == ':') {
		at->since_told = 0; /* "The recipients:", in whatever words */
		at->told = false;
	} else if (at->since_told < TOLD_LINES && !at->listed)
		at->since_told++;
}

/* In the midst of a sentence, or of another recipient's "(expanded from". */
static bool
goes_on(struct span before)
{
	return before.n > 0 && strchr(":.;-=*>)!", before.p[before.n - 1]) == NULL;
}

static bool
is_recipient(const struct reader *rd, const struct place *at, const struct recipient_line *r)
{
	if (!wanted(rd, r->address) || is_helper(r) || at->done)
		return false;
	if (span_ends_nocase(at->before, "(expanded from") ||
	    span_ends_nocase(at->before, "(generated from"))
		return false;
	return r->opens || (at->since_told < TOLD_LINES && !goes_on(at->before));
}

/* sendmail's "(expanded from: <joe@example.org>)" in the two lines below: the address that was mailed. */
static struct span
mailed_address(struct span address, struct span below)
{
	for (unsigned lines = 0; lines < 3 && below.n > 0; lines++) {
		struct span line = span_trim(span_cut(below, '\n', &below)), found;

		if (!span_starts_nocase(line, "(expanded from: "))
			continue;
		found = address_find(line, NULL);
		return found.n > 0 ? found : address;
	}
	return address;
}

/* "joe@example.org, ann@example.net:" */
static void
read_beside(struct reader *rd, struct span text, struct span rest)
{
	struct recipient_line r;

	for (unsigned n = 0;
	     n < BESIDE_MAX && rest.n > 1 && (rest.p[0] == ',' || rest.p[0] == ';') &&
	     recipient_line(span_from(rest, 1), &r);
	     n++) {
		if (wanted(rd, r.address))
			add_from(rd, r.address, text, r.rest.p);
		rest = r.rest;
	}
}

/* Lines that begin with an address and a reason; below a line that tells of failure, whatever follows it. */
static void
read_leading(struct reader *rd, struct span text)
{
	struct place at = { .since_told = TOLD_LINES };
	struct span rest = text;

	for (unsigned lines = 0; rest.n > 0 && lines < LINES_MAX; lines++) {
		struct span line = span_trim(span_cut(rest, '\n', &rest));
		struct recipient_line r;

		if (line.n > 0 && !recipient_line_is_quoted(line)) {
			if (recipient_line(line, &r) && is_recipient(rd, &at, &r)) {
				r.address = mailed_address(r.address, rest);
				add_from(rd, r.address, text, r.rest.p);
				label_words(rd, r.address, line);
				read_beside(rd, text, r.rest);
				at.listed = true;
				if (at.since_told < TOLD_LINES && at.told)
					rd->found = PROSE_TOLD;
				if (!span_ends_nocase(line, " from"))
					line = span_of(NULL, 0);
			} else
				on_words(rd, &at, line);
		}
		at.before = line;
	}
}

static void
on_refused(void *ctx, struct span address, struct span reply)
{
	struct reader *rd = ctx;

	if (!wanted(rd, address))
		return;
	add(rd, address, reply);
	rd->found = PROSE_TOLD;
}

/* "The message from news@example.org was not delivered": whose mail it is. */
static bool
is_author(struct span line, struct span address)
{
	static const char *const words[] = { "from", "from:", "sender", "sender:", "sent by", "von",
		"absender", "absender:" };
	struct span before = span_first(line, (size_t)(address.p - line.p));

	while (before.n > 0 && strchr(" <\"'(", before.p[before.n - 1]) != NULL)
		before = span_first(before, before.n - 1);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]);
		if (span_ends_nocase(before, words[i]) &&
		    (before.n == n || before.p[before.n - n - 1] == ' '))
			return true;
	}
	return false;
}

/* The first address of a sentence about delivery that is no address to ask for help. */
static void
read_sentences(struct reader *rd, struct span text)
{
	struct span rest = text;
	unsigned lines = 0;

	while (rest.n > 0 && lines++ < LINES_MAX && rd->c->n_recipients == 0) {
		struct span line = span_cut(rest, '\n', &rest), address, after = line;

		if (recipient_line_is_quoted(span_trim(line)) || span_find(line, '@') < 0)
			continue;
		if (!speaks_of_mail(rd, line))
			continue;
		while ((address = address_find(after, &after)).n > 0)
			if (wanted(rd, address) && !address_is_service(address) &&
			    !is_author(line, address)) {
				if (tells_of_failure(rd, line))
					rd->found = PROSE_TOLD;
				add_from(rd, address, text, line.p);
				break;
			}
	}
}

/* "To: joe@example.org", where a report quotes what was sent. */
static void
read_to(struct reader *rd, struct span text)
{
	while (text.n > 0 && rd->c->n_recipients == 0) {
		struct span line = span_trim(span_cut(text, '\n', &text)), address;

		if (!span_starts_nocase(line, "To:"))
			continue;
		address = address_of_field(line);
		if (span_find(address, '@') > 0 && wanted(rd, address))
			add(rd, address, span_of(NULL, 0));
	}
}

static struct came_recipient *
listed(struct came_back *c, struct span address)
{
	for (struct came_recipient *r = c->recipients; r != NULL; r = r->next)
		if (span_eq_nocase(r->address, address))
			return r;
	return NULL;
}

/* "Reported error: 550 5.1.1 ...; recipient joe@example.org not found", far below the words for people: what the server
 * said of one who is listed without it. */
static void
read_replies(struct reader *rd, struct span text)
{
	for (unsigned lines = 0; text.n > 0 && lines < LINES_MAX; lines++) {
		struct span line = span_trim(span_cut(text, '\n', &text)), address;
		struct came_recipient *r;

		if (span_find(line, '@') < 0 || !reason_is_coded(line) ||
		    recipient_line_is_quoted(line))
			continue;
		address = address_find(line, NULL);
		r = listed(rd->c, address);
		if (r != NULL && !reason_is_coded(r->diagnostic))
			add(rd, address, line);
	}
}

/* Recipients listed without a reason have the one that stands below the list, or the report's. */
static void
share_reason(struct came_back *c)
{
	struct came_recipient *listed = c->recipients; /* first of those that wait for a reason */

	for (struct came_recipient *r = c->recipients; r != NULL; r = r->next) {
		if (r->diagnostic.n == 0 && r->status.class == 0)
			continue;
		for (; listed != r; listed = listed->next)
			listed->words = r->diagnostic;
		listed = r->next;
	}
	for (; listed != NULL; listed = listed->next)
		listed->words = c->reason;
}

enum prose_found
prose_parse(
    struct came_back *c, struct span text, const struct span *not_these, size_t n, struct arena *a)
{
	struct reader rd = { .c = c, .not_these = not_these, .n_not = n, .arena = a };

	c->reason = reason_of_report(text, a);
	if (c->n_recipients > 0)
		return PROSE_HINTED;
	read_leading(&rd, text);
	transcript_read(text, on_refused, &rd);
	if (c->n_recipients == 0)
		read_sentences(&rd, text);
	if (c->n_recipients == 0)
		read_to(&rd, text);
	read_replies(&rd, text);
	share_reason(c);
	if (c->n_recipients == 0)
		return PROSE_NOTHING;
	return rd.found == PROSE_TOLD ? PROSE_TOLD : PROSE_HINTED;
}
