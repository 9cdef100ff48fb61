#include "suppressed.h"
#include "err.h"
#include "address.h"
#include "sealed.h"
#include "siphash.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = ADDRESS_MAX + ADDRESS_CANONICAL_EXTRA + 260 };

#define PERSON (~(uint64_t)0xffffff) /* bits of a hash that are the address's */

/* A hash that came or went since the list was made. */
struct change {
	struct table_node by_hash;
	bool suppressed;
};

struct suppressed {
	struct siphash_key key;
	const uint64_t *hashes;
	size_t n;
	struct table changes;
	uint64_t version;
	char lost[200]; /* "": nothing is */
	bool told;
};

struct suppressed *
suppressed_new(void)
{
	struct suppressed *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the suppression list");
	return s;
}

const char *
suppressed_lost(const struct suppressed *s)
{
	return s->lost[0] == '\0' ? NULL : s->lost;
}

bool
suppressed_told(const struct suppressed *s)
{
	return s->told;
}

static void
changes_forget(struct suppressed *s)
{
	struct table_node *n, *next;

	for (n = table_each(&s->changes, NULL); n != NULL; n = next) {
		next = table_each(&s->changes, n);
		table_remove(&s->changes, n);
		free(TABLE_OF(n, struct change, by_hash));
	}
	table_free(&s->changes);
}

static const uint64_t *
mapped(const struct bounce_list *l)
{
	uint64_t size_bytes;
	struct err err;
	void *p;

	if (l->count > SIZE_MAX / 8 || sealed_size(l->fd, &size_bytes, &err) == -1 ||
	    size_bytes < l->count * 8)
		return NULL;
	p = mmap(NULL, l->count * 8, PROT_READ, MAP_SHARED, l->fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

int
suppressed_list(struct suppressed *s, const struct bounce_list *l)
{
	const uint64_t *hashes = NULL;

	if (l->count > 0 && l->fd >= 0)
		hashes = mapped(l);
	if (l->fd >= 0)
		close(l->fd);
	if (l->count > 0 && hashes == NULL)
		return -1;
	if (s->n > 0)
		munmap((void *)s->hashes, s->n * 8);
	s->hashes = hashes;
	s->n = l->count;
	s->told = true;
	snprintf(s->lost, sizeof(s->lost), "%.*s", SPAN(span_first(l->lost, sizeof(s->lost) - 1)));
	s->key = (struct siphash_key){ l->seed, l->seed2 };
	changes_forget(s);
	s->version++;
	return 0;
}

void
suppressed_change(struct suppressed *s, const struct bounce_change *c)
{
	struct change *ch = TABLE_OF(table_first(&s->changes, c->hash), struct change, by_hash);

	if (ch == NULL) {
		ch = calloc(1, sizeof(*ch));
		if (ch == NULL)
			fatal("out of memory for a change of the suppression list");
		table_put(&s->changes, &ch->by_hash, c->hash);
	}
	ch->suppressed = c->suppressed;
	s->version += c->suppressed;
}

/* ---- looking ---- */

enum { SCOPES = 3 };

/* Hashes of one address in the scopes that count, and which of them are on the list. */
struct asked {
	uint64_t hash[SCOPES];
	unsigned n;
};

static size_t
lower_into(char *p, struct span s)
{
	span_lower(p, s);
	return s.n;
}

/* Hashes are evenly spread: where one stands follows from its value, but for a thousandth. */
static size_t
guess(const struct suppressed *s, uint64_t hash)
{
	double each = 18446744073709551616.0 / (double)s->n, at = (double)hash / each;

	if (at >= (double)s->n)
		at = (double)(s->n - 1);
	if (s->hashes[(size_t)at] < hash) /* once more, from there */
		at += (double)(hash - s->hashes[(size_t)at]) / each;
	else
		at -= (double)(s->hashes[(size_t)at] - hash) / each;
	return at < 0 ? 0 : at >= (double)s->n ? s->n - 1 : (size_t)at;
}

/* Around the guess in growing steps, then by halving. s->n > 0. */
static size_t
first_not_below(const struct suppressed *s, uint64_t hash)
{
	size_t lo = guess(s, hash), hi = lo, step = 8;

	while (lo > 0 && s->hashes[lo] >= hash) {
		lo = lo > step ? lo - step : 0;
		step *= 2;
	}
	for (step = 8; hi < s->n && s->hashes[hi] < hash; step *= 2)
		hi = s->n - hi > step ? hi + step : s->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->hashes[mid] < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct change *
changed(const struct suppressed *s, uint64_t hash)
{
	return s->changes.n == 0 ? NULL
				 : TABLE_OF(table_first(&s->changes, hash), struct change, by_hash);
}

/* One search: the scopes of an address lie behind each other. */
static bool
listed(const struct suppressed *s, const struct asked *a)
{
	uint64_t person = a->hash[0] & PERSON;

	for (size_t i = first_not_below(s, person); i < s->n && (s->hashes[i] & PERSON) == person;
	     i++)
		for (unsigned k = 0; k < a->n; k++)
			if (s->hashes[i] == a->hash[k] && changed(s, a->hash[k]) == NULL)
				return true;
	return false;
}

static struct asked
asked_of(const struct suppressed *s, struct span tenant, struct span campaign, struct span address)
{
	char name[NAME_MAX_BYTES];
	size_t n = address_canonical(name, address);
	uint64_t person = siphash(&s->key, span_of(name, n)) & PERSON;
	struct asked a = { .n = 0 };

	name[n++] = '\0';
	a.hash[a.n++] = person | (siphash(&s->key, span_of(name, n)) & ~PERSON);
	if (tenant.n == 0)
		return a;
	n += lower_into(name + n, tenant);
	a.hash[a.n++] = person | (siphash(&s->key, span_of(name, n)) & ~PERSON);
	if (campaign.n == 0)
		return a;
	name[n++] = '/';
	n += lower_into(name + n, campaign);
	a.hash[a.n++] = person | (siphash(&s->key, span_of(name, n)) & ~PERSON);
	return a;
}

bool
suppressed_maybe(
    const struct suppressed *s, struct span tenant, struct span campaign, struct span address)
{
	struct asked a;

	if ((s->n == 0 && s->changes.n == 0) || address.n > ADDRESS_MAX)
		return false;
	a = asked_of(s, span_first(tenant, 120), span_first(campaign, 130), address);
	for (unsigned k = 0; k < a.n; k++) {
		const struct change *c = changed(s, a.hash[k]);

		if (c != NULL && c->suppressed)
			return true;
	}
	return s->n > 0 && listed(s, &a);
}

uint64_t
suppressed_version(const struct suppressed *s)
{
	return s->version;
}
