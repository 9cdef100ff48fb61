/* lane.h: one pair of source and site: what lines up there, what its limits are, and how it is doing.
 *
 * Whoever changes something a lane may go on for calls lane_wake(); at the end of the turn the pool serves the lanes that
 * were woken, and no other. */
#pragma once

#include "adapt.h"
#include "ban.h"
#include "delivery.h"
#include "site.h"

struct queued;
struct lanes;
struct session;
TAILQ_HEAD(session_list, session);

/* Permits of a rate: a bucket that fills with time. */
struct bucket {
	double tokens;
	uint64_t at_ms;
};

/* Why a lane's mail waits, for people and for `why`. */
enum lane_wait {
	LANE_FREE,
	LANE_CONNECTIONS,
	LANE_CONNECTION_RATE,
	LANE_MESSAGE_RATE,
	LANE_SUSPENDED,
	LANE_BACKOFF,
	LANE_NO_WORKER,
	LANE_CONNECTING,
};

struct lane {
	struct table_node by_pair;
	TAILQ_ENTRY(lane) woken_link;
	bool woken;
	const struct source *source;
	struct site *site;
	struct limits limits;
	struct adapt adapt;
	struct bans bans; /* tenants that are suspended here */
	struct draw draw;
	struct session_list sessions; /* those that stand or are being made */
	uint32_t sessions_n, connecting_n;
	struct bucket messages, connections;
	struct due due;      /* wakes it when a rate, a back-off or a suspension lets it go on */
	uint64_t backoff_ms; /* no connection before that */
	unsigned failures;   /* connections that did not come to stand, in a row */
	char failure[ADAPT_REASON_MAX];
	enum lane_wait wait;
	uint64_t delivered, deferred, bounced;
	uint32_t minute_n; /* messages in the current minute, and in the last */
	uint32_t minute_last;
	uint64_t minute_at_ms;
};

struct lanes *lanes_new(struct queued *);
struct lane *lane_of(struct lanes *, const struct source *, struct site *);
size_t lanes_n(const struct lanes *);
struct lane *lanes_each(const struct lanes *, struct lane *); /* NULL begins and ends */
/* Those that were woken go over into the list, which lane_list_next() empties. */
TAILQ_HEAD(lane_list, lane);
void lanes_woken(struct lanes *, struct lane_list *);
bool lanes_any_woken(const struct lanes *);
struct lane *lane_list_next(struct lane_list *);
void lane_wake(struct lane *);
void lane_wake_at(struct lane *, uint64_t at_ms);
void lanes_wake_all(struct lanes *);

void lane_put(struct lane *, struct delivery *);
void lane_take_out(struct delivery *); /* from its place in the draw */

/* Whether the rates allow one more now; if not, the lane is woken when they do. */
bool lane_may_send(struct lane *);
bool lane_may_connect(struct lane *);
void lane_sent(struct lane *, unsigned messages);
void lane_connected(struct lane *);
uint32_t lane_connections_max(const struct lane *);

/* What happened there. */
void lane_clean(struct lane *);                   /* a delivery was accepted */
void lane_slow(struct lane *, struct span reply); /* it said: too much */
void lane_suspend(struct lane *, uint32_t for_s, struct span reply);
/* It takes nothing of that tenant's content. */
void lane_suspend_tenant(struct lane *, struct span tenant, uint32_t for_s, struct span reply);
const struct ban *lane_ban(const struct lane *, const struct delivery *); /* NULL: it may go */
unsigned lanes_lift(struct lanes *, struct span tenant); /* everywhere; how many that were */
void lane_connect_failed(struct lane *, struct span why);
void lane_release(struct lane *); /* an operator says: as configured, now */
/* An operator wants one delivery tried: back-off and suspension do not stop it. What the next answer says counts again. */
void lane_probe(struct lane *);
const char *lane_wait_name(enum lane_wait);
/* Sites' limits were looked up anew. */
void lanes_conf(struct lanes *);
