#include "route.h"

static const struct route *
exactly(const struct routes *rs, struct span pattern)
{
	for (struct table_node *n = table_first(&rs->by_pattern, span_hash_nocase(pattern));
	     n != NULL; n = table_next(n)) {
		const struct route *r = TABLE_OF(n, struct route, by_pattern);

		if (span_eq_nocase(r->pattern, pattern))
			return r;
	}
	return NULL;
}

int
routes_add(struct routes *rs, struct route *r)
{
	if (exactly(rs, r->pattern) != NULL)
		return -1;
	table_put(&rs->by_pattern, &r->by_pattern, span_hash_nocase(r->pattern));
	return 0;
}

/* "*.b.example" for what stands behind the first dot of "a.b.example". */
static const struct route *
wildcard(const struct routes *rs, struct span behind_dot)
{
	char pattern[300] = "*.";

	if (behind_dot.n > sizeof(pattern) - 2)
		return NULL;
	for (size_t i = 0; i < behind_dot.n; i++)
		pattern[i + 2] = behind_dot.p[i];
	return exactly(rs, span_of(pattern, behind_dot.n + 2));
}

const struct route *
routes_find(const struct routes *rs, struct span domain)
{
	const struct route *r;
	struct span rest = domain;

	if (rs->by_pattern.n == 0)
		return NULL;
	r = exactly(rs, domain);
	while (r == NULL && span_find(rest, '.') >= 0) {
		span_cut(rest, '.', &rest);
		r = wildcard(rs, rest);
	}
	return r != NULL ? r : exactly(rs, SPAN_LIT("*"));
}

void
routes_free(struct routes *rs)
{
	table_free(&rs->by_pattern);
}
