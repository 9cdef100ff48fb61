#include "storage.h"
#include "aside.h"
#include "course.h"
#include "doing.h"
#include "err.h"
#include "event.h"
#include "events.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "lost.h"
#include "message.h"
#include "peer_smtpd.h"
#include "queued.h"
#include "role.h"
#include "sandbox.h"
#include "settle.h"
#include "store.h"
#include "tenants.h"

#include <string.h>
#include <sysexits.h>

enum {
	TICK_MS = 1000,
	AHEAD_MS = 2000,      /* read back so long before it is due */
	LEAVE_MS = 60 * 1000, /* what is due later than this may leave memory */
	BRING_AT_ONCE = 200,  /* some 10 ms of reading ... */
	BRING_PAUSE_MS =
	    10, /* ... and as long for all else: a lane that drains fast is not left empty */
	RESERVE_BYTES = 64 << 20,
	BOUNCD_COMES_MS = 2000, /* after a start: who judges replies */
};

/* One store a process. */
static struct {
	struct due tick, bring;
	uint16_t pressure;
	bool looks;          /* what is found is to be looked at */
	uint64_t started_ms; /* since 1970 */
	struct message *last_found;
	struct id due[BRING_AT_ONCE];
	unsigned due_n;
} storage;

bool
storage_is_full(const struct queued *q)
{
	return q->messages.by_id.n >= q->conf->memory_messages;
}

bool
storage_is_crowded(const struct queued *q)
{
	return q->messages.by_id.n >= q->conf->memory_messages / 2;
}

bool
storage_is_overfull(const struct queued *q)
{
	return q->messages.by_id.n / 4 >= q->conf->memory_messages;
}

bool
storage_may_send(const struct queued *q)
{
	return !events_stuck(q->events);
}

/* ---- bringing back ---- */

static void
recall(struct delivery *d, const struct store_wait *known)
{
	struct store_wait w = *known;

	d->attempts = w.attempts;
	d->delay_told = w.delay_told;
	d->given_up = w.given_up;
	if (w.attempts > 0 || w.text.n > 0) {
		struct deliver_result r = { .outcome = OUTCOME_REPLIED,
			.stage = STAGE_IDLE,
			.code = w.code,
			.enhanced = w.status,
			.text = w.text };

		delivery_attempt(d, &r, loop_wall_ms());
	}
}

/* Held by its record alone, and brought back once it might have been over: its own time is kept now, and its file moved. */
static void
resume_held(struct queued *q, struct delivery *d, uint64_t next_ms)
{
	settle_resumed_held(q, d);
	if (next_ms <= loop_wall_ms() && d->state == DELIVERY_HELD && !d->message->held)
		settle_held(q, d);
}

/* What the index knows of it goes before what a fresh start would do. */
static void
resume(struct queued *q, struct delivery *d)
{
	struct store_wait w;

	if (!store_known(q->store, d->message->envelope->id, d->index, &w))
		return;
	recall(d, &w);
	if (w.held)
		resume_held(q, d, w.next_ms);
	else if (w.given_up)
		settle_resumed(q, d, loop_wall_ms() + BOUNCD_COMES_MS);
	else if (w.paused || tenants_paused(q->tenants, d->message->envelope->tenant) != NULL)
		return; /* as new: it goes, or waits for its tenant again */
	else if (w.parked)
		settle_resumed_parked(q, d, w.next_ms, storage.started_ms);
	else if (w.next_ms > loop_wall_ms())
		settle_resumed(q, d, w.next_ms);
}

/* As its record says, and no further. */
static void
lie_still(struct queued *q, struct delivery *d)
{
	struct store_wait w = { .next_ms = loop_wall_ms() };

	if (store_known(q->store, d->message->envelope->id, d->index, &w))
		recall(d, &w);
	if (w.held)
		settle_resumed_held(q, d);
	else if (w.paused)
		settle_resumed_paused(q, d, w.next_ms);
	else
		settle_resumed(q, d, w.next_ms);
}

static void
all_lie_still(struct queued *q, struct message *m)
{
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		if (m->deliveries[i].state == DELIVERY_NEW)
			lie_still(q, &m->deliveries[i]);
}

static void
set_out(struct queued *q, struct message *m, bool damaged)
{
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++) {
		if (m->deliveries[i].state != DELIVERY_NEW)
			continue;
		if (damaged)
			settle_damaged(q, &m->deliveries[i]);
		else
			resume(q, &m->deliveries[i]);
	}
	if (damaged)
		return;
	aside_if_deadly(q, m);
	course_set_out(q, m);
}

static void
on_found(void *ctx, const struct store_found *f)
{
	struct queued *q = ctx;
	struct message *m = message_find(&q->messages, f->envelope->id);
	DOING_MESSAGE(f->envelope->id, 0, DOING_LOADED);

	if (m == NULL) {
		m = message_new(&q->messages, q->conf, f->envelope, f->facts, f->bytes);
		m->held = f->held;
		if (storage.looks && !f->damaged)
			all_lie_still(q, m);
		else
			set_out(q, m, f->damaged);
	}
	storage.last_found = m;
}

struct message *
storage_bring(struct queued *q, struct id id)
{
	struct message *m = message_find(&q->messages, id);
	struct err err;
	const char *what;
	DOING_MESSAGE(id, 0, DOING_LOADED);

	if (m != NULL)
		return m;
	if (doing_deaths(id, &what) >= DOING_LEFT_ALONE)
		return NULL;
	storage.last_found = NULL;
	if (store_load(q->store, id, on_found, q, &err) == -1)
		return NULL;
	return storage.last_found;
}

struct message *
storage_look(struct queued *q, struct id id)
{
	struct message *m;

	storage.looks = true;
	m = storage_bring(q, id);
	storage.looks = false;
	return m;
}

static void
on_due(void *ctx, const struct store_wait *w)
{
	(void)ctx;
	if (storage.due_n < BRING_AT_ONCE)
		storage.due[storage.due_n++] = w->id;
}

/* While there is plenty of room, all that waits is here, so that operators see it; else what is due soon. */
static uint64_t
bring_until(const struct queued *q)
{
	return q->messages.by_id.n < q->conf->memory_messages / 4 ? UINT64_MAX
								  : loop_wall_ms() + AHEAD_MS;
}

/* True: there may be more. */
static bool
bring_due(struct queued *q)
{
	unsigned most;
	size_t room = storage_is_full(q) ? 0 : q->conf->memory_messages - q->messages.by_id.n;

	storage.due_n = 0;
	if (room == 0)
		return false;
	most = room < BRING_AT_ONCE ? (unsigned)room : BRING_AT_ONCE;
	store_due(q->store, bring_until(q), most, on_due, q);
	for (unsigned i = 0; i < storage.due_n; i++)
		storage_bring(q, storage.due[i]);
	return storage.due_n == most;
}

static void
on_bring(void *ctx, struct due *due)
{
	struct queued *q = ctx;

	if (bring_due(q))
		schedule_set(&q->schedule, due, loop_now_ms() + BRING_PAUSE_MS);
}

/* ---- leaving ---- */

/* Until then at least. */
static bool
waits(const struct message *m, uint64_t until_ms)
{
	uint32_t waiting = m->in[DELIVERY_DEFERRED] + m->in[DELIVERY_PAUSED] + m->in[DELIVERY_HELD];

	if (waiting == 0 || waiting + m->in[DELIVERY_ENDED] != m->envelope->rcpts_n)
		return false;
	for (uint32_t i = 0; until_ms > 0 && i < m->envelope->rcpts_n; i++) {
		const struct delivery *d = &m->deliveries[i];

		if (d->state != DELIVERY_ENDED && d->due.at_ms < until_ms)
			return false;
	}
	return true;
}

static bool
leave(struct queued *q, struct message *m)
{
	if (!store_forget(q->store, m->envelope->id))
		return false;
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		schedule_clear(&q->schedule, &m->deliveries[i].due);
	message_free(&q->messages, m);
	return true;
}

bool
storage_leave(struct queued *q, struct id id)
{
	struct message *m = message_find(&q->messages, id);

	return m == NULL || (waits(m, 0) && leave(q, m));
}

/* Half full is when those that wait long begin to leave. */
static void
make_room(struct queued *q)
{
	struct table_node *n, *next;
	uint64_t until = loop_now_ms() + LEAVE_MS;

	if (!storage_is_crowded(q))
		return;
	for (n = table_each(&q->messages.by_id, NULL); n != NULL; n = next) {
		struct message *m = TABLE_OF(n, struct message, by_id);

		next = table_each(&q->messages.by_id, n);
		if (waits(m, until))
			(void)leave(q, m);
	}
}

/* ---- how the store is ---- */

static void
on_tick(void *ctx, struct due *due)
{
	struct queued *q = ctx;
	const char *text = "";
	uint16_t pressure = store_pressure(q->store, &text);

	if (pressure != storage.pressure && !q->stopping) {
		log_warn("pressure", "code=%u text=\"%s\"", pressure, text);
		peer_smtpd_state(q->smtpd, pressure, span_str(text));
	}
	storage.pressure = pressure;
	make_room(q);
	on_bring(q, &storage.bring);
	schedule_set(&q->schedule, due, loop_now_ms() + TICK_MS);
}

static void
on_event(void *ctx, struct span line)
{
	struct queued *q = ctx;

	events_final(q->events, line);
}

static bool
on_events_written(void *ctx)
{
	struct queued *q = ctx;

	return events_written(q->events);
}

static bool
on_events_behind(void *ctx)
{
	const struct queued *q = ctx;

	return events_behind(q->events);
}

static void
on_lost(void *ctx, const struct envelope *e, const char *why)
{
	lost_tell(ctx, e, why);
}

static void
on_corrupt(void *ctx, const char *name, const char *why)
{
	struct queued *q = ctx;

	log_error("corrupt", "file=\"%s\" why=\"%s\"", name, why);
	events_corrupt(q->events, name, why);
}

static void
on_turn_end(void *ctx)
{
	struct queued *q = ctx;

	store_cut(q->store);
}

/* ---- life ---- */

/* Those that were moved away, the youngest first. */
static int
events_before(void *role, unsigned i)
{
	const char *name;

	return role_fd_at(role, "events-before ", i, &name);
}

void
storage_open(struct queued *q)
{
	struct span index = role_secret(q->role, "index-path");
	struct store_options o = { .spool = role_fd(q->role, "spool"),
		.events = role_fd(q->role, "events"),
		.events_read = role_fd(q->role, "events-read"),
		.events_before = events_before,
		.events_before_ctx = q->role,
		.index_path = index.p != NULL ? index.p : "",
		.segment_bytes = q->conf->segment_bytes,
		.segments = q->conf->segments,
		.reserve_bytes = RESERVE_BYTES };
	struct err err;

	if (o.spool == -1 || index.n == 0)
		role_fail(q->role, EX_CONFIG, "the master gave no spool or index");
	doing_open(role_fd(q->role, "doing"));
	q->store = store_prepare(&o, &err);
	if (q->store == NULL)
		role_fail(q->role, EX_CANTCREAT, "%s", err.text);
	sandbox_keep_folder(o.spool);
}

/* What is in the old file is synced with the next checkpoint, which may have begun. */
static void
on_events_file(void *ctx)
{
	struct queued *q = ctx;
	int read_fd = role_events_coming(q->role);

	if (read_fd == -1)
		return;
	store_events_move(q->store, role_fd(q->role, "events-read"), read_fd);
	(void)role_events_take(q->role);
	events_moved(q->events, read_fd);
}

void
storage_start(struct queued *q)
{
	static const struct store_hooks hooks = { .found = on_found,
		.event = on_event,
		.events_written = on_events_written,
		.events_behind = on_events_behind,
		.lost = on_lost,
		.corrupt = on_corrupt };
	struct err err;

	storage.started_ms = loop_wall_ms();
	tenants_load(q->tenants);
	if (store_start(q->store, &hooks, q, &err) == -1)
		role_fail(q->role, EX_IOERR, "%s", err.text);
	tenants_start(q->tenants);
	role_on_events(q->role, on_events_file, q);
	loop_at_turn_end(on_turn_end, q);
	storage.tick = (struct due){ .fire = on_tick, .ctx = q };
	storage.bring = (struct due){ .fire = on_bring, .ctx = q };
	schedule_set(&q->schedule, &storage.tick, loop_now_ms());
}

static void
on_stopped(void *ctx)
{
	struct queued *q = ctx;

	role_done(q->role);
}

void
storage_stop(struct queued *q)
{
	store_stop(q->store, on_stopped, q);
}
