#include "arena.h"
#include "err.h"
#include "house_conf.h"

#include <stdlib.h>
#include <string.h>

/* ---- how long what came back is known ---- */

enum { BOUNCE_VALID_D = 30, INDEX_AGE_D = 60, EXPIRE_D = 3, DAY_S = 86400 }; /* the defaults */

/* Of a block that may not be there. */
static uint64_t
duration_of(const struct conf_block *b, const char *setting, uint64_t otherwise_d)
{
	return b == NULL ? otherwise_d * DAY_S : conf_num(b, setting);
}

static uint64_t
longest_expire(const struct conf_block *top)
{
	uint64_t longest = EXPIRE_D * DAY_S;

	for (const struct conf_block *s = conf_first(top, "stream"); s != NULL; s = conf_next(s))
		if (conf_num(s, "expire") > longest)
			longest = conf_num(s, "expire");
	return longest;
}

/* A bounce address is made anew at each attempt, the last one when the mail is as old as expire; the index of deliveries
 * counts from the acceptance. A report of which the index knows nothing could not be tied to its delivery any more. */
static void
bounce_valid_check(struct conf *conf, const struct conf_block *top)
{
	const struct conf_block *queue = conf_first(top, "queue"),
				*stats = conf_first(top, "stats");
	uint64_t valid = duration_of(queue, "bounce-valid", BOUNCE_VALID_D),
		 age = duration_of(stats, "index-age", INDEX_AGE_D), expire = longest_expire(top);
	bool at_stats = stats != NULL && conf_is_set(stats, "index-age");
	unsigned long long least_d = (valid + expire + DAY_S - 1) / DAY_S;

	if (valid + expire <= age)
		return;
	conf_complain(conf, at_stats ? stats : queue, at_stats ? "index-age" : "bounce-valid",
	    "the index of deliveries forgets a mail after %llu days, yet its bounce address may be "
	    "good for %llu (bounce-valid, and the longest expire of a stream)\n"
	    "stats { index-age %llud }, or a shorter bounce-valid",
	    (unsigned long long)(age / DAY_S), least_d, least_d);
}

static int
by_bounce_domain(const void *a, const void *b)
{
	return strcmp(conf_str(*(const struct conf_block *const *)a, "bounce-domain"),
	    conf_str(*(const struct conf_block *const *)b, "bounce-domain"));
}

/* A bounce domain says whose a bounce is, so it is one tenant's. Sorted, for there may be thousands. */
static void
bounce_domains_check(struct conf *conf, const struct conf_block *top)
{
	const struct conf_block **all, *t;
	size_t n = 0;

	for (t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		n += conf_is_set(t, "bounce-domain");
	all = calloc(n + 1, sizeof(struct conf_block *));
	if (all == NULL)
		fatal("out of memory for the bounce domains");
	n = 0;
	for (t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		if (conf_is_set(t, "bounce-domain"))
			all[n++] = t;
	qsort((void *)all, n, sizeof(struct conf_block *), by_bounce_domain);
	for (size_t i = 1; i < n; i++)
		if (by_bounce_domain(&all[i - 1], &all[i]) == 0)
			conf_complain(conf, all[i], "bounce-domain",
			    "%s is the bounce domain of tenant %s too\n"
			    "give each tenant one of its own: it says whose a bounce is",
			    conf_str(all[i], "bounce-domain"), conf_name(all[i - 1]));
	free((void *)all);
}

static bool
is_bounce_domain(const struct conf_block *top, struct span domain)
{
	for (const struct conf_block *t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		if (span_is_nocase(domain, conf_str(t, "bounce-domain")))
			return true;
	return false;
}

/* At one of our own names it would come back to us. */
static void
postmaster_check(struct conf *conf, const struct conf_block *top)
{
	struct span to = span_str(conf_str(top, "postmaster")), domain;

	if (to.n == 0)
		return;
	if (!conf_is_mailbox(to)) {
		conf_complain(conf, top, "postmaster", "\"%.*s\" is not a valid address", SPAN(to));
		return;
	}
	domain = span_from(to, (size_t)span_find_last(to, '@') + 1);
	if (span_is_nocase(domain, conf_str(top, "hostname")) || is_bounce_domain(top, domain))
		conf_complain(conf, top, "postmaster",
		    "mail for %.*s comes back to this relay\nname an address that people read",
		    SPAN(domain));
}

static bool
is_alias(const struct conf_block *top, struct span local)
{
	struct span name, address;

	for (size_t i = 0; i < conf_count(top, "alias"); i++)
		if (house_alias(top, i, &name, &address) && span_eq_nocase(name, local))
			return true;
	return false;
}

/* It is looked up once: what it leads to must be an address where people read. */
static void
alias_target_check(struct conf *conf, const struct conf_block *top, struct span to)
{
	ptrdiff_t at = span_find_last(to, '@');
	struct span local = span_first(to, (size_t)at);

	if (!conf_is_mailbox(to))
		conf_complain(conf, top, "alias", "\"%.*s\" is not a valid address", SPAN(to));
	else if (house_alias_domain(top, span_from(to, (size_t)at + 1)) && is_alias(top, local))
		conf_complain(conf, top, "alias",
		    "\"%.*s\" is an alias itself\nname the address at which people read", SPAN(to));
}

static void
alias_check(struct conf *conf, const struct conf_block *top)
{
	struct span name, address, before = span_of(NULL, 0);

	for (size_t i = 0; i < conf_count(top, "alias"); i++) {
		bool is_name = house_alias(top, i, &name, &address);

		if (is_name && address.n == 0)
			conf_complain(conf, top, "alias",
			    "there is no address behind the name \"%.*s\"\n"
			    "write the names, then the address: alias root postmaster "
			    "ops@example.com",
			    SPAN(name));
		else if (is_name && span_find(name, ' ') >= 0)
			conf_complain(conf, top, "alias", "\"%.*s\" is not a name", SPAN(name));
		else if (!is_name && (before.n == 0 || span_find(before, '@') >= 0))
			conf_complain(conf, top, "alias",
			    "there is no name in front of \"%.*s\"\n"
			    "write the names, then the address: alias root postmaster "
			    "ops@example.com",
			    SPAN(name));
		else if (!is_name)
			alias_target_check(conf, top, name);
		before = name;
	}
}

void
house_feedback_check(struct conf *conf, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "feedback-address"); i++)
		if (!conf_is_mailbox(span_str(conf_str_at(b, "feedback-address", i))))
			conf_complain(conf, b, "feedback-address", "\"%s\" is no address",
			    conf_str_at(b, "feedback-address", i));
}

struct bounce_domain {
	struct span name;
	const char *tenant;
};

static int
by_domain(const void *a, const void *b)
{
	return span_cmp(
	    ((const struct bounce_domain *)a)->name, ((const struct bounce_domain *)b)->name);
}

/* In lower case and order, in the arena. */
static struct bounce_domain *
bounce_domains(const struct conf_block *top, struct arena *arena, size_t *n)
{
	struct bounce_domain *list;
	size_t most = 0;

	for (const struct conf_block *t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		most++;
	list = arena_alloc(arena, (most + 1) * sizeof(*list));
	*n = 0;
	for (const struct conf_block *t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		if (conf_is_set(t, "bounce-domain"))
			list[(*n)++] = (struct bounce_domain){
				arena_lower(arena, span_str(conf_str(t, "bounce-domain"))),
				conf_name(t)
			};
	if (*n > 0)
		qsort(list, *n, sizeof(*list), by_domain);
	return list;
}

/* A reply that came back to a bounce address would go round in circles. */
static void
replies_come_to_an_end(struct conf *conf, const struct conf_block *top)
{
	struct arena *arena = arena_new(0);
	size_t n;
	const struct bounce_domain *list = bounce_domains(top, arena, &n);

	for (const struct conf_block *t = conf_first(top, "tenant"); t != NULL; t = conf_next(t)) {
		struct span to = span_str(conf_str(t, "replies"));
		ptrdiff_t at = span_find_last(to, '@');
		struct bounce_domain want = { .name = arena_lower(
						  arena, span_from(to, (size_t)(at + 1))) };
		const struct bounce_domain *found =
		    n == 0 || at < 0 ? NULL : bsearch(&want, list, n, sizeof(want), by_domain);

		if (found != NULL)
			conf_complain(conf, t, "replies",
			    "%.*s is the bounce domain of tenant %s: replies would come back",
			    SPAN(want.name), found->tenant);
	}
	arena_free(arena);
}

void
house_check(struct conf *conf, const struct conf_block *top)
{
	bounce_valid_check(conf, top);
	bounce_domains_check(conf, top);
	house_tenants_check(conf, top);
	house_feedback_check(conf, top);
	postmaster_check(conf, top);
	alias_check(conf, top);
	replies_come_to_an_end(conf, top);
}
