#include "sum.h"

#include <stdio.h>
#include <string.h>

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

uint64_t
sum_of(struct span s)
{
	uint64_t h = s.n, word;

	for (; s.n >= sizeof(word); s = span_from(s, sizeof(word))) {
		memcpy(&word, s.p, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	if (s.n > 0)
		memcpy(&word, s.p, s.n);
	return mix(h, word);
}

static bool
sum_matches(struct span value, struct span body)
{
	char want[40];
	int n =
	    snprintf(want, sizeof(want), "%zu %016llx", body.n, (unsigned long long)sum_of(body));

	return span_eq(span_trim(value), span_of(want, (size_t)n));
}

struct sum_facts
sum_check(struct span message)
{
	struct sum_facts facts = { 0 };
	struct span rest = message, sum = { 0 };

	while (rest.n > 0) {
		struct span line = span_cut(rest, '\n', &rest);

		if (span_is(line, "\r"))
			break;
		if (span_starts_nocase(line, "X-Bench: "))
			facts.number = span_trim(span_from(line, 9));
		else if (span_starts_nocase(line, "X-Bench-Sum: "))
			sum = span_from(line, 13);
	}
	facts.unchanged = sum.n > 0 && sum_matches(sum, rest);
	return facts;
}

/* The next line that begins with a dot, at its dot; NULL when there is none. */
static char *
next_dot(char *p, char *end)
{
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL && ++p < end)
		if (*p == '.')
			return p;
	return NULL;
}

size_t
sum_unstuff(char *p, size_t n)
{
	char *end = p + n;
	char *from = n > 0 && *p == '.' ? p : next_dot(p, end);
	char *to = from;

	while (from != NULL) {
		char *next = next_dot(++from, end);
		size_t run = (size_t)((next == NULL ? end : next) - from);

		memmove(to, from, run);
		to += run;
		from = next;
	}
	return to == NULL ? n : (size_t)(to - p);
}
