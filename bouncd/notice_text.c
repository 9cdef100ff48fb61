#include "notice_inside.h"
#include "notice_words.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 76, WORDS_BYTES = 4096, SUBJECT_BYTES = 200, CHARACTERS_SHOWN = 998 };

/* Words of one paragraph, into lines of COLUMNS. */
static void
paragraph(struct buf *out, struct span words)
{
	size_t column = 0;

	for (struct span w = span_word(words, &words); w.n > 0; w = span_word(words, &words)) {
		if (column > 0 && column + 1 + w.n > COLUMNS) {
			buf_str(out, "\r\n");
			column = 0;
		} else if (column > 0) {
			buf_byte(out, ' ');
			column++;
		}
		buf_span(out, w);
		column += w.n;
	}
	buf_str(out, "\r\n\r\n");
}

/* ---- which recipients are told of together ---- */

static bool
one_cause(const struct notice_recipient *a, const struct notice_recipient *b)
{
	return a->action == b->action && a->category == b->category && a->expired == b->expired &&
	       a->original == b->original && a->said_by_server == b->said_by_server &&
	       notice_words_of(a->category, a->status) == notice_words_of(b->category, b->status);
}

static bool
same_words(const struct notice_recipient *a, const struct notice_recipient *b)
{
	return span_eq(a->remote_mta, b->remote_mta) && span_eq(a->diagnostic, b->diagnostic);
}

/* ---- sentences ---- */

static void
put_subject(const struct notice *n, const struct notice_recipient *r, struct buf *out)
{
	struct arena *a = arena_new(0);
	const struct notice_original *o = &n->originals[r->original];
	struct span subject = notice_subject_read(notice_original_field(o, "Subject", a), a),
		    date = notice_original_field(o, "Date", a);

	buf_str(out, "Your message ");
	if (span_trim(subject).n > 0) {
		buf_byte(out, '"');
		notice_value(out, span_first(span_trim(subject), SUBJECT_BYTES), true);
		buf_str(out, subject.n > SUBJECT_BYTES ? "...\" " : "\" ");
	}
	if (date.n > 0) {
		buf_str(out, "of ");
		notice_value(out, span_first(date, 60), true);
		buf_byte(out, ' ');
	}
	arena_free(a);
}

static void
put_time_tried(const struct notice *n, struct buf *out)
{
	uint64_t s = n->arrival_s > 0 && n->now_s > n->arrival_s ? n->now_s - n->arrival_s : 0;

	if (s >= 2 * 86400)
		buf_printf(out, "in %u days", (unsigned)(s / 86400));
	else if (s >= 2 * 3600)
		buf_printf(out, "in %u hours", (unsigned)(s / 3600));
	else
		buf_str(out, "in all the time we tried");
}

static void
put_cause(const struct notice *n, const struct notice_recipient *r, struct buf *out)
{
	const struct notice_words *w = notice_words_of(r->category, r->status);

	if (r->expired && r->category != CATEGORY_EXPIRED) {
		buf_str(out, "because the recipient's server did not take it ");
		put_time_tried(n, out);
		buf_printf(out, ": the last we know is that %s. ", w->what);
	} else
		buf_printf(out, "because %s. ", w->what);
	if (r->action == NOTICE_FAILED)
		buf_str(
		    out, r->expired && w->todo[0] == '\0' ? "Please try again later." : w->todo);
}

static void
put_retry(const struct notice_recipient *r, struct buf *out)
{
	buf_str(out, "We go on trying");
	if (r->will_retry_until_s > 0) {
		buf_str(out, " until ");
		notice_date(out, r->will_retry_until_s);
	}
	buf_str(out, "; you need not send it again, and will hear of it if it fails.");
}

/* ---- the server's own words ---- */

static void
put_said_line(struct buf *out, struct span line)
{
	buf_str(out, "    ");
	notice_value(out, span_first(line, CHARACTERS_SHOWN), true);
	buf_str(out, "\r\n");
}

static void
put_said(const struct notice_recipient *r, bool name_it, struct buf *out)
{
	struct span text = r->diagnostic;
	struct buf words;

	if (text.n == 0)
		return;
	buf_init(&words, WORDS_BYTES);
	if (r->said_by_server && r->remote_mta.n > 0) {
		buf_str(&words, "The server ");
		notice_value(&words, r->remote_mta, true);
		if (r->remote_ip.n > 0 && !span_eq(r->remote_ip, r->remote_mta)) {
			buf_str(&words, " (");
			notice_value(&words, r->remote_ip, true);
			buf_byte(&words, ')');
		}
		buf_str(&words, " said");
	} else
		buf_str(&words, r->said_by_server ? "The server said" : "In detail");
	if (name_it) {
		buf_str(&words, " of <");
		notice_value(&words, r->address, true);
		buf_byte(&words, '>');
	}
	buf_byte(&words, ':');
	paragraph(out, buf_all(&words));
	buf_free(&words);
	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (line.n > 0)
			put_said_line(out, line);
	}
	buf_str(out, "\r\n");
}

/* ---- one cause ---- */

struct group {
	const struct notice *n;
	const struct notice_recipient *first;
	bool *told; /* one a recipient */
	size_t from;
};

static bool
is_in(const struct group *g, size_t i)
{
	return !g->told[i] && one_cause(g->first, &g->n->recipients[i]);
}

/* The form we know too, where it differs: that is what our log has. */
static void
put_address(const struct notice_recipient *r, struct buf *out)
{
	struct arena *a = arena_new(0);
	struct span shown = notice_address_shown(r->address, a);

	buf_str(out, "    <");
	notice_value(out, shown, true);
	buf_byte(out, '>');
	if (!span_eq(shown, r->address)) {
		buf_str(out, " (");
		notice_value(out, r->address, true);
		buf_byte(out, ')');
	}
	buf_str(out, "\r\n");
	arena_free(a);
}

static void
put_what_happened(const struct group *g, struct buf *out)
{
	static const char *const verbs[] = {
		[NOTICE_FAILED] = "could not be delivered to",
		[NOTICE_DELAYED] = "has not been delivered yet to",
		[NOTICE_DELIVERED] = "was delivered to",
		[NOTICE_RELAYED] =
		    ("was taken by the recipient's server, which does not report whether and when "
		     "it is delivered, for"),
		[NOTICE_EXPANDED] = "was delivered to the list",
	};
	struct buf words;

	buf_init(&words, WORDS_BYTES);
	put_subject(g->n, g->first, &words);
	buf_str(&words, verbs[g->first->action]);
	paragraph(out, buf_all(&words));
	buf_free(&words);
	for (size_t i = g->from; i < g->n->n_recipients; i++)
		if (is_in(g, i))
			put_address(&g->n->recipients[i], out);
	buf_str(out, "\r\n");
}

static void
put_why(const struct group *g, struct buf *out)
{
	struct buf words;

	if (g->first->action > NOTICE_DELAYED)
		return;
	buf_init(&words, WORDS_BYTES);
	put_cause(g->n, g->first, &words);
	if (g->first->action == NOTICE_DELAYED)
		put_retry(g->first, &words);
	paragraph(out, buf_all(&words));
	buf_free(&words);
}

/* Once where all were told the same. */
static void
put_all_said(const struct group *g, struct buf *out)
{
	bool differ = false;

	for (size_t i = g->from; i < g->n->n_recipients; i++)
		differ = differ || (is_in(g, i) && !same_words(g->first, &g->n->recipients[i]));
	if (!differ) {
		put_said(g->first, false, out);
		return;
	}
	for (size_t i = g->from; i < g->n->n_recipients; i++)
		if (is_in(g, i))
			put_said(&g->n->recipients[i], true, out);
}

void
notice_text(const struct notice *n, struct buf *out)
{
	bool *told = calloc(n->n_recipients + 1, sizeof(*told));
	struct buf words;

	buf_init(&words, WORDS_BYTES);
	buf_str(&words, "This is the mail system of ");
	notice_value(&words, n->reporting_mta, true);
	buf_byte(&words, '.');
	paragraph(out, buf_all(&words));
	for (size_t i = 0; told != NULL && i < n->n_recipients; i++) {
		struct group g = { n, &n->recipients[i], told, i };

		if (told[i])
			continue;
		put_what_happened(&g, out);
		put_why(&g, out);
		put_all_said(&g, out);
		for (size_t k = n->n_recipients; k-- > i;)
			told[k] = told[k] || one_cause(g.first, &n->recipients[k]);
	}
	free(told);
	buf_reset(&words);
	buf_str(&words, "If you need help, write to postmaster@");
	notice_value(&words, n->reporting_mta, true);
	buf_str(&words, " and send this message along.");
	paragraph(out, buf_all(&words));
	buf_free(&words);
}
