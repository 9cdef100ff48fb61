#include "blocks.h"
#include "err.h"
#include "log.h"
#include "url_place.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 8192 };

struct entry {
	LIST_ENTRY(entry) link;
	enum web_block_kind kind;
	bool told; /* since blocks_begin() */
	size_t n, key_n;
	char value[];
};

static LIST_HEAD(place, entry) places[PLACES];
static size_t entries_n, targets_n;
static bool known;

static struct span
value_of(const struct entry *e)
{
	return span_of(e->value, e->n);
}

/* Of a target: the host, without what paths begin with. */
static struct span
key_of(enum web_block_kind kind, struct span value)
{
	size_t n = 0;

	if (kind != WEB_BLOCK_TARGET)
		return value;
	while (n < value.n && value.p[n] != '/' && value.p[n] != '?' && value.p[n] != '#' &&
	       value.p[n] != '\\')
		n++;
	return span_first(value, n);
}

static struct place *
place_of(enum web_block_kind kind, struct span key)
{
	return &places[(span_hash_nocase(key) + (unsigned)kind) % PLACES];
}

static struct entry *
find(const struct web_block *b)
{
	struct entry *e;

	LIST_FOREACH (e, place_of(b->kind, key_of(b->kind, b->value)), link)
		if (e->kind == b->kind && span_eq(value_of(e), b->value))
			return e;
	return NULL;
}

static void
add(const struct web_block *b)
{
	struct entry *e;

	if (entries_n == WEB_BLOCKS_MAX) {
		log_error("blocks-full", "max=%d", WEB_BLOCKS_MAX);
		return;
	}
	e = malloc(sizeof(*e) + b->value.n);
	if (e == NULL)
		fatal("out of memory for a block");
	*e = (struct entry){ .kind = b->kind, .told = true, .n = b->value.n };
	memcpy(e->value, b->value.p, b->value.n);
	e->key_n = key_of(e->kind, value_of(e)).n;
	LIST_INSERT_HEAD(place_of(e->kind, span_first(value_of(e), e->key_n)), e, link);
	entries_n++;
	targets_n += e->kind == WEB_BLOCK_TARGET;
}

static void
drop(struct entry *e)
{
	LIST_REMOVE(e, link);
	targets_n -= e->kind == WEB_BLOCK_TARGET;
	free(e);
	entries_n--;
}

void
blocks_take(const struct web_block *b)
{
	struct entry *e = find(b);

	if (e != NULL && b->blocked)
		e->told = true;
	else if (e != NULL)
		drop(e);
	else if (b->blocked && b->value.n > 0)
		add(b);
}

/* Takes away all, or only what was not told. */
static void
sweep(bool forget_told)
{
	for (unsigned i = 0; i < PLACES; i++)
		for (struct entry *next, *e = LIST_FIRST(&places[i]); e != NULL; e = next) {
			next = LIST_NEXT(e, link);
			if (forget_told)
				e->told = false;
			else if (!e->told)
				drop(e);
		}
}

void
blocks_begin(void)
{
	sweep(true);
}

void
blocks_end(void)
{
	sweep(false);
	known = true;
}

bool
blocks_known(void)
{
	return known;
}

/* ---- is this one? ---- */

static bool
has_name(enum web_block_kind kind, struct span name)
{
	struct entry *e;

	LIST_FOREACH (e, place_of(kind, name), link)
		if (e->kind == kind && span_eq_nocase(value_of(e), name))
			return true;
	return false;
}

static bool
has_campaign(struct span tenant, struct span campaign)
{
	char name[WEB_BLOCK_VALUE_MAX];

	if (campaign.n == 0 || tenant.n + 1 + campaign.n > sizeof(name))
		return false;
	memcpy(name, tenant.p, tenant.n);
	name[tenant.n] = '/';
	memcpy(name + tenant.n + 1, campaign.p, campaign.n);
	return has_name(WEB_BLOCK_CAMPAIGN, span_of(name, tenant.n + 1 + campaign.n));
}

/* That domain is blocked, or it is the host itself and its path is. */
static bool
has_domain(struct span domain, struct span path, bool is_host)
{
	struct entry *e;

	LIST_FOREACH (e, place_of(WEB_BLOCK_TARGET, domain), link) {
		struct span begins = span_from(value_of(e), e->key_n);

		if (e->kind != WEB_BLOCK_TARGET ||
		    !span_eq(span_first(value_of(e), e->key_n), domain))
			continue;
		if (begins.n == 0 || (is_host && span_eq(span_first(path, begins.n), begins)))
			return true;
	}
	return false;
}

static bool
has_place(struct span domain, struct span path)
{
	ptrdiff_t dot;

	for (bool is_host = true; domain.n > 0; is_host = false) {
		if (has_domain(domain, path, is_host))
			return true;
		dot = span_find(domain, '.');
		if (dot < 0)
			break;
		domain = span_from(domain, (size_t)dot + 1);
	}
	return false;
}

/* Programs know names that the rules of IDNA do not: where a link leads that cannot be told counts as switched off, as soon as
 * some place is. */
static bool
has_target(struct span url)
{
	struct url_place place;
	struct buf path;
	bool has;

	if (targets_n == 0 || url.n == 0)
		return false;
	if (url_place(url, &place) == -1)
		return true;
	buf_init(&path, place.path.n + 1);
	url_path_plain(place.path, &path);
	has = has_place(span_str(place.host), buf_all(&path));
	buf_free(&path);
	return has;
}

bool
blocks_has(struct span tenant, struct span campaign, struct span url)
{
	return entries_n > 0 && (has_name(WEB_BLOCK_TENANT, tenant) ||
				    has_campaign(tenant, campaign) || has_target(url));
}
