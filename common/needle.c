#include "needle.h"

#include <ctype.h>
#include <string.h>

enum { RUN_MAX = NEEDLE_MARKS + 2 };

static uint8_t
fold(char c)
{
	return (uint8_t)(c >= 'A' && c <= 'Z' ? c | 32 : c);
}

static uint16_t
mark_of(uint8_t a, uint8_t b, uint8_t c)
{
	uint32_t h = (uint32_t)a << 16 | (uint32_t)b << 8 | c;

	return (uint16_t)(h * 2654435761u >> 19) % MARKS_BITS;
}

void
marks_of(struct marks *m, struct span text)
{
	uint8_t a = 0, b = 0;

	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = fold(text.p[i]);

		if (i >= 2) {
			uint16_t mark = mark_of(a, b, c);
			m->bits[mark / 64] |= (uint64_t)1 << mark % 64;
		}
		a = b;
		b = c;
	}
}

/* A branch being read: the run at hand and the longest so far. */
struct branch {
	char run[RUN_MAX], best[RUN_MAX];
	size_t n, best_n;
};

static void
run_ends(struct branch *b)
{
	if (b->n > b->best_n) {
		memcpy(b->best, b->run, b->n);
		b->best_n = b->n;
	}
	b->n = 0;
}

static void
run_grows(struct branch *b, char c)
{
	if (b->n == RUN_MAX)
		run_ends(b);
	b->run[b->n++] = c;
}

/* A branch without three sure bytes in a row makes the whole pattern one that must be tried. */
static bool
branch_ends(struct needles *out, struct branch *b)
{
	run_ends(b);
	if (b->best_n < 3 || out->n == NEEDLES_MAX)
		return false;
	out->branch[out->n].n = 0;
	for (size_t i = 2; i < b->best_n; i++)
		out->branch[out->n].mark[out->branch[out->n].n++] =
		    mark_of(fold(b->best[i - 2]), fold(b->best[i - 1]), fold(b->best[i]));
	out->n++;
	*b = (struct branch){ .n = 0 };
	return true;
}

/* Behind the class that begins at s; 0: not a class this knows. */
static size_t
class_end(struct span s)
{
	size_t i = 1;

	if (i < s.n && s.p[i] == '^')
		i++;
	if (i < s.n && s.p[i] == ']')
		i++;
	for (; i < s.n && s.p[i] != ']'; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '[' && i + 1 < s.n && s.p[i + 1] == ':') {
			ptrdiff_t end = span_find_str(span_from(s, i), ":]");
			if (end < 0)
				return 0;
			i += (size_t)end + 1;
		}
	}
	return i < s.n ? i + 1 : 0;
}

/* Behind the group that begins at s; 0: it has no end, or is one that changes what stands behind it. */
static size_t
group_end(struct span s)
{
	unsigned depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '[') {
			size_t n = class_end(span_from(s, i));
			if (n == 0)
				return 0;
			i += n - 1;
		} else if (s.p[i] == '(') {
			depth++;
			if (i + 2 < s.n && s.p[i + 1] == '?' && s.p[i + 2] != ':')
				return 0;
			if (i + 1 < s.n && s.p[i + 1] == '*')
				return 0;
		} else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/* Behind "{2,5}"; 0: none. */
static size_t
count_end(struct span s)
{
	size_t i = 1;

	while (i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == ','))
		i++;
	return i > 1 && i < s.n && s.p[i] == '}' ? i + 1 : 0;
}

/* One thing of the pattern: how many bytes it has; 0: what this file does not understand. */
static size_t
take(struct branch *b, struct span s)
{
	switch (s.p[0]) {
	case '(':
		run_ends(b);
		return group_end(s);
	case '[':
		if (s.n > 2 && s.p[2] == ']' && s.p[1] != '^' && s.p[1] != '\\') {
			run_grows(b, s.p[1]);
			return 3;
		}
		run_ends(b);
		return class_end(s);
	case '\\':
		if (s.n < 2 || isalnum((unsigned char)s.p[1]))
			return 0;
		run_grows(b, s.p[1]);
		return 2;
	case '?':
	case '*':
	case '{':
		if (b->n > 0)
			b->n--;
		run_ends(b);
		return s.p[0] == '{' ? count_end(s) : 1;
	case '+':
	case '.':
	case '^':
	case '$':
		run_ends(b);
		return 1;
	default:
		run_grows(b, s.p[0]);
		return 1;
	}
}

void
needles_of(struct needles *out, struct span pattern)
{
	struct branch b = { .n = 0 };

	out->n = 0;
	while (pattern.n > 0) {
		size_t n = 1;

		if (pattern.p[0] == '|' ? !branch_ends(out, &b) : (n = take(&b, pattern)) == 0) {
			out->n = 0;
			return;
		}
		pattern = span_from(pattern, n);
	}
	if (!branch_ends(out, &b))
		out->n = 0;
}

bool
needles_among(const struct needles *needles, const struct marks *m)
{
	for (unsigned i = 0; i < needles->n; i++) {
		unsigned k = 0;

		while (k < needles->branch[i].n) {
			uint16_t mark = needles->branch[i].mark[k];
			if ((m->bits[mark / 64] >> mark % 64 & 1) == 0)
				break;
			k++;
		}
		if (k == needles->branch[i].n)
			return true;
	}
	return needles->n == 0;
}
