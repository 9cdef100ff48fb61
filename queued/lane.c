#include "lane.h"
#include "course.h"
#include "err.h"
#include "events.h"
#include "log.h"
#include "loop.h"
#include "queued.h"
#include "settle.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	COST_BYTES = 64 * 1024, /* each such piece of a message costs one more */
	COST_MOST = 32,
	WINDOW_LEAST = 8,
	WINDOW_S = 2 * 60, /* of a lane with a rate: so much of it */
	/* A lane without mail is kept so long for people to look at; what was learned of it, as long as the longest of its
	 * tenants' bans is remembered (ban.h). */
	KEPT_MS = 3600 * 1000,
	LEARNED_MS = 30 * 3600 * 1000,
	MANY = 10000,           /* some 15 MB: beyond it they are not kept for being looked at */
	KEPT_OF_MANY_MS = 1000, /* but that long, for the next message to the same */
	LOOK_MS = 10 * 1000,
	LOOKS = 60, /* each time so great a part of them: all within ten minutes */
	LOOK_LEAST = 100,
	LOOK_OF_MANY_MS = 100,
};

struct lanes {
	struct queued *q;
	struct table by_pair;
	struct lane_list woken, looked;
	struct lane_hosts_list stalled;
	struct due look;
	size_t busy_n; /* with mail that waits */
};

static const char *const waits[] = {
	[LANE_FREE] = "nothing",
	[LANE_CONNECTIONS] = "connections",
	[LANE_CONNECTION_RATE] = "connection-rate",
	[LANE_MESSAGE_RATE] = "message-rate",
	[LANE_SUSPENDED] = "suspended",
	[LANE_REFUSED] = "connections are refused",
	[LANE_NO_WORKER] = "no deliverd worker",
	[LANE_CONNECTING] = "connecting",
};

/* One process, one set of lanes: a lane needs its way back for wake and events. */
static struct lanes *home;

struct queued *
lane_queued(const struct lane *l)
{
	(void)l;
	return home->q;
}

const char *
lane_wait_name(enum lane_wait w)
{
	return waits[w];
}

static void on_look(void *ctx, struct due *due);

struct lanes *
lanes_new(struct queued *q)
{
	struct lanes *ls = calloc(1, sizeof(*ls));

	if (ls == NULL)
		fatal("out of memory for lanes");
	ls->q = q;
	TAILQ_INIT(&ls->woken);
	TAILQ_INIT(&ls->looked);
	TAILQ_INIT(&ls->stalled);
	home = ls;
	ls->look = (struct due){ .fire = on_look, .ctx = ls };
	schedule_set(&q->schedule, &ls->look, loop_now_ms() + LOOK_MS);
	return ls;
}

static uint64_t
pair_hash(const struct source *source, const struct site *site)
{
	return span_hash(source->name) * 31 + span_hash(site->name);
}

static void
on_due(void *ctx, struct due *due)
{
	struct lane *l = ctx;

	(void)due;
	if (adapt_tick(&l->adapt, loop_now_ms()))
		events_lane(home->q->events, l, "resumed");
	lane_wake_held(l);
}

static struct lane *
lane_new(struct lanes *ls, const struct source *source, struct site *site)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory for a lane");
	l->source = source;
	l->conf = queued_conf_keep(ls->q->conf);
	l->site = site;
	site_lane(ls->q->sites, site, 1);
	adapt_init(&l->adapt);
	draw_init(&l->draw);
	parking_init(&l->parked);
	TAILQ_INIT(&l->woken_hosts);
	TAILQ_INIT(&l->held_hosts);
	TAILQ_INIT(&l->sessions);
	TAILQ_INIT(&l->idle);
	l->due = (struct due){ .fire = on_due, .ctx = l };
	l->used_ms = loop_now_ms();
	TAILQ_INSERT_TAIL(&ls->looked, l, looked_link);
	table_put(&ls->by_pair, &l->by_pair, pair_hash(source, site));
	if (ls->by_pair.n == MANY + 1)
		schedule_set(&ls->q->schedule, &ls->look, loop_now_ms() + LOOK_OF_MANY_MS);
	return l;
}

struct lane *
lane_of(struct lanes *ls, const struct source *source, struct site *site)
{
	uint64_t hash = pair_hash(source, site);

	for (struct table_node *n = table_first(&ls->by_pair, hash); n != NULL; n = table_next(n)) {
		struct lane *l = TABLE_OF(n, struct lane, by_pair);

		if (l->site == site && l->source == source)
			return l;
	}
	return lane_new(ls, source, site);
}

size_t
lanes_n(const struct lanes *ls)
{
	return ls->by_pair.n;
}

struct lane *
lanes_each(const struct lanes *ls, struct lane *l)
{
	return TABLE_OF(
	    table_each(&ls->by_pair, l == NULL ? NULL : &l->by_pair), struct lane, by_pair);
}

/* ---- going away ---- */

static void
lane_free(struct lanes *ls, struct lane *l)
{
	schedule_clear(&ls->q->schedule, &l->due);
	TAILQ_REMOVE(&ls->looked, l, looked_link);
	table_remove(&ls->by_pair, &l->by_pair);
	site_lane(ls->q->sites, l->site, -1);
	(void)bans_lift(&l->bans, span_of(NULL, 0), loop_now_ms());
	free(l->dismissal);
	table_free(&l->hosts);
	table_free(&l->idle_at);
	table_free(&l->parked.lines);
	queued_conf_drop(l->conf);
	free(l);
}

static bool
has_mail(const struct lane *l)
{
	return l->deliveries > 0 || l->draw.n > 0 || l->parked.n > 0 || l->sessions_n > 0 ||
	       l->hosts.n > 0 || l->busy || l->woken;
}

/* It cannot be forgotten while it lasts. */
static bool
is_held(const struct lane *l, uint64_t now)
{
	return l->adapt.until_ms > now || l->refused_ms > now || bans_n(&l->bans, now) > 0;
}

static bool
has_learned(const struct lane *l, uint64_t now)
{
	return adapt_state(&l->adapt, now) != ADAPT_FULL || !bans_none(&l->bans);
}

/* Written for it by name: there are no more of them than blocks. */
static bool
is_configured(const struct lanes *ls, const struct lane *l)
{
	const struct queued_conf *c = ls->q->conf;

	if (l->site->by_route)
		return true;
	for (size_t i = 0; i < c->rules_n; i++)
		if (span_eq_nocase(c->rules[i].name, l->site->name))
			return true;
	return false;
}

static bool
can_go(const struct lanes *ls, const struct lane *l, uint64_t now)
{
	uint64_t kept = ls->by_pair.n > MANY ? KEPT_OF_MANY_MS : KEPT_MS;

	if (has_learned(l, now))
		kept = LEARNED_MS;
	return !has_mail(l) && now - l->used_ms >= kept && !is_held(l, now) &&
	       !is_configured(ls, l);
}

/* Some at a time, each after all others; in no turn of the pool, which has lanes in hand. */
static void
on_look(void *ctx, struct due *due)
{
	struct lanes *ls = ctx;
	size_t n = ls->by_pair.n, looks = n > MANY ? n : n / LOOKS + LOOK_LEAST;
	uint64_t now = loop_now_ms();
	struct lane *l;

	if (looks > MANY / 2)
		looks = MANY / 2;
	for (size_t i = 0; i < looks && i < n; i++) {
		l = TAILQ_FIRST(&ls->looked);
		if (can_go(ls, l, now)) {
			lane_free(ls, l);
			continue;
		}
		TAILQ_REMOVE(&ls->looked, l, looked_link);
		TAILQ_INSERT_TAIL(&ls->looked, l, looked_link);
	}
	schedule_set(
	    &ls->q->schedule, due, now + (ls->by_pair.n > MANY ? LOOK_OF_MANY_MS : LOOK_MS));
}

/* ---- whose lane it is ---- */

void
lane_forget(struct delivery *d)
{
	struct lane *l = d->lane;

	if (l == NULL)
		return;
	d->lane = NULL;
	l->deliveries--;
	l->used_ms = loop_now_ms();
}

static void
names(struct delivery *d, struct lane *l)
{
	l->used_ms = loop_now_ms();
	if (d->lane == l)
		return;
	lane_forget(d);
	d->lane = l;
	l->deliveries++;
}

/* ---- waking ---- */

void
lane_wake(struct lane *l)
{
	if (l->woken)
		return;
	l->woken = true;
	TAILQ_INSERT_TAIL(&home->woken, l, woken_link);
}

void
lane_wake_held(struct lane *l)
{
	while (!TAILQ_EMPTY(&l->held_hosts))
		lane_hosts_wake(TAILQ_FIRST(&l->held_hosts));
	lane_wake(l);
}

void
lanes_woken(struct lanes *ls, struct lane_list *list)
{
	TAILQ_INIT(list);
	TAILQ_CONCAT(list, &ls->woken, woken_link);
}

bool
lanes_any_woken(const struct lanes *ls)
{
	return !TAILQ_EMPTY(&ls->woken);
}

struct lane *
lane_list_next(struct lane_list *list)
{
	struct lane *l = TAILQ_FIRST(list);

	if (l == NULL)
		return NULL;
	TAILQ_REMOVE(list, l, woken_link);
	l->woken = false;
	return l;
}

void
lane_wake_at(struct lane *l, uint64_t at_ms)
{
	if (!schedule_has(&l->due) || l->due.at_ms > at_ms)
		schedule_set(&home->q->schedule, &l->due, at_ms);
}

void
lanes_wake_all(struct lanes *ls)
{
	for (struct lane *l = lanes_each(ls, NULL); l != NULL; l = lanes_each(ls, l))
		if (l->draw.n > 0)
			lane_wake(l);
}

struct lane_hosts_list *
lanes_stalled(void)
{
	return &home->stalled;
}

void
lanes_room(struct lanes *ls)
{
	while (!TAILQ_EMPTY(&ls->stalled))
		lane_hosts_wake(TAILQ_FIRST(&ls->stalled));
}

/* ---- lining up ---- */

static uint32_t
cost_of(const struct message *m)
{
	uint64_t cost = 1 + m->facts.size_bytes / COST_BYTES;

	return cost > COST_MOST ? COST_MOST : (uint32_t)cost;
}

static struct draw_place
place_of(const struct delivery *d)
{
	const struct message *m = d->message;

	return (struct draw_place){ m->envelope->tenant, m->envelope->campaign,
		d->immediate ? 0 : m->stream->priority, m->tenant->weight, d->first };
}

static void
busy(struct lane *l, bool is)
{
	if (l->busy != is)
		home->busy_n += is ? 1 : (size_t)-1;
	l->busy = is;
}

void
lane_served(struct lane *l)
{
	busy(l, l->draw.n > 0);
}

void
lane_put(struct lane *l, struct host_set *set, struct delivery *d)
{
	const struct message *m = d->message;
	struct draw_place place = place_of(d);

	busy(l, true);
	d->first = false;
	names(d, l);
	d->hosts = lane_hosts_of(l, set);
	draw_put(&d->hosts->waiting, &d->item, &place, cost_of(m));
	course_lane_watch(home->q, d);
	lane_hosts_wake(d->hosts);
}

/* Its hosts are looked at again, for it may have been the last that kept them. */
void
lane_take_out(struct delivery *d)
{
	if (d->item.in == NULL)
		return;
	draw_remove(&d->item);
	lane_hosts_wake(d->hosts);
}

/* ---- the window ---- */

static size_t
window(const struct lane *l)
{
	size_t lanes = home->busy_n + !l->busy, n = home->q->conf->memory_messages / 2 / lanes;
	uint64_t count, per_s;

	if (lane_rate(l, &count, &per_s) && count * WINDOW_S / per_s < n)
		n = (size_t)(count * WINDOW_S / per_s);
	return n < WINDOW_LEAST ? WINDOW_LEAST : n;
}

static bool
memory_is_plenty(void)
{
	return home->q->messages.by_id.n < home->q->conf->memory_messages / 2;
}

bool
lane_has_room(const struct lane *l, const struct delivery *d)
{
	struct draw_place place = place_of(d);
	size_t most;

	if (d->first || memory_is_plenty())
		return true;
	most = window(l);
	if (l->draw.n < most / 2)
		return true;
	return l->draw.n < most * 2 &&
	       draw_count(&l->draw, &place) < most / 2 / (l->draw.campaigns_n + 1);
}

void
lane_park(struct lane *l, struct delivery *d)
{
	const struct message *m = d->message;
	struct draw_place place = place_of(d);
	struct parked e = { .id = m->envelope->id, .index = d->index };

	names(d, l);
	e.next_ms = settle_parked(home->q, d);
	if (e.next_ms == 0)
		return;
	(void)parking_put(&l->parked, place.tenant, place.priority, &e);
	if (!l->busy) /* nothing that goes will wake it */
		lane_wake(l);
}

bool
lane_unpark(struct lane *l, struct parked *e)
{
	if (l->parked.n == 0 || l->draw.n >= window(l) / 2)
		return false;
	return parking_take(&l->parked, e);
}

/* ---- rates ---- */

/* The configured rate times what is left of it; where none is configured and the lane was cut, of what it carried then. */
bool
lane_rate(const struct lane *l, uint64_t *count, uint64_t *per_s)
{
	const struct limit *limit = &l->site->limits->of[LIMIT_MESSAGE_RATE];
	bool cut = adapt_state(&l->adapt, loop_now_ms()) == ADAPT_SLOWED;

	if (limit->value == 0 && !cut)
		return false;
	*count = adapt_share(&l->adapt, limit->value != 0 ? limit->value : l->adapt.measured);
	*per_s = limit->value != 0 ? limit->per_s : 60;
	return true;
}

bool
lane_is_paced(const struct lane *l)
{
	uint64_t count, per_s;

	return lane_rate(l, &count, &per_s);
}

bool
lane_is_full(const struct lane *l)
{
	return l->sessions_n >= lane_connections_max(l);
}

bool
lane_may_send(struct lane *l)
{
	uint64_t count, per_s, wait, now = loop_now_ms();

	if (l->adapt.until_ms > now) {
		l->wait = LANE_SUSPENDED;
		lane_wake_at(l, l->adapt.until_ms);
		return false;
	}
	if (!lane_rate(l, &count, &per_s)) {
		bucket_rest(&l->messages);
		return true;
	}
	wait = bucket_wait_ms(&l->messages, count, per_s, now);
	if (wait == 0)
		return true;
	l->wait = LANE_MESSAGE_RATE;
	lane_wake_at(l, now + wait);
	return false;
}

uint32_t
lane_connections_max(const struct lane *l)
{
	uint64_t n = l->site->limits->of[LIMIT_CONNECTIONS].value;

	return (uint32_t)adapt_share(&l->adapt, n == 0 ? 1000 : n);
}

bool
lane_may_connect(struct lane *l)
{
	const struct limit *rate = &l->site->limits->of[LIMIT_CONNECTION_RATE];
	uint64_t now = loop_now_ms(), wait;

	if (l->adapt.until_ms > now) {
		l->wait = LANE_SUSPENDED;
		lane_wake_at(l, l->adapt.until_ms);
		return false;
	}
	if (l->refused_ms > now) {
		l->wait = LANE_REFUSED;
		lane_wake_at(l, l->refused_ms);
		return false;
	}
	if (lane_is_full(l)) {
		l->wait = LANE_CONNECTIONS;
		return false;
	}
	if (rate->value == 0) {
		bucket_rest(&l->connections);
		return true;
	}
	wait = bucket_wait_ms(&l->connections, rate->value, rate->per_s, now);
	if (wait == 0)
		return true;
	l->wait = LANE_CONNECTION_RATE;
	lane_wake_at(l, now + wait);
	return false;
}

void
lane_sent(struct lane *l)
{
	bucket_take(&l->messages);
}

void
lane_unsent(struct lane *l)
{
	bucket_give_back(&l->messages);
}

void
lane_connected(struct lane *l)
{
	bucket_take(&l->connections);
}

/* ---- life ---- */

/* Where it is no more, the lane has it from the configuration that it was in. */
static void
source_again(struct lane *l, struct queued_conf *c)
{
	for (size_t i = 0; i < c->sources_n; i++) {
		if (!span_eq(c->sources[i].name, l->source->name))
			continue;
		l->source = &c->sources[i];
		queued_conf_keep(c);
		queued_conf_drop(l->conf);
		l->conf = c;
		return;
	}
}

void
lanes_conf(struct lanes *ls)
{
	for (struct lane *l = lanes_each(ls, NULL); l != NULL; l = lanes_each(ls, l)) {
		source_again(l, ls->q->conf);
		lane_wake(l);
	}
}
