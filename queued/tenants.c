#include "tenants.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "queued.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY_MAX = 300, KEEP_MS = 10 * 1000, NOTE_BYTES = 64 << 20, HOUR_MS = 3600 * 1000 };

struct kept {
	struct table_node by_name;
	struct health health;
	enum tenant_state state;
	uint64_t since_ms;
	char why[WHY_MAX];
	struct span name;
	char text[];
};

struct tenants {
	struct queued *q;
	struct table by_name; /* of struct kept */
	struct due due;
	bool changed, writing;
	unsigned paused; /* how many are */
};

static const char *const names[] = { "good", "paused", "paused by operator" };

const char *
tenant_state_name(enum tenant_state s)
{
	return names[s];
}

static struct kept *
find(const struct tenants *ts, struct span name)
{
	for (struct table_node *n = table_first(&ts->by_name, span_hash_nocase(name)); n != NULL;
	     n = table_next(n)) {
		struct kept *k = TABLE_OF(n, struct kept, by_name);

		if (span_eq_nocase(k->name, name))
			return k;
	}
	return NULL;
}

static struct kept *
find_or_make(struct tenants *ts, struct span name)
{
	struct kept *k = find(ts, name);

	if (k != NULL)
		return k;
	k = calloc(1, sizeof(*k) + name.n + 1);
	if (k == NULL)
		fatal("out of memory for a tenant");
	memcpy(k->text, name.p, name.n);
	k->name = span_of(k->text, name.n);
	table_put(&ts->by_name, &k->by_name, span_hash_nocase(name));
	return k;
}

static const struct tenant *
known(const struct tenants *ts, struct span name)
{
	const struct tenant *t = conf_tenant(ts->q->conf, name);

	return t->name.n > 0 ? t : NULL;
}

/* ---- the note ---- */

static void
kept_put(struct buf *b, const struct kept *k)
{
	buf_printf(b, "tenant %d %llu %.*s\n", (int)k->state, (unsigned long long)k->since_ms,
	    SPAN(k->name));
	if (k->state != TENANT_GOOD)
		buf_printf(b, "why %s\n", k->why);
	for (uint64_t age = 0; age < HEALTH_HOURS && age <= k->health.hour; age++) {
		uint64_t hour = k->health.hour - age;
		const uint32_t *of = k->health.hours[hour % HEALTH_HOURS].of;

		if (of[0] + of[1] + of[2] + of[3] > 0)
			buf_printf(b, "hour %llu %u %u %u %u\n", (unsigned long long)hour, of[0],
			    of[1], of[2], of[3]);
	}
}

static bool
numbers(struct span s, uint64_t *to, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (span_u64(span_word(s, &s), UINT64_MAX, &to[i]) == -1)
			return false;
	return true;
}

/* What it does not understand is passed over: a later version may have written it. */
static struct kept *
line_take(struct tenants *ts, struct kept *k, struct span line)
{
	struct span rest, word = span_word(line, &rest);
	struct health_counts c;
	uint64_t n[5];

	if (span_is(word, "tenant") && numbers(rest, n, 2) && n[0] <= TENANT_PAUSED_BY_OPERATOR) {
		(void)span_word(rest, &rest);
		(void)span_word(rest, &rest);
		if (span_trim(rest).n == 0)
			return NULL;
		k = find_or_make(ts, span_trim(rest));
		k->state = (enum tenant_state)n[0];
		k->since_ms = n[1];
		ts->paused += k->state != TENANT_GOOD;
	} else if (k != NULL && span_is(word, "why"))
		snprintf(k->why, sizeof(k->why), "%.*s", SPAN(span_trim(rest)));
	else if (k != NULL && span_is(word, "hour") && numbers(rest, n, 5)) {
		for (unsigned i = 0; i < HEALTH_KINDS; i++)
			c.of[i] = n[i + 1] > UINT32_MAX ? UINT32_MAX : (uint32_t)n[i + 1];
		health_keep(&k->health, loop_wall_ms(), n[0], &c);
	}
	return k;
}

void
tenants_load(struct tenants *ts)
{
	struct kept *k = NULL;
	struct span left;
	struct buf note;
	struct err err;

	buf_init(&note, NOTE_BYTES);
	if (store_note_read(ts->q->store, &note, &err) == -1)
		log_error("tenants-unread", "why=\"%s\"", err.text);
	left = buf_all(&note);
	while (left.n > 0) {
		struct span line = span_cut(left, '\n', &left);

		k = line_take(ts, k, line);
	}
	buf_free(&note);
}

static void
note_write(struct tenants *ts, void (*done)(void *, bool), void *ctx)
{
	struct buf note;

	buf_init(&note, NOTE_BYTES);
	for (struct table_node *n = table_each(&ts->by_name, NULL); n != NULL;
	     n = table_each(&ts->by_name, n))
		kept_put(&note, TABLE_OF(n, struct kept, by_name));
	store_note(ts->q->store, buf_all(&note), done, ctx);
	buf_free(&note);
	ts->changed = false;
}

static void
on_written(void *ctx, bool stands)
{
	struct tenants *ts = ctx;

	ts->writing = false;
	ts->changed |= !stands;
}

static void
keep_now(struct tenants *ts)
{
	ts->writing = true;
	note_write(ts, on_written, ts);
}

static void
on_due(void *ctx, struct due *due)
{
	struct tenants *ts = ctx;

	if (ts->changed && !ts->writing)
		keep_now(ts);
	schedule_set(&ts->q->schedule, due, loop_now_ms() + KEEP_MS);
}

/* ---- pausing ---- */

static void
tell(const struct tenants *ts, const struct kept *k, const char *what, const char *why,
    const struct conf_place *place)
{
	struct standing s = { k->name, k->state, k->since_ms, why,
		health_sum(&k->health, loop_wall_ms()) };

	events_tenant(ts->q->events, &s, what, place);
}

static void
pause_it(struct tenants *ts, struct kept *k, enum tenant_state state)
{
	k->state = state;
	k->since_ms = loop_wall_ms();
	ts->paused++;
	course_tenant_paused(ts->q, k->name);
}

/* "complaints 0.41% of 2000, limit 0.3% (posthouse.conf:12)". */
static const struct conf_place *
why_put(struct kept *k, const struct tenant *t, const struct health_counts *c,
    enum health_verdict verdict)
{
	bool of_complaints = verdict == HEALTH_COMPLAINTS;
	const struct conf_place *place = of_complaints ? &t->complaints_at : &t->bounces_at;
	uint32_t share = of_complaints ? health_complaint_share(c) : health_bounce_share(c),
		 limit = of_complaints ? t->limits.complaints : t->limits.bounces;
	uint64_t whole =
	    (uint64_t)c->of[HEALTH_DELIVERED] + (of_complaints ? 0 : c->of[HEALTH_BOUNCED]);
	int n = snprintf(k->why, sizeof(k->why), "%s are %u.%03u%% of %llu, more than %u.%03u%%",
	    of_complaints ? "complaints" : "hard bounces", share / 1000, share % 1000,
	    (unsigned long long)whole, limit / 1000, limit % 1000);

	if (place->line > 0)
		snprintf(
		    k->why + n, sizeof(k->why) - (size_t)n, " (%s:%u)", place->file, place->line);
	else
		snprintf(k->why + n, sizeof(k->why) - (size_t)n, " (built in)");
	return place;
}

static void
judge(struct tenants *ts, struct kept *k, const struct tenant *t)
{
	struct health_counts c = health_sum(&k->health, loop_wall_ms());
	enum health_verdict v = health_judge(&c, &t->limits);
	const struct conf_place *place;

	if (v == HEALTH_GOOD)
		return;
	place = why_put(k, t, &c, v);
	pause_it(ts, k, TENANT_PAUSED);
	tell(ts, k, "paused", k->why, place);
	keep_now(ts);
}

void
tenants_count(struct tenants *ts, struct span name, enum health_kind kind)
{
	const struct tenant *t = known(ts, name);
	struct kept *k;

	if (t == NULL)
		return;
	k = find_or_make(ts, t->name);
	health_add(&k->health, loop_wall_ms(), kind, 1);
	ts->changed = true;
	if (k->state == TENANT_GOOD && kind != HEALTH_DELIVERED)
		judge(ts, k, t);
}

int
tenants_pause(
    struct tenants *ts, struct span name, struct span reason, void (*done)(void *, bool), void *ctx)
{
	const struct tenant *t = known(ts, name);
	struct kept *k = t == NULL ? NULL : find_or_make(ts, t->name);

	if (k == NULL || k->state != TENANT_GOOD)
		return -1;
	snprintf(k->why, sizeof(k->why), "an operator paused it%s%.*s", reason.n > 0 ? ": " : "",
	    SPAN(span_first(reason, 200)));
	for (char *p = k->why; *p != '\0'; p++)
		*p = (unsigned char)*p < ' ' ? ' ' : *p;
	pause_it(ts, k, TENANT_PAUSED_BY_OPERATOR);
	tell(ts, k, "paused", k->why, NULL);
	note_write(ts, done, ctx);
	ts->changed = true; /* should that fail, it is written again with the next counts */
	return 0;
}

/* A tenant that left the configuration can be released too. */
int
tenants_release(
    struct tenants *ts, struct span name, struct span reason, void (*done)(void *, bool), void *ctx)
{
	struct kept *k = find(ts, name);
	unsigned lifted = lanes_lift(ts->q->lanes, name);
	char why[WHY_MAX];

	if ((k == NULL || k->state == TENANT_GOOD) && lifted == 0)
		return -1;
	if (k == NULL)
		k = find_or_make(ts, name);
	ts->paused -= k->state != TENANT_GOOD;
	k->state = TENANT_GOOD;
	k->why[0] = '\0';
	k->since_ms = 0;
	snprintf(why, sizeof(why), "an operator released it%s%.*s", reason.n > 0 ? ": " : "",
	    SPAN(span_first(reason, 200)));
	tell(ts, k, "released", why, NULL);
	health_forget(&k->health);
	course_tenant_released(ts->q, k->name);
	note_write(ts, done, ctx);
	ts->changed = true; /* should that fail, it is written again with the next counts */
	return 0;
}

/* ---- asked ---- */

const char *
tenants_paused(const struct tenants *ts, struct span tenant)
{
	const struct kept *k = ts->paused == 0 ? NULL : find(ts, tenant);

	return k != NULL && k->state != TENANT_GOOD ? k->why : NULL;
}

const char *
tenants_refused(const struct tenants *ts, struct span tenant)
{
	const char *why = tenants_paused(ts, tenant);

	return why != NULL && conf_tenant(ts->q->conf, tenant)->refuse_paused ? why : NULL;
}

unsigned
tenants_paused_n(const struct tenants *ts)
{
	return ts->paused;
}

void
tenants_each(const struct tenants *ts, void (*each)(void *, const struct standing *), void *ctx)
{
	const struct table *all = &ts->q->conf->tenants;

	for (struct table_node *n = table_each(all, NULL); n != NULL; n = table_each(all, n)) {
		struct standing s = { .name = TABLE_OF(n, struct tenant, by_name)->name,
			.why = "" };
		const struct kept *k = find(ts, s.name);

		if (k != NULL) {
			s.state = k->state;
			s.since_ms = k->since_ms;
			s.why = k->why;
			s.counts = health_sum(&k->health, loop_wall_ms());
		}
		each(ctx, &s);
	}
}

/* ---- life ---- */

struct tenants *
tenants_new(struct queued *q)
{
	struct tenants *ts = calloc(1, sizeof(*ts));

	if (ts == NULL)
		fatal("out of memory for the tenants");
	ts->q = q;
	ts->due = (struct due){ .fire = on_due, .ctx = ts };
	return ts;
}

void
tenants_start(struct tenants *ts)
{
	schedule_set(&ts->q->schedule, &ts->due, loop_now_ms() + KEEP_MS);
}
