#include "entity.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 0x10ffff, REPLACEMENT = 0xfffd };

/* 13.2.5.80: numbers of the C1 controls mean what windows-1252 has there. */
static const uint16_t c1[32] = { 0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,
	0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d,
	0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178 };

void
entity_put_utf8(struct buf *out, uint32_t c)
{
	if (c == 0 || c > LARGEST || (c >= 0xd800 && c < 0xe000))
		c = REPLACEMENT;
	if (c < 0x80) {
		buf_byte(out, (char)c);
		return;
	}
	if (c < 0x800)
		buf_byte(out, (char)(0xc0 | c >> 6));
	else if (c < 0x10000)
		buf_byte(out, (char)(0xe0 | c >> 12));
	else
		buf_byte(out, (char)(0xf0 | c >> 18));
	if (c >= 0x10000)
		buf_byte(out, (char)(0x80 | (c >> 12 & 63)));
	if (c >= 0x800)
		buf_byte(out, (char)(0x80 | (c >> 6 & 63)));
	buf_byte(out, (char)(0x80 | (c & 63)));
}

static int
digit(char c, uint32_t base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#60;" or "#x3C" behind the ampersand. Returns its length; 0: it is none. */
static size_t
numeric(struct span s, struct buf *out)
{
	uint32_t base = s.n > 1 && (s.p[1] | 32) == 'x' ? 16 : 10, value = 0;
	size_t first = base == 16 ? 2 : 1, i = first;

	for (; i < s.n && digit(s.p[i], base) >= 0; i++)
		if (value <= LARGEST)
			value = value * base + (uint32_t)digit(s.p[i], base);
	if (i == first)
		return 0;
	entity_put_utf8(out, value >= 0x80 && value < 0xa0 ? c1[value - 0x80] : value);
	return i + (i < s.n && s.p[i] == ';');
}

static bool
letter_or_digit(char c)
{
	return digit(c, 10) >= 0 || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The names of one letter, in order, so that what begins alike stands together. */
struct entry {
	struct span rest; /* of the name, behind its letter */
	struct span value;
};

struct letter {
	struct entry *entries;
	size_t n;
};

static int
by_rest(const void *a, const void *b)
{
	return span_cmp(((const struct entry *)a)->rest, ((const struct entry *)b)->rest);
}

/* The value may be "=" or begin with it, but has no space. */
static struct span
entry_read(struct span text, struct entry *e)
{
	struct span rest;
	size_t n = 1;

	e->rest = span_cut(text, '=', &rest);
	while (n < rest.n && rest.p[n] != ' ')
		n++;
	e->value = span_first(rest, n);
	return span_from(rest, n + 1);
}

static void
letter_make(struct letter *l, const char *text)
{
	struct span rest = span_str(text);

	l->entries = calloc(strlen(text) / 3 + 1, sizeof(*l->entries));
	if (l->entries == NULL)
		fatal("out of memory for the character references");
	while (rest.n > 0)
		rest = entry_read(rest, &l->entries[l->n++]);
	qsort(l->entries, l->n, sizeof(*l->entries), by_rest);
}

/* Made once from the table, as long as the process. */
static const struct letter *
letter_of(char c)
{
	static struct letter upper[26], lower[26];
	bool is_upper = c >= 'A' && c <= 'Z';
	size_t i = (size_t)(c - (is_upper ? 'A' : 'a'));
	struct letter *l = is_upper ? &upper[i] : &lower[i];

	if (l->entries == NULL)
		letter_make(l, is_upper ? entity_upper[i] : entity_lower[i]);
	return l;
}

/* Of the entries lo to hi, which are alike up to place k, the first whose byte there is c or above. */
static size_t
first_at(const struct letter *l, size_t lo, size_t hi, size_t k, unsigned c)
{
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct span rest = l->entries[mid].rest;

		if (k >= rest.n || (uint8_t)rest.p[k] < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The longest name s begins with; *value is what it stands for. Returns its length, 0: none. Each byte narrows the names
 * that are still possible, so that the cost does not grow with their number. */
static size_t
longest_name(struct span s, struct span *value)
{
	const struct letter *l = letter_of(s.p[0]);
	size_t lo = 0, hi = l->n, best = 0;

	for (size_t k = 0; lo < hi; k++) {
		uint8_t c = k + 1 < s.n ? (uint8_t)s.p[k + 1] : 0;

		if (l->entries[lo].rest.n == k) {
			best = k + 1;
			*value = l->entries[lo].value;
		}
		if (k + 1 >= s.n)
			break;
		lo = first_at(l, lo, hi, k, c);
		hi = first_at(l, lo, hi, k, c + 1u);
	}
	return best;
}

/* 13.2.5.73: without a semicolon it is none before "=", a letter or a digit, as in "?a=1&copy=2". */
static size_t
named(struct span s, struct buf *out)
{
	struct span value;
	size_t n;

	if (s.n == 0 || digit(s.p[0], 10) >= 0 || !letter_or_digit(s.p[0]))
		return 0;
	n = longest_name(s, &value);
	if (n == 0)
		return 0;
	if (s.p[n - 1] != ';' && n < s.n && (s.p[n] == '=' || letter_or_digit(s.p[n])))
		return 0;
	buf_span(out, value);
	return n;
}

static void
put_text(struct buf *out, struct span s)
{
	while (s.n > 0) {
		ptrdiff_t nul = span_find(s, '\0');

		buf_span(out, span_first(s, nul < 0 ? s.n : (size_t)nul));
		if (nul >= 0)
			entity_put_utf8(out, REPLACEMENT);
		s = span_from(s, nul < 0 ? s.n : (size_t)nul + 1);
	}
}

void
entity_decode(struct span s, struct buf *out)
{
	while (s.n > 0) {
		ptrdiff_t amp = span_find(s, '&');
		size_t n;

		put_text(out, span_first(s, amp < 0 ? s.n : (size_t)amp));
		if (amp < 0)
			return;
		s = span_from(s, (size_t)amp + 1);
		n = s.n > 0 && s.p[0] == '#' ? numeric(s, out) : named(s, out);
		if (n == 0)
			buf_byte(out, '&');
		s = span_from(s, n);
	}
}
