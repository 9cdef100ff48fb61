#include "tags.h"

#include <string.h>

int
tags_next(struct span *rest, struct span *name, struct span *value)
{
	struct span tag = span_trim(span_cut(*rest, ';', rest));
	ptrdiff_t is = span_find(tag, '=');

	if (tag.n == 0 && span_trim(*rest).n == 0)
		return 0;
	if (is <= 0)
		return -1;
	*name = span_trim(span_first(tag, (size_t)is));
	*value = span_trim(span_from(tag, (size_t)is + 1));
	for (size_t i = 0; i < name->n; i++) {
		char c = name->p[i];

		if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '_')
			return -1;
	}
	return name->n == 0 ? -1 : 1;
}

int
tags_find(struct span list, const char *name, struct span *value)
{
	struct span n, v;
	int r, found = 0;

	*value = span_of(NULL, 0);
	while ((r = tags_next(&list, &n, &v)) == 1)
		if (span_is(n, name)) {
			if (found++ > 0)
				return -1;
			*value = v;
		}
	return r == -1 ? -1 : found;
}
