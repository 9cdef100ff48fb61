#include "tally.h"
#include "arena.h"
#include "tick.h"

#include <stdlib.h>

struct entry {
	struct span number, recipient;
	uint64_t hash;
	uint64_t first; /* tick.h */
	uint32_t count;
	bool changed;
};

struct tally {
	struct arena *arena;
	struct entry *entries; /* in order of arrival */
	size_t n, room;
	uint32_t *slots; /* index of the entry plus 1; open addressing */
	size_t slots_n;  /* a power of two */
	struct tally_sums sums;
};

static void *
must_calloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		fatal("out of memory");
	return p;
}

static uint32_t *
slot_of(const struct tally *t, uint64_t hash, struct span number, struct span recipient)
{
	for (size_t i = hash;; i++) {
		uint32_t *slot = &t->slots[i & (t->slots_n - 1)];
		const struct entry *e;

		if (*slot == 0)
			return slot;
		e = &t->entries[*slot - 1];
		if (e->hash == hash && span_eq(e->number, number) &&
		    span_eq(e->recipient, recipient))
			return slot;
	}
}

static void
grow(struct tally *t)
{
	t->room *= 2;
	t->entries = realloc(t->entries, t->room * sizeof(*t->entries));
	if (t->entries == NULL)
		fatal("out of memory");
	free(t->slots);
	t->slots_n = t->room * 2;
	t->slots = must_calloc(t->slots_n, sizeof(*t->slots));
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		*slot_of(t, e->hash, e->number, e->recipient) = (uint32_t)i + 1;
	}
}

struct tally *
tally_new(void)
{
	struct tally *t = must_calloc(1, sizeof(*t));

	t->arena = arena_new(0);
	t->room = 1024;
	grow(t);
	return t;
}

void
tally_free(struct tally *t)
{
	arena_free(t->arena);
	free(t->entries);
	free(t->slots);
	free(t);
}

static struct entry *
entry_for(struct tally *t, struct span number, struct span recipient)
{
	uint64_t hash = span_hash(number) * 31 + span_hash(recipient);
	uint32_t *slot;

	if (t->n == t->room)
		grow(t);
	slot = slot_of(t, hash, number, recipient);
	if (*slot == 0) {
		t->entries[t->n] = (struct entry){ .number = arena_span(t->arena, number),
			.recipient = arena_span(t->arena, recipient),
			.hash = hash,
			.first = tick_now() };
		*slot = (uint32_t)++t->n;
	}
	return &t->entries[*slot - 1];
}

void
tally_add(struct tally *t, struct span number, struct span recipient, bool unchanged)
{
	struct entry *e = entry_for(t, number.n > 0 ? number : SPAN_LIT("-"), recipient);

	t->sums.arrivals++;
	if (e->count++ > 0)
		t->sums.again++;
	if (!unchanged && !e->changed) {
		e->changed = true;
		t->sums.changed++;
	}
	t->sums.unique = t->n;
}

struct tally_sums
tally_sums(const struct tally *t)
{
	return t->sums;
}

int
tally_write(const struct tally *t, const char *path, struct err *err)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return err_sys(err, "%s", path);
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->entries[i];

		fprintf(f, "%.*s %.*s %u %s %.6f\n", SPAN(e->number), SPAN(e->recipient), e->count,
		    e->changed ? "changed" : "ok", tick_seconds(e->first));
	}
	return fclose(f) == 0 ? 0 : err_sys(err, "%s", path);
}
