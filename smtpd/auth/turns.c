#include "turns.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

struct turns {
	struct guesses *guesses;
	struct asks waiting, checked; /* in the order they came */
	unsigned waiting_n, checked_n, threads;
	uint64_t turn;
};

struct turns *
turns_new(struct guesses *g, unsigned threads)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory for the logins");
	t->guesses = g;
	t->threads = threads;
	TAILQ_INIT(&t->waiting);
	TAILQ_INIT(&t->checked);
	return t;
}

void
turns_free(struct turns *t)
{
	free(t);
}

static void
leaves(struct turns *t, struct ask *a)
{
	TAILQ_REMOVE(&t->waiting, a, link);
	t->waiting_n--;
}

/* ---- places ---- */

/* How many wait whose key falls into the same bucket. Two that share one are taken for one crowd: that may send a stranger's
 * login away early, and no more. */
enum { BUCKETS = 4096 };

struct crowds {
	uint16_t of[BUCKETS];
};

typedef uint64_t crowd_fn(const struct ask *);

static uint64_t
by_pair(const struct ask *a)
{
	return a->keys.pair;
}

static uint64_t
by_network(const struct ask *a)
{
	return a->keys.network;
}

/* Of those that wait (of that client; 0: of all), the last of the largest crowd among those of the worst standing. At most
 * 1024 are looked at, and only where places are short. */
static struct ask *
who_goes(const struct turns *t, uint64_t client, crowd_fn *crowd, uint64_t now_ms)
{
	struct crowds n = { { 0 } };
	struct ask *a, *worst = NULL;
	unsigned worst_n = 0;
	enum standing worst_s = 0;

	TAILQ_FOREACH (a, &t->waiting, link)
		n.of[crowd(a) % BUCKETS]++;
	TAILQ_FOREACH (a, &t->waiting, link) {
		enum standing s = guesses_standing(t->guesses, &a->keys, now_ms);
		unsigned many = n.of[crowd(a) % BUCKETS];

		if (client != 0 && a->keys.client != client)
			continue;
		if (worst == NULL || s > worst_s || (s == worst_s && many >= worst_n)) {
			worst = a;
			worst_s = s;
			worst_n = many;
		}
	}
	return worst;
}

static unsigned
of_client(const struct turns *t, uint64_t client)
{
	const struct ask *a;
	unsigned n = 0;

	TAILQ_FOREACH (a, &t->waiting, link)
		n += a->keys.client == client;
	return n;
}

struct ask *
turns_add(struct turns *t, struct ask *a, uint64_t now_ms)
{
	struct ask *goes = NULL;

	TAILQ_INSERT_TAIL(&t->waiting, a, link);
	t->waiting_n++;
	if (of_client(t, a->keys.client) > TURNS_CLIENT_PLACES)
		goes = who_goes(t, a->keys.client, by_pair, now_ms);
	else if (t->waiting_n > TURNS_PLACES)
		goes = who_goes(t, 0, by_network, now_ms);
	if (goes != NULL)
		leaves(t, goes);
	return goes;
}

/* ---- turns ---- */

static bool
is_suspect(enum standing s)
{
	return s > STANDING_CLEAN;
}

static unsigned
suspects(const struct turns *t)
{
	const struct ask *a;
	unsigned n = 0;

	TAILQ_FOREACH (a, &t->checked, link)
		n += is_suspect(a->standing);
	return n;
}

/* Who fails is tried one at a time: how long the next has to wait is known when the last is over. */
static bool
is_checked(const struct turns *t, uint64_t client)
{
	const struct ask *a;

	TAILQ_FOREACH (a, &t->checked, link)
		if (a->keys.client == client)
			return true;
	return false;
}

static bool
goes_before(const struct turns *t, const struct ask *a, const struct ask *b)
{
	if (b == NULL || a->standing != b->standing)
		return b == NULL || a->standing < b->standing;
	return guesses_cmp(t->guesses, &a->keys, &b->keys) < 0;
}

/* A look at all that wait for each check: 1024 at most, and a check takes a thousand times as long. */
static struct ask *
first(struct turns *t, uint64_t now_ms, uint64_t *again_ms)
{
	bool full = suspects(t) >= (t->threads + 1) / 2;
	struct ask *a, *best = NULL;

	TAILQ_FOREACH (a, &t->waiting, link) {
		uint64_t open = guesses_open_ms(t->guesses, &a->keys, now_ms);

		a->standing = guesses_standing(t->guesses, &a->keys, now_ms);
		if (is_suspect(a->standing) &&
		    (full || (a->standing >= STANDING_GUESSER && is_checked(t, a->keys.client))))
			continue;
		if (open > now_ms) {
			if (*again_ms == 0 || open < *again_ms)
				*again_ms = open;
		} else if (goes_before(t, a, best))
			best = a;
	}
	return best;
}

struct ask *
turns_next(struct turns *t, uint64_t now_ms, uint64_t *again_ms)
{
	struct ask *a;

	*again_ms = 0;
	if (t->checked_n == t->threads)
		return NULL;
	a = first(t, now_ms, again_ms);
	if (a == NULL)
		return NULL;
	leaves(t, a);
	TAILQ_INSERT_TAIL(&t->checked, a, link);
	t->checked_n++;
	guesses_served(t->guesses, &a->keys, ++t->turn);
	return a;
}

void
turns_over(struct turns *t, struct ask *a)
{
	TAILQ_REMOVE(&t->checked, a, link);
	t->checked_n--;
}

static void
forget(struct asks *list, const void *worker)
{
	struct ask *a;

	TAILQ_FOREACH (a, list, link)
		if (a->worker == worker)
			a->worker = NULL;
}

void
turns_forget(struct turns *t, const void *worker)
{
	forget(&t->waiting, worker);
	forget(&t->checked, worker);
}
