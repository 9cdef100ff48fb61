#include "span.h"

#include <string.h>
#include <strings.h>

struct span
span_of(const void *p, size_t n)
{
	return (struct span){ p, n };
}

struct span
span_str(const char *s)
{
	return (struct span){ s, s == NULL ? 0 : strlen(s) };
}

bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

char
span_low(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

void
span_lower(char *to, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		to[i] = span_low(s.p[i]);
}

static bool
same_nocase(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_low(a[i]) != span_low(b[i]))
			return false;
	return true;
}

bool
span_eq_nocase(struct span a, struct span b)
{
	return a.n == b.n && same_nocase(a.p, b.p, a.n);
}

bool
span_is(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

bool
span_is_nocase(struct span a, const char *s)
{
	return span_eq_nocase(a, span_str(s));
}

bool
span_starts(struct span a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

bool
span_starts_nocase(struct span a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && same_nocase(a.p, prefix, n);
}

bool
span_ends_nocase(struct span a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && same_nocase(a.p + a.n - n, suffix, n);
}

int
span_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

ptrdiff_t
span_find(struct span s, char c)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

ptrdiff_t
span_find_last(struct span s, char c)
{
	const char *at = s.n == 0 ? NULL : memrchr(s.p, c, s.n);

	return at == NULL ? -1 : at - s.p;
}

ptrdiff_t
span_find_str(struct span s, const char *str)
{
	const char *at = s.n == 0 ? NULL : memmem(s.p, s.n, str, strlen(str));

	return at == NULL ? -1 : at - s.p;
}

ptrdiff_t
span_find_nocase(struct span s, const char *str)
{
	size_t n = strlen(str);

	for (size_t i = 0; i + n <= s.n; i++)
		if (same_nocase(s.p + i, str, n))
			return (ptrdiff_t)i;
	return -1;
}

struct span
span_from(struct span s, size_t start)
{
	if (start >= s.n)
		return (struct span){ s.p == NULL ? NULL : s.p + s.n, 0 };
	return (struct span){ s.p + start, s.n - start };
}

struct span
span_first(struct span s, size_t n)
{
	return (struct span){ s.p, n < s.n ? n : s.n };
}

struct span
span_trim(struct span s)
{
	while (s.n > 0 && span_is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && span_is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span
span_cut(struct span s, char sep, struct span *rest)
{
	ptrdiff_t at = span_find(s, sep);

	if (at < 0) {
		*rest = span_from(s, s.n);
		return s;
	}
	*rest = span_from(s, (size_t)at + 1);
	return span_first(s, (size_t)at);
}

struct span
span_word(struct span s, struct span *rest)
{
	size_t n = 0;

	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s.p++, s.n--;
	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	*rest = span_from(s, n);
	return span_first(s, n);
}

int
span_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t d = (uint64_t)(s.p[i] - '0');

		if (s.p[i] < '0' || s.p[i] > '9' || v > (max - d) / 10)
			return -1;
		v = v * 10 + d;
	}
	if (v > max)
		return -1;
	*out = v;
	return 0;
}

uint64_t
span_hash(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
	return h;
}

uint64_t
span_hash_nocase(struct span s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)span_low(s.p[i])) * 0x100000001b3u;
	return h;
}

/* The classic walk with one place to return to: the last star. */
bool
span_glob(struct span g, struct span s)
{
	size_t gi = 0, si = 0, star = SIZE_MAX, from = 0;

	while (si < s.n) {
		if (gi < g.n && g.p[gi] == '*') {
			star = gi++;
			from = si;
		} else if (gi < g.n && (g.p[gi] == '?' || span_low(g.p[gi]) == span_low(s.p[si]))) {
			gi++;
			si++;
		} else if (star != SIZE_MAX) {
			gi = star + 1;
			si = ++from;
		} else
			return false;
	}
	while (gi < g.n && g.p[gi] == '*')
		gi++;
	return gi == g.n;
}
