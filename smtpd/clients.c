#include "clients.h"
#include "err.h"
#include "log.h"
#include "siphash.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* The sets of the lower half are for IPv4, those of the upper for IPv6: so an address of one family is never taken for one
 * of the other, and 64 bits name a client exactly. */
enum { WAYS = 8, SETS = 8192, SLOTS = SETS * WAYS, COLUMNS_MOST = 1024, RECLAIM_MS = 1000 };

/* Zeroed: free. A slot is taken by setting key; it may be taken from a client that has no connection. */
struct slot {
	_Atomic uint64_t key;
	_Atomic uint64_t window_ends_ms;
	_Atomic uint32_t window_count;
};

struct column {
	_Atomic uint16_t connections[SLOTS];
};

/* All of it is zero at first. */
struct shared {
	_Atomic uint64_t
	    seed[2]; /* of the hash that chooses the set: nobody can fill one on purpose */
	_Atomic uint32_t columns_n; /* columns that were ever taken */
	struct slot slots[SLOTS];
	struct column columns[];
};

struct clients {
	struct shared *shared;
	size_t bytes;
	int fd; /* -1: alone */
	unsigned columns, own;
	struct siphash_key hash;
	uint64_t reclaimed_ms;
};

size_t
clients_bytes(unsigned workers)
{
	return sizeof(struct shared) + workers * sizeof(struct column);
}

/* ---- columns ---- */

/* The lock of a column is that of one byte. It belongs to this process and ends with it. -1: another's. */
static int
column_lock(const struct clients *c, unsigned column, short type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = column, .l_len = 1 };

	return fcntl(c->fd, F_SETLK, &l);
}

static void
column_clear(struct column *col)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (atomic_load_explicit(&col->connections[i], memory_order_relaxed) != 0)
			atomic_store_explicit(&col->connections[i], 0, memory_order_relaxed);
}

static unsigned
columns_used(const struct clients *c)
{
	unsigned n = atomic_load(&c->shared->columns_n);

	return n < c->columns ? n : c->columns;
}

/* Gives back what dead workers had counted. */
static void
reclaim(struct clients *c)
{
	for (unsigned i = 0, n = c->fd == -1 ? 0 : columns_used(c); i < n; i++) {
		if (i == c->own || column_lock(c, i, F_WRLCK) == -1)
			continue;
		column_clear(&c->shared->columns[i]);
		(void)column_lock(c, i, F_UNLCK);
	}
}

/* -1: all of them are taken. */
static int
column_take(struct clients *c)
{
	uint32_t used = atomic_load(&c->shared->columns_n);

	for (c->own = 0; c->own < c->columns; c->own++)
		if (column_lock(c, c->own, F_WRLCK) == 0)
			break;
	if (c->own == c->columns)
		return -1;
	column_clear(&c->shared->columns[c->own]);
	while (used <= c->own &&
	       !atomic_compare_exchange_weak(&c->shared->columns_n, &used, c->own + 1))
		;
	return 0;
}

/* ---- beginning ---- */

static void
map(struct clients *c, int fd, unsigned columns)
{
	int flags = fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

	c->fd = fd;
	c->columns = columns;
	c->bytes = clients_bytes(columns);
	c->shared = mmap(NULL, c->bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (c->shared == MAP_FAILED)
		fatal("cannot map %zu bytes for the clients", c->bytes);
}

/* How many columns the memory has; 0: it is not to be used. Memory that can shrink under us is a SIGBUS to come. */
static unsigned
columns_of(int fd)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	size_t columns;

	if (seals == -1 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &st) == -1 ||
	    (size_t)st.st_size < clients_bytes(1))
		return 0;
	columns = ((size_t)st.st_size - clients_bytes(0)) / sizeof(struct column);
	return columns < COLUMNS_MOST ? (unsigned)columns : COLUMNS_MOST;
}

/* The first worker draws the seed; half of it may be another's who draws at the same time. */
static void
seed(struct clients *c)
{
	uint64_t drawn[2], none[2] = { 0, 0 };

	if (getrandom(drawn, sizeof(drawn), 0) != sizeof(drawn))
		fatal("getrandom");
	for (unsigned i = 0; i < 2; i++)
		(void)atomic_compare_exchange_strong(&c->shared->seed[i], &none[i], drawn[i]);
	c->hash.k0 = atomic_load(&c->shared->seed[0]);
	c->hash.k1 = atomic_load(&c->shared->seed[1]);
}

struct clients *
clients_new(int fd)
{
	struct clients *c = calloc(1, sizeof(*c));
	unsigned columns = fd == -1 ? 0 : columns_of(fd);

	if (c == NULL)
		fatal("out of memory for the clients");
	c->fd = -1;
	if (columns > 0) {
		map(c, fd, columns);
		if (column_take(c) == -1) {
			munmap(c->shared, c->bytes);
			c->shared = NULL;
		}
	}
	if (c->shared == NULL) {
		if (fd != -1)
			log_warn("clients",
			    "why=\"the shared memory %s; this worker counts alone\"",
			    columns == 0 ? "is too small or not sealed" : "has no column left");
		c->own = 0;
		map(c, -1, 1);
	}
	seed(c);
	reclaim(c);
	return c;
}

void
clients_free(struct clients *c)
{
	column_clear(&c->shared->columns[c->own]);
	munmap(c->shared, c->bytes);
	if (c->fd != -1)
		close(c->fd);
	free(c);
}

/* ---- counting ---- */

/* 0: not counted. Nobody connects from ff00::/64, a multicast network: it stands for the network whose bits are all zero,
 * that of ::1. */
static uint64_t
key_of(const struct ip *client)
{
	uint64_t key = 0;

	memcpy(&key, client->bytes, client->family == AF_INET ? 4 : sizeof(key));
	if (client->family == AF_INET6 && key == 0)
		memcpy(&key, "\xff\0\0\0\0\0\0\0", sizeof(key));
	return client->family == AF_INET || client->family == AF_INET6 ? key : 0;
}

static _Atomic uint16_t *
own(const struct clients *c, unsigned slot)
{
	return &c->shared->columns[c->own].connections[slot];
}

static unsigned
total(const struct clients *c, unsigned slot)
{
	unsigned sum = 0;

	for (unsigned i = 0, n = c->fd == -1 ? 1 : columns_used(c); i < n; i++)
		sum += atomic_load(&c->shared->columns[i].connections[slot]);
	return sum;
}

/* Whose turn in the window is over soonest gives way, if it has no connection. */
static int
victim(const struct clients *c, unsigned first)
{
	int at = -1;

	for (unsigned i = first; i < first + WAYS; i++) {
		const struct slot *s = &c->shared->slots[i];

		if (total(c, i) == 0 &&
		    (at == -1 || s->window_ends_ms < c->shared->slots[at].window_ends_ms))
			at = (int)i;
	}
	return at;
}

/* A connection that is counted between the two looks gives the slot back to its client. */
static bool
claim(struct clients *c, unsigned slot, uint64_t key)
{
	struct slot *s = &c->shared->slots[slot];
	uint64_t was = atomic_load(&s->key), ours = key;

	if (was == key)
		return true;
	if (!atomic_compare_exchange_strong(&s->key, &was, key))
		return was == key;
	if (total(c, slot) > 0) {
		(void)atomic_compare_exchange_strong(&s->key, &ours, was);
		return false;
	}
	atomic_store(&s->window_ends_ms, 0);
	return true;
}

/* The client's slot; -1: each of its set has connections of others, and the client goes uncounted. */
static int
slot_of(struct clients *c, const struct ip *client, uint64_t key)
{
	uint64_t set = siphash(&c->hash, span_of(&key, sizeof(key))) % (SETS / 2);
	unsigned first = (unsigned)(client->family == AF_INET ? set : set + SETS / 2) * WAYS;
	int at;

	for (unsigned i = first; i < first + WAYS; i++)
		if (atomic_load(&c->shared->slots[i].key) == key)
			return (int)i;
	at = victim(c, first);
	return at >= 0 && claim(c, (unsigned)at, key) ? at : -1;
}

/* A window of fixed length that begins with its first connection. One that ends later than it can was not written by us. */
static bool
too_often(struct slot *s, struct conf_rate rate, uint64_t now_ms)
{
	uint64_t length_ms = rate.per_s * 1000, ends_ms = atomic_load(&s->window_ends_ms);

	if (rate.count == 0)
		return false;
	if (ends_ms <= now_ms || ends_ms - now_ms > length_ms) {
		atomic_store(&s->window_ends_ms, now_ms + length_ms);
		atomic_store(&s->window_count, 0);
	}
	return atomic_fetch_add(&s->window_count, 1) >= rate.count;
}

/* Counts are looked at twice before somebody is refused: they may be those of the dead. */
static bool
too_many(struct clients *c, unsigned slot, unsigned max, uint64_t now_ms)
{
	if (total(c, slot) < max)
		return false;
	if (c->reclaimed_ms != 0 && now_ms < c->reclaimed_ms + RECLAIM_MS)
		return true;
	c->reclaimed_ms = now_ms;
	reclaim(c);
	return total(c, slot) >= max;
}

enum client_verdict
clients_came(struct clients *c, const struct ip *client, unsigned max, struct conf_rate rate,
    uint64_t now_ms, int *slot)
{
	uint64_t key = key_of(client);
	int at = key == 0 ? -1 : slot_of(c, client, key);

	*slot = -1;
	if (at == -1)
		return CLIENT_WELCOME;
	if (too_often(&c->shared->slots[at], rate, now_ms))
		return CLIENT_TOO_OFTEN;
	if (too_many(c, (unsigned)at, max, now_ms))
		return CLIENT_TOO_MANY;
	atomic_fetch_add(own(c, (unsigned)at), 1);
	if (atomic_load(&c->shared->slots[at].key) == key)
		*slot = at;
	else /* another worker has just given it to another client */
		atomic_fetch_sub(own(c, (unsigned)at), 1);
	return CLIENT_WELCOME;
}

void
clients_left(struct clients *c, int slot)
{
	if (slot >= 0 && atomic_load(own(c, (unsigned)slot)) > 0)
		atomic_fetch_sub(own(c, (unsigned)slot), 1);
}
