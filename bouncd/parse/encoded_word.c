#include "encoded_word.h"
#include "buf.h"
#include "charset.h"
#include "transfer.h"

struct word {
	struct span charset, text;
	bool base64;
};

/* Words in a row of one charset, decoded, before they become characters. */
struct reader {
	struct arena *arena;
	struct buf out, bytes;
	struct span charset;
};

static void
flush(struct reader *r)
{
	buf_span(&r->out, charset_to_utf8(r->charset, buf_all(&r->bytes), r->arena));
	buf_reset(&r->bytes);
}

/* The word behind "=?"; *rest begins behind its "?=". */
static bool
word_at(struct span s, struct word *w, struct span *rest)
{
	struct span encoding, charset = span_cut(s, '?', &s), language;
	ptrdiff_t end;

	encoding = span_cut(s, '?', &s);
	end = span_find_str(s, "?=");
	if (charset.n == 0 || charset.n > 60 || encoding.n != 1 || end < 0)
		return false;
	w->charset = span_cut(charset, '*', &language); /* RFC 2231 5 */
	w->base64 = (encoding.p[0] | 32) == 'b';
	if (!w->base64 && (encoding.p[0] | 32) != 'q')
		return false;
	w->text = span_first(s, (size_t)end);
	*rest = span_from(s, (size_t)end + 2);
	return true;
}

static struct span
spaced(struct span s, struct arena *a)
{
	char *to = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		to[i] = s.p[i] == '_' ? ' ' : s.p[i];
	return span_of(to, s.n);
}

static void
take(struct reader *r, const struct word *w)
{
	if (!span_eq_nocase(r->charset, w->charset))
		flush(r);
	r->charset = w->charset;
	if (w->base64) {
		transfer_decode_base64(w->text, &r->bytes);
		return;
	}
	transfer_decode_qp(spaced(w->text, r->arena), &r->bytes);
	if (w->text.n > 0 && w->text.p[w->text.n - 1] == '_')
		buf_byte(&r->bytes, ' '); /* white space at the end is a mail body's to lose */
}

static void
read_words(struct reader *r, struct span s)
{
	ptrdiff_t at;

	while ((at = span_find_str(s, "=?")) >= 0) {
		struct span before = span_first(s, (size_t)at), rest;
		struct word w;

		if (!word_at(span_from(s, (size_t)at + 2), &w, &rest)) {
			flush(r);
			buf_span(&r->out, charset_to_utf8(span_of(NULL, 0),
					      span_first(s, (size_t)at + 2), r->arena));
			s = span_from(s, (size_t)at + 2);
			continue;
		}
		if (span_trim(before).n > 0) { /* white space between words is none */
			flush(r);
			buf_span(&r->out, charset_to_utf8(span_of(NULL, 0), before, r->arena));
		}
		take(r, &w);
		s = rest;
	}
	flush(r);
	buf_span(&r->out, charset_to_utf8(span_of(NULL, 0), s, r->arena));
}

struct span
encoded_words(struct span value, struct arena *a)
{
	struct reader r = { .arena = a };
	struct span s;

	value = span_first(value, ENCODED_TEXT_MAX);
	buf_init(&r.out, ENCODED_TEXT_MAX * CHARSET_GROWTH);
	buf_init(&r.bytes, ENCODED_TEXT_MAX);
	read_words(&r, value);
	s = arena_span(a, span_first(buf_all(&r.out), ENCODED_TEXT_MAX));
	buf_free(&r.out);
	buf_free(&r.bytes);
	return s;
}
