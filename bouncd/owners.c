#include "owners.h"

#include <stdlib.h>

struct owner {
	struct span domain, tenant;
};

struct owners {
	size_t n;
	struct owner at[];
};

/* The configuration keeps domains in lower case. */
static int
by_domain(const void *a, const void *b)
{
	return span_cmp(((const struct owner *)a)->domain, ((const struct owner *)b)->domain);
}

struct owners *
owners_new(const struct conf *conf)
{
	const struct conf_block *first = conf_first(conf_top(conf), "tenant");
	struct owners *o;
	size_t n = 0;

	for (const struct conf_block *t = first; t != NULL; t = conf_next(t))
		n++;
	o = calloc(1, sizeof(*o) + n * sizeof(o->at[0]));
	if (o == NULL)
		fatal("out of memory for the bounce domains");
	for (const struct conf_block *t = first; t != NULL; t = conf_next(t))
		if (conf_is_set(t, "bounce-domain"))
			o->at[o->n++] = (struct owner){ span_str(conf_str(t, "bounce-domain")),
				span_str(conf_name(t)) };
	qsort(o->at, o->n, sizeof(o->at[0]), by_domain);
	return o;
}

void
owners_free(struct owners *o)
{
	free(o);
}

struct span
owners_tenant(const struct owners *o, struct span domain)
{
	char low[256];
	struct owner key = { .domain = span_first(domain, sizeof(low)) };
	const struct owner *found;

	span_lower(low, key.domain);
	key.domain.p = low;
	found = bsearch(&key, o->at, o->n, sizeof(o->at[0]), by_domain);
	return found == NULL ? span_of(NULL, 0) : found->tenant;
}
