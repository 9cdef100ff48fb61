#include "guesses.h"
#include "err.h"
#include "ip.h"
#include "siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	WAYS = 8,
	SETS = 8192,
	FORGIVEN_MS = 60 * 1000, /* one failure a minute */
	DELAY_FIRST_MS = 250,
	HOME_MS = 24 * 3600 * 1000, /* who sends daily stays at home */
	PAIR_TELLS =
	    3 /* failures of a pair that count for others: a wrong password in a program is no guessing */
};

/* Failures beyond free cost time, doubled for each, up to most. So one pair gets 4 tries a minute in the end. */
struct limit {
	unsigned free, most;
};

static const struct limit pair_limit = { 3, 10 }, client_limit = { 10, 17 },
			  network_limit = { 40, 45 }, login_limit = { 40, 45 };

/* What makes a standing: a person mistypes now and then, a network of hundreds has some who do. */
enum { HOME_LOST = 3, GUESSER = 5, NEAR = 15 };

struct record {
	uint64_t key;      /* 0: free */
	uint64_t clear_ms; /* when all failures are forgiven */
	uint64_t open_ms;
	uint64_t turn; /* its last */
};

struct home {
	uint64_t key, until_ms;
};

struct guesses {
	struct siphash_key hash;
	struct record records[SETS * WAYS];
	struct home homes[SETS * WAYS];
};

struct guesses *
guesses_new(void)
{
	struct guesses *g = calloc(1, sizeof(*g));

	if (g == NULL)
		fatal("out of memory for the guesses");
	if (getrandom(&g->hash, sizeof(g->hash), 0) != sizeof(g->hash))
		fatal("getrandom");
	return g;
}

void
guesses_free(struct guesses *g)
{
	free(g);
}

/* ---- keys ---- */

enum kind { KIND_CLIENT, KIND_NETWORK, KIND_LOGIN, KIND_PAIR, KIND_HOME };

static uint64_t
key_of(const struct guesses *g, enum kind kind, uint64_t a, uint64_t b)
{
	uint64_t name[3] = { kind, a, b };

	return siphash(&g->hash, span_of(name, sizeof(name))) | 1;
}

/* The first bytes of an address, its family in front. */
static uint64_t
of_address(const struct guesses *g, enum kind kind, const struct ip *ip, unsigned bytes)
{
	uint64_t first = 0;

	memcpy(&first, ip->bytes, bytes);
	return key_of(g, kind, (uint64_t)ip->family, first);
}

void
guesses_keys(const struct guesses *g, struct span login, struct span client, struct guess_keys *k)
{
	struct ip ip;
	bool four;

	k->login = key_of(g, KIND_LOGIN, siphash(&g->hash, login), 0);
	if (ip_read(client, &ip) == 0) {
		four = ip.family == AF_INET;
		k->client = of_address(g, KIND_CLIENT, &ip, four ? 4 : 8);
		k->network = of_address(g, KIND_NETWORK, &ip, four ? 3 : 6);
	} else
		k->client = k->network = key_of(g, KIND_CLIENT, siphash(&g->hash, client), 0);
	k->pair = key_of(g, KIND_PAIR, k->login, k->client);
	k->home = key_of(g, KIND_HOME, k->login, k->network);
}

/* ---- records ---- */

static const struct record nothing;

static unsigned
set_of(uint64_t key)
{
	return (unsigned)(key >> 1) % SETS * WAYS;
}

static const struct record *
record(const struct guesses *g, uint64_t key)
{
	for (unsigned i = set_of(key); i < set_of(key) + WAYS; i++)
		if (g->records[i].key == key)
			return &g->records[i];
	return &nothing;
}

/* Its own, or that of its set whose failures are forgiven first. */
static struct record *
record_take(struct guesses *g, uint64_t key)
{
	struct record *set = &g->records[set_of(key)], *least = set;

	for (unsigned i = 0; i < WAYS; i++) {
		struct record *r = &set[i];

		if (r->key == key)
			return r;
		if (r->clear_ms < least->clear_ms ||
		    (r->clear_ms == least->clear_ms && r->turn < least->turn))
			least = r;
	}
	*least = (struct record){ .key = key };
	return least;
}

static unsigned
failures(const struct guesses *g, uint64_t key, uint64_t now_ms)
{
	const struct record *r = record(g, key);

	return r->clear_ms <= now_ms
		   ? 0
		   : (unsigned)((r->clear_ms - now_ms + FORGIVEN_MS - 1) / FORGIVEN_MS);
}

static void
failed(struct guesses *g, uint64_t key, struct limit limit, uint64_t now_ms)
{
	struct record *r = record_take(g, key);
	unsigned n = failures(g, key, now_ms);

	if (n < limit.most)
		n++;
	r->clear_ms = now_ms + (uint64_t)n * FORGIVEN_MS;
	r->open_ms =
	    n <= limit.free ? 0 : now_ms + ((uint64_t)DELAY_FIRST_MS << (n - limit.free - 1));
}

/* ---- who waits ---- */

static bool
is_home(const struct guesses *g, uint64_t key, uint64_t now_ms)
{
	for (unsigned i = set_of(key); i < set_of(key) + WAYS; i++)
		if (g->homes[i].key == key)
			return now_ms < g->homes[i].until_ms;
	return false;
}

enum standing
guesses_standing(const struct guesses *g, const struct guess_keys *k, uint64_t now_ms)
{
	unsigned pair = failures(g, k->pair, now_ms);

	if (pair < HOME_LOST && is_home(g, k->home, now_ms))
		return STANDING_HOME;
	if (pair > 0)
		return STANDING_FAILED;
	if (failures(g, k->client, now_ms) >= GUESSER)
		return STANDING_GUESSER;
	if (failures(g, k->network, now_ms) >= NEAR || failures(g, k->login, now_ms) >= NEAR)
		return STANDING_NEAR;
	return STANDING_CLEAN;
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Who has not failed waits for nobody's failures but those of his own client. */
uint64_t
guesses_open_ms(const struct guesses *g, const struct guess_keys *k, uint64_t now_ms)
{
	enum standing s = guesses_standing(g, k, now_ms);
	uint64_t open = 0;

	if (s >= STANDING_GUESSER) {
		open = later(record(g, k->client)->open_ms, record(g, k->network)->open_ms);
		open = later(open, record(g, k->login)->open_ms);
	}
	if (s == STANDING_FAILED)
		open = later(open, record(g, k->pair)->open_ms);
	return open;
}

void
guesses_failed(struct guesses *g, const struct guess_keys *k, uint64_t now_ms)
{
	bool tells = failures(g, k->pair, now_ms) < PAIR_TELLS;

	failed(g, k->pair, pair_limit, now_ms);
	if (!tells)
		return;
	failed(g, k->client, client_limit, now_ms);
	failed(g, k->network, network_limit, now_ms);
	failed(g, k->login, login_limit, now_ms);
}

void
guesses_fitted(struct guesses *g, const struct guess_keys *k, uint64_t now_ms)
{
	struct home *set = &g->homes[set_of(k->home)], *least = set;
	struct record *pair = record_take(g, k->pair);

	pair->clear_ms = pair->open_ms = 0;
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == k->home) {
			least = &set[i];
			break;
		}
		if (set[i].until_ms < least->until_ms)
			least = &set[i];
	}
	*least = (struct home){ k->home, now_ms + HOME_MS };
}

void
guesses_served(struct guesses *g, const struct guess_keys *k, uint64_t turn)
{
	record_take(g, k->network)->turn = turn;
	record_take(g, k->client)->turn = turn;
	record_take(g, k->pair)->turn = turn;
}

static int
cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int
guesses_cmp(const struct guesses *g, const struct guess_keys *a, const struct guess_keys *b)
{
	int r = cmp(record(g, a->network)->turn, record(g, b->network)->turn);

	if (r == 0)
		r = cmp(record(g, a->client)->turn, record(g, b->client)->turn);
	return r != 0 ? r : cmp(record(g, a->pair)->turn, record(g, b->pair)->turn);
}
