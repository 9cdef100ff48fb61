/* lane_hosts.h: a set of hosts as one lane reaches it: what waits for it there, its connections, and how it is doing.
 *
 * Hosts that do not answer are left alone by themselves: the lane, and the other sets in it, go on. It lives as long as
 * something waits for it, is connected to it, or has to be remembered of it. */
#pragma once

#include "draw.h"
#include "host_set.h"
#include "proto_deliver.h"
#include "schedule.h"

struct delivery;
struct lane;
struct session;
TAILQ_HEAD(session_list, session);

enum lane_hosts_listed {
	LANE_HOSTS_ASLEEP,  /* in none */
	LANE_HOSTS_WOKEN,   /* the lane's */
	LANE_HOSTS_HELD,    /* the lane's: they wait until it may do more */
	LANE_HOSTS_STALLED, /* of all lanes: they wait until a worker's channel has room */
};

/* What the last connection failed with. */
struct lane_failure {
	enum deliver_stage stage;
	enum deliver_cause cause;
	uint16_t code; /* 0: nobody replied */
	char enhanced[16];
	char *text;  /* the reply's, or why */
	char *words; /* all of it, for people; NULL: none failed */
};

struct lane_hosts {
	struct table_node by_set;
	TAILQ_ENTRY(lane_hosts) link; /* in the list that is named by: */
	enum lane_hosts_listed listed;
	struct lane *lane;
	struct host_set *set;
	struct draw_set waiting;
	struct session_list sessions;
	uint32_t sessions_n;
	uint32_t connecting_n;
	uint32_t allowed;    /* connections: one at first, more as servers answer */
	unsigned failures;   /* connections in a row that brought nothing */
	uint64_t backoff_ms; /* no connection before that */
	struct lane_failure failure;
	struct due due; /* its back-off is over, or it can be forgotten */
	/* Those that wait are told that they do, once: as many are still to be looked at, by turns of the draw. */
	bool telling;
	size_t untold;
};
TAILQ_HEAD(lane_hosts_list, lane_hosts);

/* In the lane: found, or made. */
struct lane_hosts *lane_hosts_of(struct lane *, struct host_set *);
struct lane_hosts *lane_hosts_of_item(const struct draw_item *);
/* Something it may go on for has changed: it is looked at when its lane is served. */
void lane_hosts_wake(struct lane_hosts *);
/* The lane may do nothing for it now: woken by lane_wake_held(). */
void lane_hosts_hold(struct lane_hosts *);
/* Its worker cannot take more now: woken by lanes_room(). */
void lane_hosts_stalled(struct lane_hosts *);
/* Takes the next out of those that were woken; NULL: none is left. */
struct lane_hosts *lane_hosts_next(struct lane *);
/* Frees it if nothing keeps it. True: it is gone. */
bool lane_hosts_done(struct lane_hosts *);

/* Whether one more connection is worth making now, as far as these hosts go. */
bool lane_hosts_want(const struct lane_hosts *);
/* Some connection stands. */
bool lane_hosts_stand(const struct lane_hosts *);
/* No connection stands, several failed, and the next try is later. */
bool lane_hosts_away(const struct lane_hosts *);
/* A connection failed, or ended without any answer to what it was given. False: so did another that was made at the same time,
 * and it counts once. */
bool lane_hosts_failed(struct lane_hosts *, const struct deliver_closed *, struct span words);
/* A connection stands. What it carries may be long: before it is answered, one more may be made than stand, for others. */
void lane_hosts_stood(struct lane_hosts *);
/* A connection got its first answer to a message. */
void lane_hosts_answered(struct lane_hosts *);
/* An operator wants a try now, or all forgotten that failed. */
void lane_hosts_release(struct lane_hosts *);
