#include "shown.h"
#include "buf.h"
#include "transfer.h"

#include <string.h>

/* A stand-in for bytes that cannot be the "@" of an address; no field that gets here holds it. */
enum { NO_AT = 1, ESC = 0x1b, WORDS_BYTES = 64 * 1024 };

static bool
in_domain(char c)
{
	return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '[';
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
shown_ok(struct span text, const struct originator_rule *rule, struct span *domain)
{
	for (size_t i = 0; i < text.n; i++) {
		bool handle = i == 0 || is_space(text.p[i - 1]);
		size_t end = i + 1;

		if (text.p[i] != '@')
			continue;
		while (end < text.n && in_domain(text.p[end]))
			end++;
		while (end > i + 1 && text.p[end - 1] == '.')
			end--;
		*domain = span_of(text.p + i + 1, end - i - 1);
		if (domain->n == 0 || (handle && span_find(*domain, '.') < 0))
			continue;
		if (!rule->may_send_as(rule->ctx, *domain))
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

/* Bytes of such charsets are no ASCII where they look like it, and there is no telling without decoding them. */
static bool
is_opaque(struct span charset)
{
	static const char *const prefixes[] = { "utf-7", "utf7", "unicode", "utf-16", "utf16",
		"utf-32", "utf32", "ucs", "iso-10646", "imap", "ebcdic", "cp037", "ibm037" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (span_starts_nocase(charset, prefixes[i]))
			return true;
	return false;
}

/* Those whose second bytes may be "@". */
static bool
is_double_byte(struct span charset)
{
	static const char *const prefixes[] = { "shift", "sjis", "cp932", "windows-31j", "ms_kanji",
		"gbk", "gb18030", "cp936", "big5", "cp950", "johab", "uhc", "cp949" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (span_starts_nocase(charset, prefixes[i]))
			return true;
	return false;
}

/* ISO 2022: between ESC $ and ESC ( two bytes make a character. Takes the "@" of such characters away. */
static void
no_at_in_characters(char *p, size_t n, bool pairs)
{
	bool shifted = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == ESC && i + 1 < n)
			shifted = p[i + 1] == '$';
		if (shifted && p[i] == '@')
			p[i] = NO_AT;
		if (pairs && (unsigned char)p[i] > 0x80 && i + 1 < n && p[++i] == '@')
			p[i] = NO_AT;
	}
}

static void
decode(const struct encoded_word *w, struct buf *out)
{
	size_t from = out->n;

	if (w->base64)
		(void)transfer_decode_base64(w->text, out);
	else
		(void)transfer_decode_qp(w->text, out);
	no_at_in_characters(out->p + from, out->n - from, is_double_byte(w->charset));
	for (size_t i = from; i < out->n; i++) /* RFC 2047 4.2: the space of Q */
		if (!w->base64 && out->p[i] == '_')
			out->p[i] = ' ';
}

static void
copy(struct span raw, struct buf *out)
{
	size_t from = out->n;

	buf_span(out, raw);
	for (size_t i = from; i < out->n; i++)
		if (out->p[i] == '@') /* judged where it stands, by the grammar */
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
decoded(struct span value, struct buf *out, struct span *word)
{
	const char *ends = last_end(value);
	ptrdiff_t at;

	*word = span_of(NULL, 0);
	while ((at = span_find_str(value, "=?")) >= 0) {
		struct span before = span_first(value, (size_t)at);
		struct encoded_word w;

		value = span_from(value, (size_t)at);
		if (!word_at(value, ends, &w)) {
			copy(before, out);
			copy(span_first(value, 2), out);
			value = span_from(value, 2);
			continue;
		}
		if (word->n == 0 || span_trim(before).n > 0)
			copy(before, out);
		*word = w.whole;
		if (is_opaque(w.charset))
			return false;
		decode(&w, out);
		value = span_from(value, w.whole.n);
	}
	copy(value, out);
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
	ok = decoded(value, &text, word) && !buf_over(&text) &&
	     shown_ok(buf_all(&text), rule, &domain);
	buf_free(&text);
	return ok;
}
