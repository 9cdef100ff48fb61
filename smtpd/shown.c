#include "shown.h"
#include "buf.h"
#include "hex.h"
#include "transfer.h"
#include "utf8.h"
#include "word_charset.h"

#include <string.h>

/* NO_AT: a stand-in for bytes that cannot be the "@" of an address; no field that gets here holds it. */
enum { NO_AT = 1, WORDS_BYTES = 64 * 1024, ESC = 0x1b, SHIFT_OUT = 0x0e, SHIFT_IN = 0x0f };

static bool
in_domain(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '[';
}

bool
shown_turns_nothing(struct span text)
{
	return span_find_str(text, "\xe2\x80\xad") < 0 && span_find_str(text, "\xe2\x80\xae") < 0;
}

/* The domain behind an "@": what follows at once, or, as addresses were once written (RFC 5322 4.4), behind white space,
 * comments or quotes; there only what has a dot inside is one. Empty: none. */
static struct span
domain_behind(struct span text, bool handle)
{
	bool comment = false;
	size_t from = 0, end;
	struct span domain;

	for (; from < text.n && text.p[from] != '@'; from++) {
		if (!comment && in_domain(text.p[from]))
			break;
		comment = text.p[from] == '(' || (comment && text.p[from] != ')');
	}
	end = from;
	while (end < text.n && in_domain(text.p[end]))
		end++;
	while (end > from && text.p[end - 1] == '.')
		end--;
	domain = span_of(text.p + from, end - from);
	if ((from > 0 || handle) && span_find(domain, '.') < 0)
		return span_of(NULL, 0);
	return domain;
}

bool
shown_ok(struct span text, const struct originator_rule *rule, struct span *domain)
{
	for (size_t i = 0; i < text.n; i++) {
		bool handle = i == 0 || span_is_space(text.p[i - 1]);

		if (text.p[i] != '@')
			continue;
		*domain = domain_behind(span_from(text, i + 1), handle);
		if (domain->n > 0 && !rule->may_send_as(rule->ctx, *domain))
			return false;
	}
	return true;
}

/* ---- encoded words ---- */

struct encoded_word {
	struct span whole, charset, text;
	bool base64;
};

/* The word at the front of s, which begins with "=?". ends: the last "?=" of the value, so that a value full of words that
 * do not end is not searched for each of them. */
static bool
word_at(struct span s, const char *ends, struct encoded_word *w)
{
	struct span rest, encoding, language;
	ptrdiff_t end;

	if (s.p > ends)
		return false;
	w->charset = span_cut(span_cut(span_from(s, 2), '?', &rest), '*', &language);
	encoding = span_cut(rest, '?', &rest);
	end = span_find_str(rest, "?=");
	if (encoding.n != 1 || end < 0)
		return false;
	w->base64 = span_low(encoding.p[0]) == 'b';
	w->text = span_first(rest, (size_t)end);
	w->whole = span_first(s, (size_t)(w->text.p + w->text.n + 2 - s.p));
	return w->base64 || span_low(encoding.p[0]) == 'q';
}

/* RFC 2047 4.2. */
static void
decode_q(struct span text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		int hi = text.n - i > 2 ? hex_digit(text.p[i + 1]) : -1;
		int lo = text.n - i > 2 ? hex_digit(text.p[i + 2]) : -1;

		if (text.p[i] == '=' && hi >= 0 && lo >= 0) {
			buf_byte(out, (char)(hi << 4 | lo));
			i += 2;
		} else if (text.p[i] != '\r' && text.p[i] != '\n')
			buf_byte(out, text.p[i] == '_' ? ' ' : text.p[i]);
	}
}

/* Programs disagree about what begins within a word, and about letters behind the padding of base64. */
static bool
is_clear(const struct encoded_word *w)
{
	ptrdiff_t pad = w->base64 ? span_find(w->text, '=') : -1;
	struct span padding = pad < 0 ? span_of(NULL, 0) : span_from(w->text, (size_t)pad);

	for (size_t i = 0; i < padding.n; i++)
		if (padding.p[i] != '=' && !span_is_space(padding.p[i]))
			return false;
	return span_find_str(w->text, "=?") < 0;
}

/* Nothing that acts on what stands around it: a line end, a NUL, an override of direction. */
static bool
is_quiet(struct span charset, struct span text)
{
	bool iso2022 = span_starts_nocase(charset, "iso-2022-");

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if ((unsigned char)c >= ' ' ? c != 127 : c == '\t')
			continue;
		if (!iso2022 || (c != ESC && c != SHIFT_OUT && c != SHIFT_IN))
			return false;
	}
	return shown_turns_nothing(text);
}

/* False: nobody can judge it. */
static bool
decode(const struct encoded_word *w, struct buf *out)
{
	size_t from = out->n;

	if (!word_charset_is_plain(w->charset) || !is_clear(w))
		return false;
	if (w->base64)
		(void)transfer_decode_base64(w->text, out);
	else
		decode_q(w->text, out);
	if (!is_quiet(w->charset, span_from(buf_all(out), from)))
		return false;
	word_charset_ascii(w->charset, out, from);
	return true;
}

/* An "@" outside of the words is judged by the grammar; but in quotes a word may be what ends them. */
static void
copy(struct span raw, const struct originator_rule *rule, struct buf *out)
{
	size_t from = out->n;

	buf_span(out, raw);
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] == '@' && rule->is_report) /* whose daemon may be of any domain */
			out->p[i] = NO_AT;
}

static const char *
last_end(struct span value)
{
	size_t i = value.n;

	while (i > 1 && (value.p[i - 2] != '?' || value.p[i - 1] != '='))
		i--;
	return value.p + (i > 1 ? i - 2 : 0);
}

/* The value with its words decoded; white space between two words goes. False: a word that nobody can judge. */
static bool
decoded(struct span value, const struct originator_rule *rule, struct buf *out, struct span *word)
{
	const char *ends = last_end(value);
	ptrdiff_t at;

	*word = span_of(NULL, 0);
	while ((at = span_find_str(value, "=?")) >= 0) {
		struct span before = span_first(value, (size_t)at);
		struct encoded_word w;

		value = span_from(value, (size_t)at);
		if (!word_at(value, ends, &w)) {
			copy(before, rule, out);
			copy(span_first(value, 2), rule, out);
			value = span_from(value, 2);
			continue;
		}
		if (word->n == 0 || span_trim(before).n > 0)
			copy(before, rule, out);
		*word = w.whole;
		if (!decode(&w, out))
			return false;
		value = span_from(value, w.whole.n);
	}
	copy(value, rule, out);
	return true;
}

bool
shown_encoded_ok(struct span value, const struct originator_rule *rule, struct span *word)
{
	struct span domain;
	struct buf text;
	bool ok;

	if (span_find_str(value, "=?") < 0)
		return true;
	buf_init(&text, WORDS_BYTES);
	ok = decoded(value, rule, &text, word) && !buf_over(&text) &&
	     shown_ok(buf_all(&text), rule, &domain);
	buf_free(&text);
	return ok;
}
