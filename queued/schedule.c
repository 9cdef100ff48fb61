#include "schedule.h"
#include "err.h"
#include "loop.h"

#include <stdlib.h>

enum { CAP_FIRST = 256, RUN_AT_ONCE = 4096 };

void
schedule_init(struct schedule *s)
{
	*s = (struct schedule){ .cap = CAP_FIRST };
	s->heap = calloc(s->cap, sizeof(*s->heap));
	if (s->heap == NULL)
		fatal("out of memory for the schedule");
}

void
schedule_free(struct schedule *s)
{
	timer_free(s->timer);
	free(s->heap);
	*s = (struct schedule){ 0 };
}

static void
place(struct schedule *s, size_t slot, struct due *d)
{
	s->heap[slot] = d;
	d->slot = slot;
}

static void
rise(struct schedule *s, size_t slot, struct due *d)
{
	while (slot > 1 && s->heap[slot / 2]->at_ms > d->at_ms) {
		place(s, slot, s->heap[slot / 2]);
		slot /= 2;
	}
	place(s, slot, d);
}

static void
sink(struct schedule *s, size_t slot, struct due *d)
{
	for (;;) {
		size_t child = slot * 2;

		if (child < s->n && s->heap[child + 1]->at_ms < s->heap[child]->at_ms)
			child++;
		if (child > s->n || s->heap[child]->at_ms >= d->at_ms)
			break;
		place(s, slot, s->heap[child]);
		slot = child;
	}
	place(s, slot, d);
}

/* The timer is moved only forward in urgency: firing a little early and finding nothing is cheaper than moving it
 * with every change. */
static void
timer_follow(struct schedule *s)
{
	uint64_t now = 0, first;

	if (s->timer == NULL || s->n == 0)
		return;
	first = s->heap[1]->at_ms;
	if (s->set_for_ms != 0 && s->set_for_ms <= first)
		return;
	now = loop_now_ms();
	s->set_for_ms = first > now ? first : now + 1;
	timer_set_ms(s->timer, s->set_for_ms - now);
}

void
schedule_set(struct schedule *s, struct due *d, uint64_t at_ms)
{
	schedule_clear(s, d);
	d->at_ms = at_ms;
	if (s->n + 2 > s->cap) {
		s->cap *= 2;
		s->heap = realloc(s->heap, s->cap * sizeof(*s->heap));
		if (s->heap == NULL)
			fatal("out of memory for a schedule of %zu", s->cap);
	}
	rise(s, ++s->n, d);
	timer_follow(s);
}

void
schedule_clear(struct schedule *s, struct due *d)
{
	size_t slot = d->slot;
	struct due *last;

	if (slot == 0)
		return;
	d->slot = 0;
	last = s->heap[s->n--];
	if (last == d)
		return;
	if (slot > 1 && s->heap[slot / 2]->at_ms > last->at_ms)
		rise(s, slot, last);
	else
		sink(s, slot, last);
}

void
schedule_run(struct schedule *s, uint64_t now_ms)
{
	for (unsigned i = 0; i < RUN_AT_ONCE && s->n > 0 && s->heap[1]->at_ms <= now_ms; i++) {
		struct due *d = s->heap[1];

		schedule_clear(s, d);
		d->fire(d->ctx, d);
	}
	timer_follow(s);
}

static void
on_timer(void *ctx)
{
	struct schedule *s = ctx;

	s->set_for_ms = 0;
	schedule_run(s, loop_now_ms());
}

void
schedule_use_loop(struct schedule *s)
{
	s->timer = timer_new(on_timer, s);
}
