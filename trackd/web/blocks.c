#include "blocks.h"
#include "err.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	enum web_block_kind kind;
	char *value;
	size_t n;
};

static struct entry entries[BLOCKS_MAX];
static size_t entries_n;

static ptrdiff_t
place_of(const struct web_block *b)
{
	for (size_t i = 0; i < entries_n; i++)
		if (entries[i].kind == b->kind &&
		    span_eq(span_of(entries[i].value, entries[i].n), b->value))
			return (ptrdiff_t)i;
	return -1;
}

static void
add(const struct web_block *b)
{
	struct entry *e = &entries[entries_n];

	if (entries_n == BLOCKS_MAX) {
		log_error("blocks-full", "max=%d", BLOCKS_MAX);
		return;
	}
	e->value = malloc(b->value.n + 1);
	if (e->value == NULL)
		fatal("out of memory for a block");
	memcpy(e->value, b->value.p, b->value.n);
	e->n = b->value.n;
	e->kind = b->kind;
	entries_n++;
}

void
blocks_take(const struct web_block *b)
{
	ptrdiff_t at = place_of(b);

	if (b->blocked && at < 0 && b->value.n > 0)
		add(b);
	if (!b->blocked && at >= 0) {
		free(entries[at].value);
		entries[at] = entries[--entries_n];
	}
}

/* The host of an http, https or protocol-relative URL, as written. */
static struct span
host_of(struct span url)
{
	ptrdiff_t slashes = span_find_str(url, "//");
	struct span host = span_from(url, slashes < 0 ? url.n : (size_t)slashes + 2);
	ptrdiff_t at;
	size_t n = 0;

	while (n < host.n && strchr("/?#\\", host.p[n]) == NULL)
		n++;
	host = span_first(host, n);
	at = span_find_last(host, '@');
	host = span_from(host, (size_t)(at + 1));
	at = span_find(host, ':');
	return at < 0 ? host : span_first(host, (size_t)at);
}

static bool
leads_to(struct span url, struct span target)
{
	struct span host;
	size_t more;

	if (span_find_str(target, "//") >= 0)
		return url.n >= target.n && span_eq_nocase(span_first(url, target.n), target);
	host = host_of(url);
	more = host.n - target.n;
	return host.n >= target.n && span_eq_nocase(span_from(host, more), target) &&
	       (more == 0 || host.p[more - 1] == '.');
}

/* value is "tenant/campaign". */
static bool
is_campaign(struct span tenant, struct span campaign, struct span value)
{
	return campaign.n > 0 && value.n == tenant.n + 1 + campaign.n &&
	       span_eq(span_first(value, tenant.n), tenant) && value.p[tenant.n] == '/' &&
	       span_eq(span_from(value, tenant.n + 1), campaign);
}

bool
blocks_has(struct span tenant, struct span campaign, struct span url)
{
	for (size_t i = 0; i < entries_n; i++) {
		const struct entry *e = &entries[i];
		struct span value = span_of(e->value, e->n);

		if ((e->kind == WEB_BLOCK_TENANT && span_eq(value, tenant)) ||
		    (e->kind == WEB_BLOCK_CAMPAIGN && is_campaign(tenant, campaign, value)) ||
		    (e->kind == WEB_BLOCK_TARGET && url.n > 0 && leads_to(url, value)))
			return true;
	}
	return false;
}
