#include "clients.h"
#include "err.h"
#include "log.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { SLOTS = 16384, WAYS = 8, COLUMNS = 32 };

/* Zeroed: free. A slot is taken by setting key; it is free again when nobody is connected and its window is over. */
struct slot {
	_Atomic uint64_t key;
	_Atomic uint64_t window_ends_ms;
	_Atomic uint32_t window_count;
	_Atomic uint16_t connections[COLUMNS];
};

struct clients {
	struct slot *slots;
	unsigned column;
};

size_t
clients_bytes(void)
{
	return sizeof(struct slot) * SLOTS;
}

static bool
large_enough(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (size_t)st.st_size >= clients_bytes();
}

struct clients *
clients_new(int fd, unsigned column)
{
	struct clients *c = calloc(1, sizeof(*c));
	int flags = fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

	if (fd != -1 && !large_enough(fd)) {
		log_warn("clients", "why=\"shared memory is too small, counting alone\"");
		fd = -1;
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
	}
	if (c == NULL)
		fatal("out of memory for the clients");
	c->slots = mmap(NULL, clients_bytes(), PROT_READ | PROT_WRITE, flags, fd, 0);
	if (c->slots == MAP_FAILED)
		fatal("cannot map %zu bytes for the clients", clients_bytes());
	c->column = column % COLUMNS;
	for (unsigned i = 0; i < SLOTS; i++)
		if (atomic_load(&c->slots[i].connections[c->column]) != 0)
			atomic_store(&c->slots[i].connections[c->column], 0);
	return c;
}

/* 0: not counted. */
static uint64_t
key_of(const struct sockaddr *sa)
{
	uint64_t key = 0;

	if (sa->sa_family == AF_INET)
		return (1ULL << 32) | ((const struct sockaddr_in *)sa)->sin_addr.s_addr;
	if (sa->sa_family != AF_INET6)
		return 0;
	memcpy(&key, &((const struct sockaddr_in6 *)sa)->sin6_addr, sizeof(key));
	return key == 0 ? 1 : key; /* ::1 and its like */
}

static unsigned
total(const struct slot *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < COLUMNS; i++)
		n += atomic_load_explicit(&s->connections[i], memory_order_relaxed);
	return n;
}

static bool
claim(struct slot *s, uint64_t key, uint64_t now_ms)
{
	uint64_t was = atomic_load(&s->key);

	if (was == key)
		return true;
	if (was != 0 && (atomic_load(&s->window_ends_ms) > now_ms || total(s) > 0))
		return false;
	if (!atomic_compare_exchange_strong(&s->key, &was, key))
		return was == key;
	atomic_store(&s->window_ends_ms, 0);
	return true;
}

/* The client's slot, or a free one of its set; -1: the set is full, and the client goes uncounted. */
static int
slot_of(struct clients *c, uint64_t key, uint64_t now_ms)
{
	unsigned first = (unsigned)((key * 0x9e3779b97f4a7c15u) >> 40) % (SLOTS / WAYS) * WAYS;

	for (unsigned i = first; i < first + WAYS; i++)
		if (atomic_load(&c->slots[i].key) == key)
			return (int)i;
	for (unsigned i = first; i < first + WAYS; i++)
		if (claim(&c->slots[i], key, now_ms))
			return (int)i;
	return -1;
}

/* A window of fixed length that begins with its first connection. */
static bool
too_often(struct slot *s, struct conf_rate rate, uint64_t now_ms)
{
	if (rate.count == 0)
		return false;
	if (atomic_load(&s->window_ends_ms) <= now_ms) {
		atomic_store(&s->window_ends_ms, now_ms + rate.per_s * 1000);
		atomic_store(&s->window_count, 0);
	}
	return atomic_fetch_add(&s->window_count, 1) >= rate.count;
}

enum client_verdict
clients_came(struct clients *c, const struct sockaddr *sa, unsigned max, struct conf_rate rate,
    uint64_t now_ms, int *slot)
{
	uint64_t key = key_of(sa);
	struct slot *s;

	*slot = key == 0 ? -1 : slot_of(c, key, now_ms);
	if (*slot == -1)
		return CLIENT_WELCOME;
	s = &c->slots[*slot];
	if (too_often(s, rate, now_ms)) {
		*slot = -1;
		return CLIENT_TOO_OFTEN;
	}
	if (total(s) >= max) {
		*slot = -1;
		return CLIENT_TOO_MANY;
	}
	atomic_fetch_add(&s->connections[c->column], 1);
	return CLIENT_WELCOME;
}

void
clients_left(struct clients *c, int slot)
{
	if (slot >= 0 && atomic_load(&c->slots[slot].connections[c->column]) > 0)
		atomic_fetch_sub(&c->slots[slot].connections[c->column], 1);
}
