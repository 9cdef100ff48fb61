#include "ban.h"
#include "err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSED_MOST = 3, FIRST_S = 15 * 60, MOST_S = 6 * 3600, DAY_MS = 86400 * 1000 };

static struct ban *
find(const struct bans *bs, struct span tenant)
{
	struct table_node *n = table_first(&bs->by_tenant, span_hash_nocase(tenant));

	for (; n != NULL; n = table_next(n)) {
		struct ban *b = TABLE_OF(n, struct ban, by_tenant);

		if (span_eq_nocase(b->tenant, tenant))
			return b;
	}
	return NULL;
}

const struct ban *
bans_each(const struct bans *bs, const struct ban *b)
{
	return TABLE_OF(
	    table_each(&bs->by_tenant, b == NULL ? NULL : &b->by_tenant), struct ban, by_tenant);
}

static struct ban *
ban_new(struct bans *bs, struct span tenant)
{
	struct ban *b = calloc(1, sizeof(*b) + tenant.n + 1);

	if (b == NULL)
		fatal("out of memory for a tenant's suspension");
	if (tenant.n > 0)
		memcpy(b->text, tenant.p, tenant.n);
	b->tenant = span_of(b->text, tenant.n);
	table_put(&bs->by_tenant, &b->by_tenant, span_hash_nocase(tenant));
	return b;
}

static uint64_t
lasts_ms(unsigned times, uint32_t for_s)
{
	uint64_t s = for_s > 0 ? for_s : FIRST_S;

	for (unsigned i = 0; i < times && s < MOST_S; i++)
		s *= 2;
	return (s < MOST_S || s == for_s ? s : MOST_S) * 1000;
}

static struct ban *
find_or_new(struct bans *bs, struct span tenant)
{
	struct ban *b = find(bs, tenant);

	return b != NULL ? b : ban_new(bs, tenant);
}

bool
ban_refused(struct bans *bs, struct span tenant, struct id message)
{
	struct ban *b = find_or_new(bs, tenant);

	if (b->refused > 0 && id_eq(b->last, message))
		return false; /* to another of its recipients */
	b->last = message;
	if (++b->refused < REFUSED_MOST)
		return false;
	b->refused = 0;
	return true;
}

bool
ban_blamed(struct bans *bs, struct span tenant, struct id message, uint64_t now_ms)
{
	return suspicion_confirmed(&find_or_new(bs, tenant)->blamed, message, now_ms);
}

void
ban_taken(struct bans *bs, struct span tenant)
{
	struct ban *b = bans_none(bs) ? NULL : find(bs, tenant);

	if (b != NULL)
		b->refused = 0;
}

bool
ban_put(struct bans *bs, struct span tenant, uint64_t now_ms, uint32_t for_s, struct span reply)
{
	struct ban *b = find_or_new(bs, tenant);

	if (b->until_ms > now_ms)
		return false; /* mail that was under way when it began */
	if (now_ms - b->until_ms > DAY_MS)
		b->times = 0;
	b->until_ms = now_ms + lasts_ms(b->times, for_s);
	b->times++;
	snprintf(b->reason, sizeof(b->reason), "%.*s", SPAN(reply));
	return true;
}

const struct ban *
ban_of(const struct bans *bs, struct span tenant, uint64_t now_ms)
{
	const struct ban *b = bans_none(bs) ? NULL : find(bs, tenant);

	return b != NULL && b->until_ms > now_ms ? b : NULL;
}

unsigned
bans_n(const struct bans *bs, uint64_t now_ms)
{
	unsigned n = 0;

	for (const struct ban *b = bans_each(bs, NULL); b != NULL; b = bans_each(bs, b))
		n += b->until_ms > now_ms;
	return n;
}

static unsigned
lift(struct bans *bs, struct ban *b, uint64_t now_ms)
{
	unsigned lasted = b->until_ms > now_ms;

	table_remove(&bs->by_tenant, &b->by_tenant);
	free(b);
	return lasted;
}

unsigned
bans_lift(struct bans *bs, struct span tenant, uint64_t now_ms)
{
	struct ban *b = tenant.n > 0 ? find(bs, tenant) : NULL;
	struct table_node *at = tenant.n > 0 ? NULL : table_each(&bs->by_tenant, NULL), *next;
	unsigned n = 0;

	if (b != NULL)
		n = lift(bs, b, now_ms);
	for (; at != NULL; at = next) {
		next = table_each(&bs->by_tenant, at);
		n += lift(bs, TABLE_OF(at, struct ban, by_tenant), now_ms);
	}
	if (bans_none(bs))
		table_free(&bs->by_tenant);
	return n;
}
