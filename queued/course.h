/* course.h: the course of a delivery: what happens next after each thing that happened to it.
 *
 * new -> (suppressed? returned?) -> routing -> lane -> sending -> ended, or verdict -> deferred -> new, or notice -> ended.
 * Each function takes the delivery in the state it names, moves it on, and asks whoever must be asked. final.c ends it. */
#pragma once

#include "err.h"
#include "forward.h"
#include "message.h"
#include "proto_bounce.h"

struct queued;
struct lane;
struct lane_hosts;
struct parked;
struct worker;
struct transaction;
struct final_why;

/* A message that is on disk sets out: each open delivery that is new begins. */
void course_set_out(struct queued *, struct message *);
void course_begin(struct queued *, struct delivery *); /* NEW */

/* Answers to questions. */
void course_routed(struct queued *, struct delivery *); /* ROUTING */
void course_confirmed(
    struct queued *, struct delivery *, bool suppressed, const struct final_why *); /* CONFIRM */
void course_unconfirmed(struct queued *, struct delivery *); /* CONFIRM: nobody could say */
void
course_judged(struct queued *, struct delivery *); /* VERDICT: d->last is judged, or nobody did */
/* RETURNED; NULL: bouncd did not answer. */
void course_returned(struct queued *, struct delivery *, const struct bounce_stored *);
void course_forwarded(struct queued *, struct delivery *, enum forward_end); /* RETURNED */
void course_noticed(struct queued *, struct delivery *); /* NOTICE: the notice is on disk */

/* Results of deliverd. Awaits: it is with deliverd, or may still become so at a start. */
bool course_awaits_result(struct queued *, struct delivery *);
void course_result(struct queued *, struct delivery *, const struct deliver_result *);
/* A result nobody waits for: of a recipient that ended before a restart, or unknown. */
void
course_stray(struct queued *, struct worker *, const struct deliver_result *, struct delivery *);
void course_underway(struct queued *, struct delivery *, struct worker *);
void course_worker_gone(struct queued *, struct worker *);

/* The lane's doings. */
/* A connection to these hosts never stood, or brought no answer. */
void course_connect_failed(struct queued *, struct lane_hosts *, const struct deliver_closed *);
/* One that had brought answers was ended by the server with a reply. */
void course_dismissed(struct lane_hosts *, const struct deliver_closed *);
/* LANE, taken out of its draw: the lane is suspended. */
void course_lane_away(struct queued *, struct delivery *);
/* LANE: its hosts cannot be reached. It stays in its lane; it is told so once, and waits in silence. */
void course_hosts_away(struct queued *, struct delivery *);
/* DEFERRED, parked: there is room in its lane. One that went on meanwhile is left alone. */
void course_unpark(struct queued *, const struct parked *);
/* LANE: wakes it when its time is over there, or its sender is to hear that it is late. */
void course_lane_watch(struct queued *, struct delivery *);
/* LANE, before it is sent: what is known of its domain is not what it lined up by. True: it went elsewhere, or its domain is
 * asked about again. */
bool course_moved(struct queued *, struct delivery *);
/* The configuration changed: what waits in lanes goes where it would go now. */
void course_conf(struct queued *);
void course_tenant_away(struct queued *, struct delivery *); /* LANE, taken out: suspended there */
void course_expired(struct queued *, struct delivery *);     /* LANE, taken out */
/* LANE, taken out, before it is sent: a bounce of a minute ago may have put it onto the suppression list. True: bouncd is
 * asked. */
bool course_recheck(struct queued *, struct delivery *);
void course_unreadable(struct queued *, struct transaction *, const struct err *);
void course_not_rewritten(struct queued *, struct transaction *, bool ever, struct span why);

/* The suppression list lacks what was on it: bulk mail in lanes waits. It is back: what waits for it goes. */
void course_list_lost(struct queued *);
void course_list_restored(struct queued *);
/* A tenant was paused: what stands in lanes waits. Released: what waits for it goes. */
void course_tenant_paused(struct queued *, struct span tenant);
void course_tenant_released(struct queued *, struct span tenant);
/* An operator released the lane: who was sent away comes back. */
void course_lane_released(struct queued *, struct lane *);

/* What operators do. */
enum course_act {
	ACT_NOT, /* it is not in a state for it */
	ACT_DONE,
	ACT_LATER, /* somebody has it in hand: it is done if it comes back, and not if a server takes it */
};
enum course_act course_hold(struct queued *, struct delivery *);
enum course_act course_release(struct queued *, struct delivery *);
enum course_act course_retry(struct queued *, struct delivery *);
enum course_act course_drop(struct queued *, struct delivery *);
/* Given up now, as if its server had refused it for good, or its time were over: the sender hears of it. What somebody has in
 * hand is let be. */
enum course_act course_bounce(struct queued *, struct delivery *);
enum course_act course_expire(struct queued *, struct delivery *);
/* ENDED, dropped, while others of its message wait: new again. */
enum course_act course_undrop(struct queued *, struct delivery *);
