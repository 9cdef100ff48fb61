#include "selection.h"
#include "err.h"
#include "final.h"
#include "lane.h"
#include "loop.h"
#include "message.h"
#include "queued.h"
#include "storage.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	struct span to, from, tenant, site, source, campaign, reply;
	int state; /* -1: any */
	struct id lo, hi;
	bool is_id, is_old, empty;
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

/* As 48 bits of an id: what was received since is not meant. */
static void
older_than(struct selection *s, uint64_t age_s)
{
	uint64_t now_s = loop_wall_ms() / 1000, before = age_s < now_s ? (now_s - age_s) * 1000 : 0;
	struct id last = s->hi;

	for (unsigned i = 0; i < 6; i++)
		last.b[i] = (uint8_t)(before >> (40 - 8 * i));
	if (id_cmp(last, s->hi) < 0)
		s->hi = last;
}

struct ids {
	struct id at[2]; /* different ones */
	unsigned n;
};

static void
id_note(struct ids *ids, struct id id)
{
	if (ids->n < 2 && (ids->n == 0 || !id_eq(ids->at[0], id)))
		ids->at[ids->n++] = id;
}

static void
record_note(void *ctx, const struct store_wait *w)
{
	id_note(ctx, w->id);
}

/* The messages that begin so, in memory and on disk; no more than two are looked for. */
static void
ids_find(const struct selection *s, struct ids *ids)
{
	const struct table *t = &s->q->messages.by_id;
	struct id from = s->lo;
	uint32_t index = 0;

	for (struct table_node *n = table_each(t, NULL); n != NULL && ids->n < 2;
	     n = table_each(t, n)) {
		const struct message *m = TABLE_OF(n, struct message, by_id);

		if (selection_has(s, m->envelope->id))
			id_note(ids, m->envelope->id);
	}
	for (unsigned i = 0; i < 2 && ids->n < 2 && id_cmp(from, s->hi) <= 0; i++) {
		struct ids one = { .n = 0 };

		if (!store_records(s->q->store, &from, &index, 1, record_note, &one) && one.n == 0)
			return;
		if (one.n == 0 || !selection_has(s, one.at[0]))
			return;
		id_note(ids, one.at[0]);
		from = one.at[0];
		index = UINT32_MAX; /* behind all of its recipients */
	}
}

/* The beginning of an id stands for one message. */
static bool
is_ambiguous(const struct selection *s, struct control_call *c)
{
	struct ids ids = { .n = 0 };

	if (!s->is_id || id_eq(s->lo, s->hi))
		return false;
	ids_find(s, &ids);
	if (ids.n == 2)
		control_error(c, EX_USAGE,
		    "several messages begin with \"%.*s\", as %s and %s: give more of the id",
		    SPAN(control_arg(c, "id")), id_text(ids.at[0]).c, id_text(ids.at[1]).c);
	return ids.n == 2;
}

/* -1: it was answered. */
static int
state_take(struct selection *s, struct control_call *c)
{
	struct span word = control_arg(c, "state");
	struct buf words;

	s->state = word.n == 0 ? -1 : delivery_state_of(word);
	if (word.n == 0 || (s->state != -1 && s->state != DELIVERY_ENDED))
		return 0;
	buf_init(&words, 1024);
	delivery_state_words(&words);
	control_error(c, EX_USAGE, "there is no state \"%.*s\"; a delivery is one of: %.*s",
	    SPAN(span_first(word, 60)), SPAN(buf_all(&words)));
	buf_free(&words);
	return -1;
}

/* -1: it was answered. */
static int
range_take(struct selection *s, struct control_call *c)
{
	struct span id = control_arg(c, "id");
	uint64_t older_s = control_arg_num(c, "older", 0);

	if (!s->is_id)
		memset(s->hi.b, 0xff, sizeof(s->hi.b));
	else if (id_prefix(id, &s->lo, &s->hi) == -1) {
		control_error(c, EX_USAGE,
		    "\"%.*s\" is not a message id, and not the beginning of one",
		    SPAN(span_first(id, 60)));
		return -1;
	}
	if (older_s > 0)
		older_than(s, older_s);
	s->is_old = older_s > 0;
	return is_ambiguous(s, c) ? -1 : 0;
}

struct selection *
selection_new(struct queued *q, struct control_call *c)
{
	struct selection *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a selection");
	*s = (struct selection){ .q = q,
		.call = c,
		.to = control_arg(c, "to"),
		.from = control_arg(c, "from"),
		.tenant = control_arg(c, "tenant"),
		.site = control_arg(c, "site"),
		.source = control_arg(c, "source"),
		.campaign = control_arg(c, "campaign"),
		.reply = control_arg(c, "reply"),
		.is_id = control_arg(c, "id").n > 0 };
	if (state_take(s, c) == -1 || range_take(s, c) == -1) {
		free(s);
		return NULL;
	}
	s->empty = !s->is_id && !s->is_old && s->state == -1 && s->reply.n == 0 &&
		   !selection_needs_envelope(s);
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
	return s->to.n + s->from.n + s->tenant.n + s->site.n + s->source.n + s->campaign.n > 0;
}

int
selection_state(const struct selection *s)
{
	return s->state;
}

static bool
fits_message(const struct selection *s, const struct envelope *e)
{
	return fits_glob(s->tenant, e->tenant) && fits_glob(s->from, e->from) &&
	       fits_glob(s->campaign, e->campaign);
}

static bool
fits_site(const struct selection *s, const struct delivery *d)
{
	if (d->lane == NULL)
		return fits_glob(s->site, delivery_domain(d)) && s->source.n == 0;
	return fits_glob(s->source, d->lane->source->name) && site_fits(d->lane->site, s->site);
}

/* A piece of "421 4.7.0 try later" is enough. */
static bool
fits_reply(const struct selection *s, unsigned code, struct span status, struct span text)
{
	char said[1200], want[300];

	if (s->reply.n == 0)
		return true;
	if (code == 0 && text.n == 0)
		return false;
	snprintf(said, sizeof(said), "%u %.*s%s%.*s", code, SPAN(span_first(status, 20)),
	    status.n > 0 ? " " : "", SPAN(span_first(text, 1000)));
	snprintf(want, sizeof(want), "*%.*s*", SPAN(span_first(s->reply, sizeof(want) - 3)));
	return span_glob(span_str(want), span_str(said));
}

static bool
fits_last(const struct selection *s, const struct attempt *a)
{
	if (a == NULL)
		return s->reply.n == 0;
	return fits_reply(s, a->code, a->enhanced, a->text);
}

static bool
fits_state(const struct selection *s, const struct delivery *d)
{
	if (s->use.dropped)
		return d->state == DELIVERY_ENDED && d->final == FINAL_DROPPED;
	return d->state != DELIVERY_ENDED && (s->state == -1 || s->state == (int)delivery_shown(d));
}

static bool
fits(const struct selection *s, const struct delivery *d)
{
	return fits_state(s, d) && fits_glob(s->to, delivery_address(d)) && fits_site(s, d) &&
	       fits_last(s, d->last);
}

/* Whose record it is may be dropped beside one that waits: its message is read. */
static bool
fits_record(const struct selection *s, const struct store_wait *w)
{
	enum delivery_state state = w->held     ? DELIVERY_HELD
				    : w->paused ? DELIVERY_PAUSED
						: DELIVERY_DEFERRED;

	if (!in_range(s, w->id))
		return false;
	return s->use.dropped || ((s->state == -1 || s->state == (int)state) &&
				     fits_reply(s, w->code, w->status, w->text));
}

bool
selection_takes(const struct selection *s, const struct envelope *e, uint32_t index)
{
	struct span address = e->rcpts[index].address, domain = address;

	while (span_find(domain, '@') >= 0)
		(void)span_cut(domain, '@', &domain);
	return in_range(s, e->id) && fits_message(s, e) && fits_glob(s->to, address) &&
	       fits_glob(s->site, domain) && s->source.n + s->reply.n == 0;
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

	if (m == NULL || !fits_message(s, m->envelope))
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
