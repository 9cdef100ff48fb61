/* lane.h: one pair of source and site: what lines up there, what its limits are, and how it is doing.
 *
 * A site's domains may have very many sets of hosts, one each: a lane keeps what waits for each apart (lane_hosts.h), and
 * shares out among them what is limited for all. Whoever changes something a lane may go on for calls lane_wake(), or
 * lane_hosts_wake() where it concerns one set; at the end of the turn the pool serves the lanes, and of each the sets, that
 * were woken, and no other. */
#pragma once

#include "adapt.h"
#include "ban.h"
#include "bucket.h"
#include "delivery.h"
#include "domain.h"
#include "lane_hosts.h"
#include "parking.h"
#include "site.h"

struct queued;
struct lanes;
struct session;

/* Why a lane's mail waits, for people and for `why`. */
enum lane_wait {
	LANE_FREE,
	LANE_CONNECTIONS,
	LANE_CONNECTION_RATE,
	LANE_MESSAGE_RATE,
	LANE_SUSPENDED,
	LANE_REFUSED,
	LANE_NO_WORKER,
	LANE_CONNECTING,
};

/* Servers that ended connections which had carried mail, with a reply: no failure, but people want to know. */
struct lane_dismissal {
	uint64_t at_ms; /* the last one */
	uint32_t n;     /* so far, with no more than LANE_DISMISSAL_MS between two */
	char words[ADAPT_REASON_MAX];
};
enum { LANE_DISMISSAL_MS = 10 * 60 * 1000 };

struct lane {
	struct table_node by_pair;
	TAILQ_ENTRY(lane) woken_link;
	TAILQ_ENTRY(lane)
	looked_link;         /* among all, by when it was last looked at whether it can go */
	uint32_t deliveries; /* in memory, that name it as theirs */
	uint64_t used_ms;    /* when mail last came or went here */
	bool woken;
	const struct source *source;
	struct queued_conf *conf; /* that the source is of */
	struct site *site;
	struct adapt adapt;
	struct suspicion blamed; /* our source, in general words */
	struct bans bans;        /* tenants that are suspended here */
	struct draw draw;
	struct table hosts;                             /* struct lane_hosts, by their set */
	struct lane_hosts_list woken_hosts, held_hosts; /* of them */
	size_t failing_n;                               /* of them: cannot be reached */
	struct session_list sessions; /* that stand or are being made, the oldest first */
	struct session_list idle;     /* that stand and have nothing to do, since longest first */
	struct table idle_at;         /* the same, by the host they are connected to */
	uint32_t sessions_n, connecting_n, closing_n;
	uint32_t reached_n; /* sets of hosts with a session */
	struct bucket messages, connections;
	struct due due; /* wakes it when a rate, a back-off or a suspension lets it go on */
	unsigned
	    refusals; /* connections in a row that were refused with a reply, by one set of hosts after another */
	const struct host_set *refused_by; /* the last; only compared */
	uint64_t refused_ms;               /* no connection before that */
	char refusal[ADAPT_REASON_MAX];
	struct lane_dismissal *dismissal; /* NULL: none yet */
	enum lane_wait wait;
	uint64_t delivered, deferred, bounced;
	struct minute accepted;
	bool busy;             /* mail waits, or did when it was served last */
	struct parking parked; /* what is beyond its window */
};

struct lanes *lanes_new(struct queued *);
struct lane *lane_of(struct lanes *, const struct source *, struct site *);
/* The delivery leaves memory: it names no lane any more. A lane without mail goes after an hour, unless something was learned of it,
 * which is kept for a day; where there are very many they go at once. */
void lane_forget(struct delivery *);
size_t lanes_n(const struct lanes *);
struct lane *lanes_each(const struct lanes *, struct lane *); /* NULL begins and ends */
/* Those that were woken go over into the list, which lane_list_next() empties. */
TAILQ_HEAD(lane_list, lane);
void lanes_woken(struct lanes *, struct lane_list *);
bool lanes_any_woken(const struct lanes *);
struct lane *lane_list_next(struct lane_list *);
void lane_wake(struct lane *);
void lane_wake_at(struct lane *, uint64_t at_ms);
/* A connection ended, or a suspension: the hosts that it holds look again. */
void lane_wake_held(struct lane *);
void lanes_wake_all(struct lanes *);
void lanes_room(struct lanes *); /* a worker can take more: who waited for that is woken */
struct lane_hosts_list *lanes_stalled(void);

/* Lines up for these hosts. */
void lane_put(struct lane *, struct host_set *, struct delivery *);
/* Whether there is room for it in the lane's window. While memory has plenty there is for all; then the lanes in which mail
 * waits share half of it, one with a rate gets no more than minutes of that, and who has little there goes before the rest. */
bool lane_has_room(const struct lane *, const struct delivery *);
/* It waits on disk for room. */
void lane_park(struct lane *, struct delivery *);
/* The next that comes back now; false: none, or there is no room for more. */
bool lane_unpark(struct lane *, struct parked *);
void lane_served(struct lane *);
void lane_take_out(struct delivery *); /* from its place in the draw */
struct queued *lane_queued(const struct lane *);

/* Whether the rates allow one more now; if not, the lane is woken when they do. */
bool lane_may_send(struct lane *);
bool lane_may_connect(struct lane *);
/* The rate of messages that is in force now: count a per_s seconds; false: none is. */
bool lane_rate(const struct lane *, uint64_t *count, uint64_t *per_s);
bool lane_is_paced(const struct lane *); /* a rate holds its messages */
bool lane_is_full(const struct lane *);  /* of connections */
void lane_sent(struct lane *);
void lane_unsent(struct lane *); /* one never left: its permit is given back */
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
/* A server refused a connection with a reply. One is that server's business; several in a row are the provider's. */
void lane_refused(struct lane *, const struct host_set *by, struct span reply);
/* A server ended a connection over which it had answered, and said why. It slows nothing: many end each after so many messages. */
void lane_dismissed(struct lane *, struct span words);
/* What they said lately; NULL: nothing. */
const struct lane_dismissal *lane_dismissal(const struct lane *);
void lane_opened(struct lane *);  /* one let us in */
void lane_release(struct lane *); /* an operator says: as configured, now */
/* An operator wants this delivery, which lines up here, tried: back-off and suspension do not stop it. What the next answer
 * says counts again. */
void lane_probe(struct lane *, const struct delivery *);
const char *lane_wait_name(enum lane_wait);
/* Sources were read anew, and sites' limits. */
void lanes_conf(struct lanes *);
