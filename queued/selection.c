#include "selection.h"
#include "err.h"
#include "lane.h"
#include "loop.h"
#include "message.h"
#include "queued.h"
#include "storage.h"
#include "store.h"

#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

enum {
	SLICE_MS = 5,     /* of a turn; a clock is looked at after each of ... */
	LOOK_AFTER = 32,  /* ... so many messages */
	IDS_AT_ONCE = 64, /* of those on disk */
};

struct selection {
	struct queued *q;
	struct control_call *call;
	struct span to, from, tenant, site, state, campaign;
	struct id lo, hi;
	bool by_id, empty;
	/* the walk */
	unsigned most, found;
	selection_each *each;
	selection_done *done;
	void *ctx;
	struct due next;
	struct id *ids; /* of the messages that were in memory when it began */
	size_t ids_n, at;
	bool on_disk;   /* those are done */
	struct id disk; /* where those on disk go on */
};

/* ---- what is meant ---- */

struct selection *
selection_new(struct queued *q, struct control_call *c)
{
	struct selection *s = calloc(1, sizeof(*s));
	struct span id = control_arg(c, "id");

	if (s == NULL)
		fatal("out of memory for a selection");
	*s = (struct selection){ .q = q,
		.call = c,
		.to = control_arg(c, "to"),
		.from = control_arg(c, "from"),
		.tenant = control_arg(c, "tenant"),
		.site = control_arg(c, "site"),
		.state = control_arg(c, "state"),
		.campaign = control_arg(c, "campaign"),
		.hi = { { 0xff } },
		.by_id = id.n > 0 };
	s->empty =
	    s->to.n + s->from.n + s->tenant.n + s->site.n + s->state.n + s->campaign.n + id.n == 0;
	if (!s->by_id)
		for (unsigned i = 0; i < ID_BYTES; i++)
			s->hi.b[i] = 0xff;
	else if (id_prefix(id, &s->lo, &s->hi) == -1) {
		control_error(
		    c, EX_USAGE, "\"%.*s\" is no message id and no beginning of one", SPAN(id));
		free(s);
		return NULL;
	}
	return s;
}

bool
selection_is_empty(const struct selection *s)
{
	return s->empty;
}

bool
selection_is_by_id(const struct selection *s)
{
	return s->by_id;
}

void
selection_free(struct selection *s)
{
	free(s->ids);
	free(s);
}

static bool
fits_glob(struct span glob, struct span value)
{
	return glob.n == 0 || span_glob(glob, value);
}

static bool
in_range(const struct selection *s, struct id id)
{
	return id_cmp(id, s->lo) >= 0 && id_cmp(id, s->hi) <= 0;
}

bool
selection_has(const struct selection *s, struct id id)
{
	return in_range(s, id);
}

bool
selection_needs_envelope(const struct selection *s)
{
	return s->to.n + s->from.n + s->tenant.n + s->site.n + s->campaign.n > 0;
}

static bool
fits_message(const struct selection *s, const struct message *m)
{
	const struct envelope *e = m->envelope;

	return fits_glob(s->tenant, e->tenant) && fits_glob(s->from, e->from) &&
	       fits_glob(s->campaign, e->campaign);
}

static bool
fits(const struct selection *s, const struct delivery *d)
{
	if (d->state == DELIVERY_ENDED)
		return false;
	return fits_glob(s->to, delivery_address(d)) &&
	       fits_glob(s->site, d->lane != NULL ? d->lane->site->name : delivery_domain(d)) &&
	       (s->state.n == 0 || span_is_nocase(s->state, delivery_state_name(d->state)));
}

/* ---- the walk ---- */

/* A delivery may end in its call, and with the last the message: it is looked up anew for each. */
static void
look_at(struct selection *s, struct id id)
{
	struct message *m = message_find(&s->q->messages, id);

	if (m == NULL || !fits_message(s, m))
		return;
	for (uint32_t i = 0; m != NULL && i < m->envelope->rcpts_n && s->found < s->most; i++) {
		if (!fits(s, &m->deliveries[i]))
			continue;
		s->found++;
		s->each(s->q, s->call, &m->deliveries[i], s->ctx);
		m = message_find(&s->q->messages, id);
	}
}

/* False: all of those that were in memory have been looked at. */
static bool
look_in_memory(struct selection *s)
{
	if (s->at == s->ids_n)
		return false;
	look_at(s, s->ids[s->at++]);
	return true;
}

static struct id
id_after(struct id id)
{
	for (unsigned i = ID_BYTES; i-- > 0 && ++id.b[i] == 0;)
		;
	return id;
}

/* Some of those on disk; false: there are no more. */
static bool
look_on_disk(struct selection *s)
{
	struct id ids[IDS_AT_ONCE];
	unsigned n = store_waiting(s->q->store, s->disk, ids, IDS_AT_ONCE);

	for (unsigned i = 0; i < n && s->found < s->most; i++) {
		struct id id = ids[i];
		struct message *m;

		s->disk = id_after(id);
		if (id_cmp(id, s->hi) > 0)
			return false;
		if (!in_range(s, id) || message_find(&s->q->messages, id) != NULL)
			continue;
		m = storage_bring(s->q, id);
		if (m == NULL)
			continue;
		look_at(s, id);
		storage_leave(s->q, id);
	}
	return n > 0 && s->found < s->most;
}

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* True: there is more. */
static bool
slice(struct selection *s)
{
	uint64_t end = clock_ms() + SLICE_MS;

	for (;;) {
		for (unsigned i = 0; i < LOOK_AFTER && !s->on_disk; i++)
			if (s->found >= s->most || !look_in_memory(s))
				s->on_disk = true;
		if (s->found >= s->most || (s->on_disk && !look_on_disk(s)))
			return false;
		if (clock_ms() >= end)
			return true;
	}
}

static void
go_on(struct selection *s)
{
	if (slice(s)) {
		schedule_set(&s->q->schedule, &s->next, loop_now_ms() + 1);
		return;
	}
	s->done(s->q, s->call, s->found, s->ctx);
	selection_free(s);
}

static void
on_next(void *ctx, struct due *due)
{
	(void)due;
	go_on(ctx);
}

static void
note_memory(struct selection *s)
{
	const struct table *t = &s->q->messages.by_id;

	s->ids = reallocarray(NULL, t->n + 1, sizeof(*s->ids));
	if (s->ids == NULL)
		fatal("out of memory for a selection");
	for (struct table_node *n = table_each(t, NULL); n != NULL; n = table_each(t, n)) {
		const struct message *m = TABLE_OF(n, struct message, by_id);

		if (in_range(s, m->envelope->id))
			s->ids[s->ids_n++] = m->envelope->id;
	}
}

void
selection_walk(
    struct selection *s, unsigned most, selection_each *each, selection_done *done, void *ctx)
{
	s->most = most;
	s->each = each;
	s->done = done;
	s->ctx = ctx;
	s->next = (struct due){ .fire = on_next, .ctx = s };
	s->disk = s->lo;
	if (s->by_id && id_eq(s->lo, s->hi))
		storage_bring(s->q, s->lo); /* it may have no record yet */
	note_memory(s);
	go_on(s);
}
