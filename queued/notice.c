#include "notice.h"
#include "content.h"
#include "course.h"
#include "err.h"
#include "intake.h"
#include "log.h"
#include "loop.h"
#include "notice_record.h"
#include "peer_bouncd.h"
#include "queued.h"

#include <stdlib.h>

enum { GATHER_MS = 300, AGAIN_MS = 60 * 1000 };

/* A bounce message on its way: gathering, with bouncd, or with the store. */
struct notice {
	struct table_node by_job, by_key;
	struct queued *q;
	struct notice_record *record;
	struct deliveries ending; /* in NOTICE: they end when it is on disk */
	struct due due;
	bool digest, gathering, storing;
	bool asked; /* this bouncd */
};

/* One queued a process. */
static struct {
	struct table by_job, gathering;      /* gathering: by message, a digest by sender */
	size_t slow;                         /* deliveries that wait in digests */
	uint64_t outside_from_ms, outside_n; /* bounces for strangers' mail in the rate's window */
} notices;

/* ---- who is told what ---- */

/* Bounces for mail of strangers go to senders that may be forged, so there are few: a window's worth of the rate. */
static bool
outside_may(const struct queued *q, const struct delivery *d)
{
	const struct conf_rate *rate = &q->conf->outside_bounces;
	uint64_t now = loop_now_ms();

	if (rate->count == 0)
		return true;
	if (now - notices.outside_from_ms >= rate->per_s * 1000) {
		notices.outside_from_ms = now;
		notices.outside_n = 0;
	}
	if (notices.outside_n++ < rate->count)
		return true;
	if (notices.outside_n == rate->count + 1)
		log_warn("bounces-limited", "id=%s rate=%llu/%llus limit=outside-bounce-rate",
		    id_text(d->message->envelope->id).c, (unsigned long long)rate->count,
		    (unsigned long long)rate->per_s);
	return false;
}

bool
notice_wanted(const struct queued *q, const struct delivery *d, enum notify kind)
{
	const struct envelope *e = d->message->envelope;
	uint8_t notify = e->rcpts[d->index].notify;
	ptrdiff_t at = span_find_last(e->from, '@');

	if (notify == 0 ? kind == NOTIFY_SUCCESS : !(notify & kind))
		return false;
	if (e->from.n == 0 || e->is_notice || !d->message->tenant->notify_sender ||
	    d->message->tenant->bounce_domain.n > 0)
		return false;
	if (at >= 0 && conf_bounce_tenant(q->conf, span_from(e->from, (size_t)at + 1)) != NULL)
		return false;
	return !e->from_outside || outside_may(q, d);
}

bool
notice_is_slow(const struct delivery *d)
{
	return d->message->tenant->digest_s > 0;
}

/* ---- gathering ---- */

static uint64_t
key_of(const struct message *m, bool digest)
{
	const struct envelope *e = m->envelope;

	return digest ? span_hash_nocase(e->from) * 31 + span_hash_nocase(e->tenant)
		      : id_hash(e->id);
}

static bool
belongs(const struct notice *n, const struct message *m, bool digest)
{
	const struct envelope *e = m->envelope;

	if (n->digest != digest)
		return false;
	return digest ? n->record->smtputf8 == e->smtputf8 &&
			    span_eq_nocase(n->record->from, e->from) &&
			    span_eq_nocase(n->record->tenant, e->tenant)
		      : id_eq(n->record->first, e->id);
}

static struct notice *
gathering(const struct message *m, bool digest)
{
	for (struct table_node *t = table_first(&notices.gathering, key_of(m, digest)); t != NULL;
	     t = table_next(t)) {
		struct notice *n = TABLE_OF(t, struct notice, by_key);

		if (belongs(n, m, digest))
			return n;
	}
	return NULL;
}

static void
ask(struct notice *n)
{
	struct chan *c = peer_bouncd_chan(n->q->bouncd);

	schedule_set(&n->q->schedule, &n->due, loop_now_ms() + AGAIN_MS);
	if (c == NULL || n->storing)
		return;
	n->asked = true;
	notice_record_put(n->record, c, n->by_job.hash);
}

/* What happens from now on is in the next. */
static void
closed(struct notice *n)
{
	if (n->gathering)
		table_remove(&notices.gathering, &n->by_key);
	n->gathering = false;
}

static void
on_due(void *ctx, struct due *due)
{
	struct notice *n = ctx;

	(void)due;
	closed(n);
	ask(n);
}

/* Many who fail at once must not fill the memory with waiting: then a digest is short. */
static uint64_t
gather_ms(const struct queued *q, const struct message *m, bool digest)
{
	if (!digest || notices.slow >= q->conf->memory_messages / 4)
		return GATHER_MS;
	return (uint64_t)m->tenant->digest_s * 1000;
}

static struct notice *
notice_new(struct queued *q, const struct message *m, bool digest)
{
	struct notice *n = calloc(1, sizeof(*n));

	if (n == NULL)
		fatal("out of memory for a notice");
	n->q = q;
	n->digest = digest;
	n->gathering = true;
	n->record = notice_record_new();
	TAILQ_INIT(&n->ending);
	n->due = (struct due){ .fire = on_due, .ctx = n };
	table_put(&notices.by_job, &n->by_job, ++q->jobs);
	table_put(&notices.gathering, &n->by_key, key_of(m, digest));
	schedule_set(&q->schedule, &n->due, loop_now_ms() + gather_ms(q, m, digest));
	return n;
}

static struct notice *
add(struct queued *q, struct delivery *d, const char *action, bool digest)
{
	struct notice *n = gathering(d->message, digest);

	if (n != NULL && notice_record_full(n->record, d)) {
		closed(n);
		schedule_set(&q->schedule, &n->due, loop_now_ms());
		n = NULL;
	}
	if (n == NULL)
		n = notice_new(q, d->message, digest);
	notice_record_add(n->record, q, d, action);
	return n;
}

void
notice_failed(struct queued *q, struct delivery *d)
{
	bool digest = notice_is_slow(d);
	struct notice *n = add(q, d, "failed", digest);

	TAILQ_INSERT_TAIL(&n->ending, d, waiting);
	notices.slow += digest;
}

void
notice_relayed(struct queued *q, struct delivery *d)
{
	struct notice *n = add(q, d, "relayed", false);

	TAILQ_INSERT_TAIL(&n->ending, d, waiting);
}

void
notice_delayed(struct queued *q, struct delivery *d)
{
	add(q, d, "delayed", false);
}

/* ---- made ---- */

static struct notice *
notice_of(uint64_t job)
{
	return TABLE_OF(table_first(&notices.by_job, job), struct notice, by_job);
}

/* Who waited for it ends. */
static void
done(struct notice *n)
{
	struct queued *q = n->q;
	struct delivery *d;

	while ((d = TAILQ_FIRST(&n->ending)) != NULL) {
		TAILQ_REMOVE(&n->ending, d, waiting);
		notices.slow -= n->digest;
		course_noticed(q, d);
	}
	schedule_clear(&q->schedule, &n->due);
	table_remove(&notices.by_job, &n->by_job);
	notice_record_free(n->record);
	free(n);
}

/* The bounce message is on disk, or could not be put there now. */
static void
on_stored(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct notice *n = notice_of((uint64_t)(uintptr_t)ctx);

	n->storing = false;
	if (code == 0)
		done(n);
	else /* the timer asks again */
		log_warn("notice-not-stored", "id=%s code=%u text=\"%.*s\"", id_text(id).c, code,
		    SPAN(text));
}

/* bouncd cannot make it, now or ever: its recipients end all the same, and the log says that nobody was told. */
static void
not_made(struct notice *n)
{
	log_error("notice-not-made", "id=%s to=<%.*s> recipients=%u", id_text(n->record->first).c,
	    SPAN(n->record->from), n->record->rcpts_n);
	done(n);
}

static void
store(struct notice *n, struct span bytes)
{
	const struct notice_record *r = n->record;
	struct recipient to = { .address = r->from, .notify = NOTIFY_NEVER, .mark = MARK_OPEN };
	struct envelope e = { .id = id_new(),
		.received_ms = loop_wall_ms(),
		.tenant = r->tenant,
		.stream = r->stream,
		.is_notice = true,
		.smtputf8 = r->smtputf8,
		.rcpts_n = 1,
		.rcpts = &to };

	n->storing = true;
	intake_own(n->q, &e, bytes, on_stored, (void *)(uintptr_t)n->by_job.hash);
}

/* The message itself never passes bouncd: it is put in here. It is in memory or in its file as long as its recipients have
 * not ended. -1: it cannot be read now. */
static int
fill(const struct notice *n, const struct bounce_made *made, struct buf *out)
{
	const struct message *m = message_find(&n->q->messages, n->record->first);
	struct arena *a = arena_new(0);
	struct content content;
	struct span whole = { NULL, 0 };
	int r = -1;

	if (m != NULL && content_open(n->q, m, &content, NULL) == 0) {
		if (content_head(&content, m->facts.size_bytes, a, &whole, NULL) == 0 &&
		    whole.n == m->facts.size_bytes)
			r = 0;
		buf_span(out, span_first(made->bytes, made->hole));
		buf_span(out, whole);
		buf_span(out, span_from(made->bytes, made->hole));
		content_drop(&content);
	}
	arena_free(a);
	return r;
}

void
notice_made(struct queued *q, const struct bounce_made *made)
{
	struct notice *n = notice_of(made->job);
	struct buf out;

	(void)q;
	if (n == NULL || n->storing)
		return;
	if (!made->ok || made->bytes.n == 0) {
		not_made(n);
		return;
	}
	if (made->hole == 0) {
		store(n, made->bytes);
		return;
	}
	buf_init(&out, made->bytes.n + n->q->conf->return_bytes);
	if (fill(n, made, &out) == 0 && !buf_over(&out))
		store(n, buf_all(&out));
	else { /* its header says enough */
		n->record->whole = false;
		ask(n);
	}
	buf_free(&out);
}

void
notices_go_on(struct queued *q)
{
	(void)q;
	for (struct table_node *t = table_each(&notices.by_job, NULL); t != NULL;
	     t = table_each(&notices.by_job, t)) {
		struct notice *n = TABLE_OF(t, struct notice, by_job);

		if (!n->gathering && !n->asked)
			ask(n);
	}
}

void
notices_ask_again(struct queued *q)
{
	for (struct table_node *t = table_each(&notices.by_job, NULL); t != NULL;
	     t = table_each(&notices.by_job, t))
		TABLE_OF(t, struct notice, by_job)->asked = false;
	notices_go_on(q);
}
