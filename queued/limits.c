#include "limits.h"

/* How well a rule fits: higher is more specific. */
enum fit { FIT_NONE, FIT_MX, FIT_DOMAIN, FIT_NAME };

static const char *const names[] = { "connections", "connection-rate", "messages-per-connection",
	"message-rate", "recipients" };

static const struct limits built_in = { .of = {
					    [LIMIT_CONNECTIONS] = { .value = 20 },
					    [LIMIT_PER_CONNECTION] = { .value = 1000 },
					    [LIMIT_RECIPIENTS] = { .value = 100 },
					} };

const char *
limit_name(enum limit_kind k)
{
	return names[k];
}

static bool
any_glob(const struct span *globs, size_t n, struct span name)
{
	for (size_t i = 0; i < n; i++)
		if (span_glob(globs[i], name))
			return true;
	return false;
}

static enum fit
fit_of(const struct limit_rule *r, struct span site, struct span domain, const struct span *mx,
    size_t mx_n)
{
	if (span_eq_nocase(r->name, site))
		return FIT_NAME;
	if (any_glob(r->domains, r->domains_n, domain))
		return FIT_DOMAIN;
	for (size_t i = 0; i < mx_n; i++)
		if (any_glob(r->mx, r->mx_n, mx[i]))
			return FIT_MX;
	return FIT_NONE;
}

/* Which block holds which limit, where it does so because of the domain or its hosts. */
static void
scope_add(struct limits *found, enum limit_kind k, struct span block)
{
	if (found->block.n == 0)
		found->block = block;
	found->scope =
	    (found->scope ^ (span_hash_nocase(block) + k + 1)) * 0x100000001b3u; /* FNV */
}

struct limits
limits_find(const struct limit_rule *rules, size_t rules_n, struct span site, struct span domain,
    const struct span *mx, size_t mx_n)
{
	struct limits found = built_in;
	enum fit best[LIMITS_N] = { FIT_NONE };
	struct span block[LIMITS_N];

	for (size_t i = 0; i < rules_n; i++) {
		enum fit fit = fit_of(&rules[i], site, domain, mx, mx_n);

		for (unsigned k = 0; k < LIMITS_N; k++)
			if (rules[i].set[k] && fit > best[k]) {
				best[k] = fit;
				found.of[k] = rules[i].limits.of[k];
				block[k] = rules[i].name;
			}
	}
	for (unsigned k = 0; k < LIMITS_N; k++)
		if (best[k] == FIT_DOMAIN || best[k] == FIT_MX)
			scope_add(&found, k, block[k]);
	return found;
}
