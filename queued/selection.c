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
	SLICE_MS = 5,         /* of a turn; a clock is looked at after each of ... */
	LOOK_AFTER = 100,     /* ... so many recipients */
	RECORDS_AT_ONCE = 64, /* of those on disk */
	CHANGES_MOST = 4000,  /* under way to the disk, and of what memory holds ... */
	CHANGES_SHARE = 4,    /* ... a quarter: mail flows meanwhile */
	RECORDS_MOST = 20000, /* that were changed unread, under way: some megabytes */
	STALLED_MS = 100,
	TELL_MS = 1000,
};

struct selection {
	struct queued *q;
	struct control_call *call;
	struct span to, from, tenant, site, state, campaign;
	struct id lo, hi;
	bool is_id, empty;
	/* the walk */
	unsigned most, found;
	struct selection_use use;
	void *ctx;
	struct due next;
	uint64_t tell_ms; /* when to tell again */
	struct id *ids;   /* of the messages that were in memory when it began, in order */
	size_t ids_n, at;
	bool on_disk;   /* those are done */
	bool told_disk; /* and all that they left has its record */
	/* where those on disk go on */
	struct id disk;
	uint32_t disk_index;
	struct id whole; /* this message was looked at whole: its other records are passed */
	struct id read[RECORDS_AT_ONCE]; /* of these records: to be read back */
	unsigned read_n, read_at;
	bool no_more; /* records */
	/* since the disk had all that was done */
	unsigned changed, recorded;
	struct id staying[CHANGES_MOST + RECORDS_AT_ONCE]; /* brought, and not yet gone again */
	unsigned staying_n;
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
		.is_id = id.n > 0 };
	s->empty =
	    s->to.n + s->from.n + s->tenant.n + s->site.n + s->state.n + s->campaign.n + id.n == 0;
	if (!s->is_id)
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
	return s->is_id;
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

static bool
fits_record(const struct selection *s, const struct store_wait *w)
{
	enum delivery_state state = w->held     ? DELIVERY_HELD
				    : w->paused ? DELIVERY_PAUSED
						: DELIVERY_DEFERRED;

	return in_range(s, w->id) &&
	       (s->state.n == 0 || span_is_nocase(s->state, delivery_state_name(state)));
}

/* As far as its record tells; where it does not, its message is read. */
static bool
fits_envelope(const struct selection *s, const struct store_wait *w)
{
	struct span domain = w->to;

	while (span_find(domain, '@') >= 0)
		(void)span_cut(domain, '@', &domain);
	return fits_glob(s->tenant, w->tenant) && fits_glob(s->from, w->from) &&
	       fits_glob(s->campaign, w->campaign) && fits_glob(s->to, w->to) &&
	       fits_glob(s->site, domain);
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
		s->changed++;
		s->use.each(s->q, s->call, &m->deliveries[i], s->ctx);
		m = message_find(&s->q->messages, id);
	}
}

/* Wherever it is by now. What was read back for this goes again, at once or when the disk has what was done to it. Returns
 * how many recipients were looked at, at least 1. */
static unsigned
look_for(struct selection *s, struct id id)
{
	struct message *m = message_find(&s->q->messages, id);
	bool here = m != NULL;
	unsigned looked;

	if (!here)
		m = storage_look(s->q, id);
	if (m == NULL)
		return 1;
	looked = m->envelope->rcpts_n;
	look_at(s, id);
	if (!here && !storage_leave(s->q, id) && s->use.changes)
		s->staying[s->staying_n++] = id;
	return looked;
}

static int
by_id(const void *a, const void *b)
{
	const struct id *x = a, *y = b;

	return id_cmp(*x, *y);
}

static bool
was_in_memory(const struct selection *s, struct id id)
{
	return s->ids_n > 0 && bsearch(&id, s->ids, s->ids_n, sizeof(id), by_id) != NULL;
}

static void
on_record(void *ctx, const struct store_wait *w)
{
	struct selection *s = ctx;
	bool needs = selection_needs_envelope(s), here;

	if (id_eq(w->id, s->whole) || was_in_memory(s, w->id) || !fits_record(s, w) ||
	    s->found >= s->most)
		return;
	here = message_find(&s->q->messages, w->id) != NULL;
	if (!here && needs && w->has_envelope && !fits_envelope(s, w))
		return;
	if (!here && s->use.record != NULL && (!needs || w->has_envelope) &&
	    s->use.record(s->q, w, s->ctx)) {
		s->found++;
		s->recorded++;
		return;
	}
	s->whole = w->id;
	s->read[s->read_n++] = w->id;
}

/* Some of those on disk; false: there are no more. */
static bool
look_on_disk(struct selection *s)
{
	unsigned looked = 0;

	if (s->read_at == s->read_n && s->no_more)
		return false;
	if (s->read_at == s->read_n) {
		s->read_at = s->read_n = 0;
		s->no_more = !store_records(s->q->store, &s->disk, &s->disk_index, RECORDS_AT_ONCE,
				 on_record, s) ||
			     id_cmp(s->disk, s->hi) > 0;
	}
	while (s->read_at < s->read_n && looked < LOOK_AFTER)
		looked += look_for(s, s->read[s->read_at++]);
	return true;
}

static void
look_in_memory(struct selection *s)
{
	unsigned looked = 0;

	while (s->at < s->ids_n && looked < LOOK_AFTER)
		looked += look_for(s, s->ids[s->at++]);
	s->on_disk = s->at == s->ids_n;
}

/* ---- by slices ---- */

enum step { STEP_DONE, STEP_MORE, STEP_SETTLE, STEP_STALLED };

static uint64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* What left memory a moment ago has no record in the database before the disk has it. */
static bool
must_settle(const struct selection *s)
{
	size_t most = s->q->conf->memory_messages / CHANGES_SHARE;

	if (most > CHANGES_MOST)
		most = CHANGES_MOST;
	return s->use.changes && (s->changed >= most || s->recorded >= RECORDS_MOST ||
				     s->staying_n >= most || (s->on_disk && !s->told_disk));
}

/* All is done; what was read back for it leaves first. */
static enum step
end_of(const struct selection *s)
{
	return s->staying_n > 0 ? STEP_SETTLE : STEP_DONE;
}

static enum step
slice(struct selection *s)
{
	uint64_t end = clock_ms() + SLICE_MS;

	do {
		if (s->found >= s->most)
			return end_of(s);
		if (must_settle(s))
			return STEP_SETTLE;
		if (s->use.may != NULL && !s->use.may(s->q))
			return STEP_STALLED;
		if (!s->on_disk)
			look_in_memory(s);
		else if (!look_on_disk(s))
			return end_of(s);
	} while (clock_ms() < end);
	return STEP_MORE;
}

static void
tell(struct selection *s)
{
	if (!s->use.tells || loop_now_ms() < s->tell_ms)
		return;
	s->tell_ms = loop_now_ms() + TELL_MS;
	control_row(s->call);
	control_num(s->call, "so_far", s->found);
	control_row_end(s->call);
	control_flush(s->call);
}

static void go_on(struct selection *);

static void
let_go(struct selection *s)
{
	for (unsigned i = 0; i < s->staying_n; i++)
		(void)storage_leave(s->q, s->staying[i]);
	s->staying_n = 0;
}

static void
on_settled(void *ctx)
{
	struct selection *s = ctx;

	let_go(s);
	s->changed = s->recorded = 0;
	s->told_disk = s->on_disk;
	go_on(s);
}

static void
go_on(struct selection *s)
{
	enum step step = slice(s);

	tell(s);
	switch (step) {
	case STEP_MORE:
		schedule_set(&s->q->schedule, &s->next, loop_now_ms() + 1);
		break;
	case STEP_STALLED:
		schedule_set(&s->q->schedule, &s->next, loop_now_ms() + STALLED_MS);
		break;
	case STEP_SETTLE:
		store_settled(s->q->store, on_settled, s);
		break;
	case STEP_DONE:
		s->use.done(s->q, s->call, s->found, s->ctx);
		selection_free(s);
		break;
	}
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
	if (s->ids_n > 1)
		qsort(s->ids, s->ids_n, sizeof(*s->ids), by_id);
}

void
selection_walk(struct selection *s, unsigned most, const struct selection_use *use, void *ctx)
{
	s->most = most;
	s->use = *use;
	s->ctx = ctx;
	s->next = (struct due){ .fire = on_next, .ctx = s };
	s->tell_ms = loop_now_ms() + TELL_MS;
	s->disk = s->lo;
	if (s->is_id && id_eq(s->lo, s->hi))
		storage_bring(s->q, s->lo); /* it may have no record yet */
	note_memory(s);
	go_on(s);
}
