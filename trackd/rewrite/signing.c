#include "signing.h"

#include <string.h>

static size_t
length(const char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return n;
}

/* The usual fields and the tenant's. */
static const char *const *
fields(const struct conf_block *tenant, struct arena *arena)
{
	size_t n = length(dkim_usual_fields), more = conf_count(tenant, "dkim-field");
	const char **list;

	if (more == 0)
		return dkim_usual_fields;
	list = arena_alloc(arena, (n + more + 1) * sizeof(*list));
	memcpy(list, dkim_usual_fields, n * sizeof(*list));
	for (size_t i = 0; i < more; i++)
		list[n + i] = conf_str_at(tenant, "dkim-field", i);
	return list;
}

struct dkim_options
signing_options(const struct conf_block *tenant, uint64_t now_s, struct arena *arena)
{
	static const char *const nothing[] = { NULL };
	struct dkim_options o = { .signed_s = now_s };
	struct span canonical, over;

	if (tenant == NULL)
		return o;
	canonical = span_str(conf_str(tenant, "dkim-canonical"));
	o.header = span_starts(canonical, "simple") ? DKIM_SIMPLE : DKIM_RELAXED;
	o.body = span_ends_nocase(canonical, "simple") ? DKIM_SIMPLE : DKIM_RELAXED;
	o.sign = fields(tenant, arena);
	over = span_str(conf_str(tenant, "dkim-oversign"));
	if (span_is(over, "all"))
		o.oversign = o.sign;
	else if (span_is(over, "none"))
		o.oversign = nothing;
	if (conf_num(tenant, "dkim-expire") > 0)
		o.expires_s = now_s + conf_num(tenant, "dkim-expire");
	return o;
}
