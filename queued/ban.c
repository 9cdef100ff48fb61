#include "ban.h"
#include "err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_S = 15 * 60, MOST_S = 6 * 3600, DAY_MS = 86400 * 1000 };

static struct ban *
find(const struct bans *bs, struct span tenant)
{
	struct ban *b;

	SLIST_FOREACH (b, bs, link)
		if (span_eq_nocase(b->tenant, tenant))
			return b;
	return NULL;
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
	SLIST_INSERT_HEAD(bs, b, link);
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

bool
ban_put(struct bans *bs, struct span tenant, uint64_t now_ms, uint32_t for_s, struct span reply)
{
	struct ban *b = find(bs, tenant);

	if (b == NULL)
		b = ban_new(bs, tenant);
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
	const struct ban *b = SLIST_EMPTY(bs) ? NULL : find(bs, tenant);

	return b != NULL && b->until_ms > now_ms ? b : NULL;
}

unsigned
bans_n(const struct bans *bs, uint64_t now_ms)
{
	const struct ban *b;
	unsigned n = 0;

	SLIST_FOREACH (b, bs, link)
		n += b->until_ms > now_ms;
	return n;
}

unsigned
bans_lift(struct bans *bs, struct span tenant, uint64_t now_ms)
{
	struct ban *b, *next;
	unsigned n = 0;

	SLIST_FOREACH_SAFE(b, bs, link, next)
	{
		if (tenant.n > 0 && !span_eq_nocase(b->tenant, tenant))
			continue;
		n += b->until_ms > now_ms;
		SLIST_REMOVE(bs, b, ban, link);
		free(b);
	}
	return n;
}
