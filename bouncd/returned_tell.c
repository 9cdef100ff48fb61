#include "asked.h"
#include "disk.h"
#include "err.h"
#include "event.h"
#include "group.h"
#include "house_conf.h"
#include "judge.h"
#include "log.h"
#include "loop.h"
#include "repeats.h"
#include "returned_job.h"
#include "siphash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS_BYTES = 8 * 1024 * 1024, REPLY_MAX = 1000 };

/* What a turn tells goes to the disk together, at its end. */
static struct {
	struct buf events;
	TAILQ_HEAD(, job) jobs, syncing; /* syncing: their events are on the way to the disk */
	int synced, sync_errno;
	bool asked; /* the disk, for jobs */
} turn = { .jobs = TAILQ_HEAD_INITIALIZER(turn.jobs),
	.syncing = TAILQ_HEAD_INITIALIZER(turn.syncing) };

/* ---- who ---- */

static struct span
tenant_of(const struct job *j, const struct outcome *o)
{
	if (j->tie >= TIE_HEADER_TOKEN) /* the token proves it */
		return j->owner.tenant;
	return o->of != NULL ? o->of->tenant : span_of(NULL, 0);
}

/* The message it is about; zeros: not known. */
static struct id
about_of(const struct job *j, const struct outcome *o)
{
	if (j->tie >= TIE_HEADER_TOKEN)
		return j->about;
	return o->of != NULL ? o->of->message : (struct id){ { 0 } };
}

static struct span
campaign_of(const struct outcome *o)
{
	return o->of != NULL ? o->of->campaign : span_of(NULL, 0);
}

static const struct conf_block *
tenant_block(const struct job *j, struct span name)
{
	return conf_find(conf_top(j->bouncd->conf), "tenant", name);
}

/* What a person wrote is the tenant's to read. */
static struct span
forward_to(const struct job *j, const struct outcome *o)
{
	const struct conf_block *b;

	if (o->kind != OUTCOME_REPLY)
		return span_of(NULL, 0);
	b = tenant_block(j, tenant_of(j, o));
	return b == NULL ? span_of(NULL, 0) /* a reload may come before the answer */
			 : arena_span(j->arena, span_str(conf_str(b, "replies")));
}

/* ---- the event ---- */

/* The same one for the same mail, should queued have to ask twice; it sorts where the mail came in. */
static struct id
event_id_of(const struct job *j, unsigned n)
{
	static const struct siphash_key key = { 0x72657475726e6564, 1 };
	struct id id = j->asked.message;
	uint64_t hash = siphash(&key, j->asked.recipient) + n + 1;

	for (unsigned i = 0; i < 8; i++)
		id.b[ID_BYTES - 1 - i] ^= (uint8_t)(hash >> 8 * i);
	return id;
}

static void
delivery_keys(struct buf *out, const struct job *j, const struct outcome *o)
{
	if (j->tie >= TIE_HEADER_TOKEN) {
		event_id(out, "message", j->about);
		event_num(out, "rcpt", j->index);
	} else if (o->of != NULL) {
		event_id(out, "message", o->of->message);
		event_num(out, "rcpt", o->of->index);
	}
	event_span(out, "recipient", o->address);
	event_span(out, "reported", o->reported);
	event_span(out, "tenant", tenant_of(j, o));
	event_span(out, "campaign", campaign_of(o));
	if (o->of == NULL || o->of->ended.n == 0)
		return;
	event_id(out, "delivery", o->of->event);
	event_span(out, "source", o->of->source);
	event_span(out, "site", o->of->site);
}

static void
verdict_keys(struct buf *out, const struct verdict *v, const struct came_recipient *r)
{
	event_str(out, "class", class_word(v->class));
	event_str(out, "category", category_word(v->category));
	event_str(out, "status", v->status);
	event_str(out, "provider", v->provider);
	event_str(out, "rule", v->rule);
	event_num(out, "confidence", v->confidence);
	if (r != NULL)
		event_span(out, "reply", span_first(r->diagnostic, REPLY_MAX));
}

static void
complaint_keys(struct buf *out, const struct came_back *b)
{
	event_span(out, "feedback_type", b->feedback_type);
	event_span(out, "source_ip", b->source_ip);
	event_span(out, "feedback_id", b->feedback_id);
}

static void
event_put(struct buf *out, const struct job *j, unsigned n)
{
	const struct outcome *o = &j->outcomes[n];

	event_open(out, outcome_word(o->kind), event_id_of(j, n), id_time_ms(j->asked.message));
	event_str(out, "tie", tie_word(j->tie));
	delivery_keys(out, j, o);
	if (o->kind == OUTCOME_BOUNCED) {
		event_bool(out, "late", true);
		verdict_keys(out, &j->verdicts[n], o->rcpt);
	} else
		event_str(out, "kind", j->unreadable ? "unreadable" : kind_word(j->back.kind));
	event_str(out, "sub", kind_sub_word(j->back.sub));
	if (j->back.kind == KIND_COMPLAINT)
		complaint_keys(out, &j->back);
	event_span(out, "forwarded", j->forward);
	if (j->repeats[n])
		event_bool(out, "repeat", true);
	event_id(out, "report", j->asked.message);
	event_span(out, "original_message_id", j->back.original_message_id);
	event_close(out);
}

/* ---- what follows from it ---- */

/* A token may; what is tied by Message-ID alone only where the configuration wants it, and a bounce only from the null
 * sender, as all true ones have (RFC 5321 4.5.5). */
static bool
is_believed(const struct job *j, const struct outcome *o)
{
	const struct conf_block *b = conf_first(conf_top(j->bouncd->conf), "bounces");

	if (j->tie >= TIE_HEADER_TOKEN)
		return true;
	if (j->tie == TIE_NONE || b == NULL || !conf_bool(b, "suppress-untokened"))
		return false;
	return o->kind == OUTCOME_COMPLAINT || j->asked.from.n == 0;
}

/* "tenant", or "tenant/campaign" where the tenant wants an unsubscribe to end that alone. */
static struct span
scope_of(const struct job *j, const struct outcome *o)
{
	struct span tenant = tenant_of(j, o), campaign = campaign_of(o);

	if (o->kind != OUTCOME_UNSUBSCRIBED ||
	    !unsubscribe_ends_campaign(tenant_block(j, tenant), campaign))
		return tenant;
	return span_str(arena_printf(j->arena, "%.*s/%.*s", SPAN(tenant), SPAN(campaign)));
}

/* -1: nothing of it suppresses. */
static int
reason_of(const struct job *j, unsigned n)
{
	const struct outcome *o = &j->outcomes[n];

	if (o->address.n == 0 || !is_believed(j, o) || tenant_of(j, o).n == 0)
		return -1;
	switch (o->kind) {
	case OUTCOME_COMPLAINT:
		return SUPPRESSED_COMPLAINT;
	case OUTCOME_UNSUBSCRIBED:
		return SUPPRESSED_UNSUBSCRIBED;
	default:
		return -1;
	}
}

/* A result is counted: two messages with a hard one, or many days of soft ones, suppress too. One delivery has one result. */
static int
follow_up(struct job *j, unsigned n, struct err *err)
{
	const struct outcome *o = &j->outcomes[n];
	int reason = reason_of(j, n);

	if (o->kind == OUTCOME_BOUNCED && j->repeats[n])
		return 0;
	if (reason != -1)
		return asked_suppress(j->bouncd, scope_of(j, o), o->address,
		    (enum suppression_reason)reason, event_id_of(j, n), err);
	if (o->kind == OUTCOME_BOUNCED && o->address.n > 0 && is_believed(j, o))
		return asked_result(j->bouncd, tenant_of(j, o), o->address, &j->verdicts[n],
		    about_of(j, o), event_id_of(j, n), err);
	return 0;
}

static int
suppress(struct job *j)
{
	struct err err = { "" };

	for (unsigned n = 0; n < j->outcomes_n; n++)
		if (follow_up(j, n, &err) == -1) {
			log_error("not-suppressed", "why=\"%s\"", err.text);
			return -1;
		}
	return 0;
}

/* For the tenant's shares; a second report about one delivery adds nothing. */
static void
feedback(const struct job *j)
{
	for (unsigned n = 0; n < j->outcomes_n; n++) {
		const struct outcome *o = &j->outcomes[n];
		bool counts = o->kind == OUTCOME_BOUNCED || o->kind == OUTCOME_COMPLAINT;

		if (!counts || j->repeats[n] || j->bouncd->queued == NULL || !is_believed(j, o) ||
		    tenant_of(j, o).n == 0)
			continue;
		bounce_feedback_put(j->bouncd->queued,
		    &(struct bounce_feedback){
			.kind = o->kind == OUTCOME_BOUNCED ? KIND_BOUNCE : KIND_COMPLAINT,
			.class = o->kind == OUTCOME_BOUNCED ? (uint8_t)j->verdicts[n].class : 0,
			.tenant = tenant_of(j, o),
			.campaign = campaign_of(o) });
	}
}

/* ---- a turn's end: durable, then answered ---- */

static bool
events_append(struct bouncd *b)
{
	bool there;

	errno = ENOBUFS;
	there =
	    !buf_over(&turn.events) && event_file_append(&b->events, buf_all(&turn.events)) == 0;
	if (!there)
		log_error("events-not-written", "why=\"%s\"", strerror(errno));
	buf_reset(&turn.events);
	return there;
}

static void
answer(struct bouncd *b, void *job, bool durable)
{
	struct job *j = job;

	(void)b;
	if (durable)
		feedback(j);
	returned_answer(j, durable, j->unreadable ? "unreadable" : kind_word(j->back.kind));
}

static void
settle_all(struct bouncd *b, bool written)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&turn.syncing)) != NULL) {
		TAILQ_REMOVE(&turn.syncing, j, told);
		if (written && suppress(j) == 0)
			group_after(b, answer, j);
		else
			answer(b, j, false);
	}
}

static void
sync_run(struct bouncd *b, void *unused)
{
	(void)unused;
	turn.synced = fdatasync(b->events.fd);
	turn.sync_errno = errno;
}

static void
sync_done(struct bouncd *b, void *unused)
{
	(void)unused;
	if (turn.synced == -1)
		log_error("events-not-written", "why=\"%s\"", strerror(turn.sync_errno));
	settle_all(b, turn.synced == 0);
}

static void
turn_of_sync(struct bouncd *b, void *unused)
{
	bool any = turn.events.n > 0;

	(void)unused;
	turn.asked = false;
	TAILQ_CONCAT(&turn.syncing, &turn.jobs, told);
	if (any && !events_append(b))
		settle_all(b, false);
	else if (any)
		disk_begin(b, sync_run, sync_done, NULL);
	else
		settle_all(b, true);
}

static void
on_turn_end(void *ctx)
{
	if (TAILQ_EMPTY(&turn.jobs) || turn.asked)
		return;
	turn.asked = true;
	disk_when_free(ctx, turn_of_sync, NULL);
}

void
returned_tell_start(struct bouncd *b)
{
	buf_init(&turn.events, EVENTS_BYTES);
	loop_at_turn_end(on_turn_end, b);
}

/* ---- telling ---- */

static void
story(const struct job *j, const struct outcome *o)
{
	log_begin(LOG_LEVEL_INFO, "returned");
	log_kvs("id", id_text(j->asked.message).c);
	log_kvs("as", outcome_word(o->kind));
	log_kvs("kind", j->unreadable ? "unreadable" : kind_word(j->back.kind));
	log_kvs("tie", tie_word(j->tie));
	if (j->tie >= TIE_HEADER_TOKEN)
		log_kvs("about", id_text(j->about).c);
	else if (o->of != NULL)
		log_kvs("about", id_text(o->of->message).c);
	log_kv("recipient", o->address);
	log_num("recipients", j->back.n_recipients);
	log_end();
}

/* A report without a word about whom is judged by its words all the same. */
static struct verdict
verdict_of(struct job *j, const struct outcome *o)
{
	struct came_recipient nobody = { .address = o->address, .diagnostic = j->back.reason };
	const struct came_recipient *r = o->rcpt != NULL ? o->rcpt : &nobody;
	struct verdict v = judge(j->bouncd->rules, &j->back, r, j->arena);
	struct said texts[JUDGE_TEXTS_MAX];

	(void)judge_texts(&j->back, r, texts, j->arena);
	reply_book_note(j->bouncd->book, &texts[0], r->remote_mta, &v, loop_wall_ms() / 1000);
	return v;
}

/* false: too many for one delivery. */
static bool
counted(struct job *j, unsigned n)
{
	const struct outcome *o = &j->outcomes[n];
	bool named = j->tie >= TIE_HEADER_TOKEN || o->of != NULL;
	struct id about = about_of(j, o);
	uint32_t index = j->tie >= TIE_HEADER_TOKEN ? j->index : o->of != NULL ? o->of->index : 0;
	enum repeat r =
	    named ? repeats_count(about, index, o->kind, j->asked.message) : REPEAT_FIRST;

	j->repeats[n] = r == REPEAT_AGAIN;
	if (r == REPEAT_TOO_MANY)
		log_warn("returned-too-often", "id=%s about=%s index=%u dropped=yes",
		    id_text(j->asked.message).c, id_text(about).c, index);
	return r != REPEAT_TOO_MANY;
}

void
returned_tell(struct job *j)
{
	unsigned n = 0;

	for (unsigned i = 0; i < j->outcomes_n; i++) {
		j->outcomes[n] = j->outcomes[i];
		if (!counted(j, n))
			continue;
		if (j->outcomes[n].kind == OUTCOME_BOUNCED)
			j->verdicts[n] = verdict_of(j, &j->outcomes[n]);
		j->forward = forward_to(j, &j->outcomes[n]);
		story(j, &j->outcomes[n]);
		event_put(&turn.events, j, n);
		n++;
	}
	j->outcomes_n = n;
	TAILQ_INSERT_TAIL(&turn.jobs, j, told);
}
