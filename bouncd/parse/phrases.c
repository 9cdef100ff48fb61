#include "phrases.h"

#include <assert.h>
#include <string.h>

static unsigned char
folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 32) : (unsigned char)c;
}

void
phrases_init(struct phrases *ps, const char *const *list, size_t n)
{
	assert(n <= PHRASES_MAX);
	*ps = (struct phrases){ .list = list };
	for (size_t i = n; i-- > 0;) {
		unsigned char c = folded(list[i][0]);

		ps->next[i] = ps->first[c];
		ps->first[c] = (uint16_t)(i + 1);
	}
}

ptrdiff_t
phrases_find(const struct phrases *ps, struct span text)
{
	for (size_t at = 0; at < text.n; at++)
		for (unsigned i = ps->first[folded(text.p[at])]; i != 0; i = ps->next[i - 1])
			if (span_starts_nocase(span_from(text, at), ps->list[i - 1]))
				return (ptrdiff_t)at;
	return -1;
}
