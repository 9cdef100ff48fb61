/* delivery.h: one recipient of one message on its way: what is awaited, what happened last.
 *
 * delivery_move() writes the state (common/delivery_state.h), and only along the table in delivery.c; delivery_hold() for what is set aside (aside.h). A delivery lives as long as its message
 * is in memory; its file, marks and index record outlive it (store.h). */
#pragma once

#include "acks.h"
#include "delivery_state.h"
#include "draw.h"
#include "proto_deliver.h"
#include "schedule.h"
#include "verdict.h"

/* What the last attempt brought; kept for `why`, notices and events. Its texts are its own. */
struct attempt {
	uint64_t time_ms; /* since 1970 */
	enum deliver_outcome outcome;
	enum deliver_stage stage;
	uint16_t code;
	uint32_t took_ms;
	struct span enhanced, text, server, address, source, tls;
	/* the verdict */
	bool judged;
	uint8_t class, category, advice;
	uint32_t advice_s;
	bool later;         /* a 5yz whose words mean: not now */
	bool specific;      /* one such answer may stop a lane or a tenant */
	uint8_t confidence; /* percent */
	struct span status, words, rule, provider;
};

/* What an operator said of it while it was with somebody. */
enum delivery_order { ORDER_NONE, ORDER_HOLD, ORDER_DROP };

struct worker;
struct domain;
struct lane;
struct lane_hosts;
struct message;
struct transaction;

struct delivery {
	struct message *message;
	uint32_t index; /* recipient in the envelope */
	uint8_t state;
	uint8_t
	    order; /* enum delivery_order: followed as soon as it would wait again (aside_move()) */
	bool need_7bit;
	bool immediate;    /* an operator asked for a try now */
	bool first;        /* its turn had come already: it goes to the front of its line */
	bool away;         /* DEFERRED: no server was asked, its lane takes nothing */
	bool parked;       /* DEFERRED: its lane has no room for it in memory */
	bool unreached;    /* LANE: it was told that its hosts cannot be reached */
	bool delay_told;   /* the sender knows that it waits */
	bool given_up;     /* by an answer that is known, though the sender does not know it yet */
	uint8_t final;     /* enum final_kind, once it was given up or has ended */
	uint16_t attempts; /* made so far */
	TAILQ_ENTRY(delivery) waiting; /* for an answer of resolve, or its notice */
	struct domain *asking;         /* ROUTING: whose answer it waits for */
	struct draw_item item;
	struct lane *lane;        /* the last it stood in */
	struct lane_hosts *hosts; /* LANE: the hosts it waits for there */
	struct transaction *transaction;
	struct due due;   /* state's time-out, or the next attempt */
	uint64_t next_ms; /* DEFERRED: since 1970 */
	uint64_t job;     /* of the question that is out */
	uint64_t
	    checked; /* version of the suppression list it was not on; UINT64_MAX: bouncd said so */
	struct attempt *last;
	/* the result that is not yet acknowledged to its worker */
	struct worker *result_worker;
	uint64_t result_life, result_number;
};
TAILQ_HEAD(deliveries, delivery);

/* False: the table has no such move, the state is as it was. Callers with a struct queued use aside_move(). */
bool delivery_move(struct delivery *, enum delivery_state) __attribute__((warn_unused_result));
/* Held, from wherever it was: aside.c alone, which took it out of there. */
void delivery_hold(struct delivery *);
/* Whether it was told that its hosts cannot be reached. */
void delivery_unreached(struct delivery *, bool);
/* ENDED, by a drop that was taken back (control_acts.c): new again. */
void delivery_reopen(struct delivery *);
/* As people are told: one that lines up while its hosts cannot be reached is deferred, as its event said. */
enum delivery_state delivery_shown(const struct delivery *);
bool delivery_may(enum delivery_state from, enum delivery_state to);

struct span delivery_address(const struct delivery *);
/* Since its message was received. 0 where the clock was put back behind that. */
uint64_t delivery_age_ms(const struct delivery *);
struct span delivery_domain(const struct delivery *); /* what is behind the last @ */

/* Copies the result; what was there before is freed. */
void delivery_attempt(struct delivery *, const struct deliver_result *, uint64_t time_ms);
void delivery_judged(struct delivery *, uint8_t class, uint8_t category, uint8_t advice,
    uint32_t advice_s, struct span status, struct span words);
/* Whose rule said so, and how sure it is; once it is judged. */
void delivery_ruled(struct delivery *, struct span rule, struct span provider, uint8_t confidence);
