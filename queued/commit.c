#include "commit.h"
#include "err.h"

#include <stdlib.h>
#include <string.h>

enum { OWED_FIRST = 256, KEEP_BYTES = 4 * 1024 * 1024 };

void
commit_init(struct commit *c, size_t max_bytes)
{
	*c = (struct commit){ .under_way = false };
	buf_init(&c->gathering.records, max_bytes);
	buf_init(&c->writing.records, max_bytes);
}

void
commit_free(struct commit *c)
{
	buf_free(&c->gathering.records);
	buf_free(&c->writing.records);
	free(c->gathering.owed);
	free(c->writing.owed);
}

static struct owed *
owed_new(struct batch *b)
{
	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? OWED_FIRST : b->cap * 2;
		b->owed = reallocarray(b->owed, b->cap, sizeof(*b->owed));
		if (b->owed == NULL)
			fatal("out of memory for a journal group");
	}
	return &b->owed[b->n++];
}

struct owed *
commit_owe(struct commit *c, enum journal_type type, struct id id, size_t begin)
{
	struct owed *o = owed_new(&c->gathering);

	*o = (struct owed){
		.type = type, .id = id, .at = begin, .n = c->gathering.records.n - begin
	};
	return o;
}

struct span
owed_head(const struct batch *b, const struct owed *o)
{
	return span_of(b->records.p + o->at + JOURNAL_HEADER, o->head_n);
}

static void
batch_add(struct batch *to, const struct batch *from, const struct owed *o)
{
	struct owed *moved = owed_new(to);

	*moved = *o;
	moved->at = to->records.n;
	buf_add(&to->records, from->records.p + o->at, o->n);
	must(!buf_over(&to->records));
}

/* The common case, all of it into a fresh buffer, changes hands without a copy. */
static void
swap_whole(struct commit *c)
{
	struct batch empty = c->writing;

	c->writing = c->gathering;
	c->gathering = empty;
}

static void
move_prefix(struct commit *c, size_t n)
{
	struct batch *g = &c->gathering;
	size_t bytes = n < g->n ? g->owed[n].at : g->records.n;

	for (size_t i = 0; i < n; i++)
		batch_add(&c->writing, g, &g->owed[i]);
	buf_drop(&g->records, bytes);
	memmove(g->owed, g->owed + n, (g->n - n) * sizeof(*g->owed));
	g->n -= n;
	for (size_t i = 0; i < g->n; i++)
		g->owed[i].at -= bytes;
}

bool
commit_cut(struct commit *c, size_t room)
{
	const struct batch *g = &c->gathering;
	size_t used = c->writing.records.n, n = 0;

	must(!c->under_way);
	while (n < g->n && used + g->owed[n].at + g->owed[n].n <= room)
		n++;
	if (n == 0)
		return false;
	if (n == g->n && used == 0)
		swap_whole(c);
	else
		move_prefix(c, n);
	c->under_way = true;
	return true;
}

static void
batch_clear(struct batch *b)
{
	b->n = 0;
	if (b->records.cap > KEEP_BYTES)
		buf_free(&b->records);
	buf_reset(&b->records);
}

void
commit_settled(struct commit *c)
{
	c->under_way = false;
	batch_clear(&c->writing);
}

void
commit_again(struct commit *c)
{
	struct commit next;

	commit_init(&next, c->gathering.records.max);
	for (size_t i = 0; i < c->writing.n; i++)
		if (c->writing.owed[i].type == JOURNAL_END ||
		    c->writing.owed[i].type == JOURNAL_MOVE)
			batch_add(&next.gathering, &c->writing, &c->writing.owed[i]);
	for (size_t i = 0; i < c->gathering.n; i++)
		batch_add(&next.gathering, &c->gathering, &c->gathering.owed[i]);
	commit_free(c);
	*c = next;
}
