/* settle.h: an attempt came to nothing: what becomes of the recipient, and what is kept of it. */
#pragma once

#include "final.h"
#include "message.h"

struct queued;

/* Waits for its next attempt, by its stream and at least wait_s (0: the stream alone); past its time it is given up. */
void settle_deferred(struct queued *, struct delivery *, uint32_t wait_s);
/* Its lane takes nothing for so long: it waits that long, whatever its stream says, and comes back at once when the lane is
 * released; past its time it is given up. */
void settle_away(struct queued *, struct delivery *, uint32_t wait_s);
/* Its hosts cannot be reached, and it waits for them in its lane; they are tried next at d->next_ms. */
void settle_unreached(struct queued *, struct delivery *);
/* No room in its lane's window: it waits on disk until there is some, without an event, and looks itself after some hours. Says
 * until when (ms since 1970); 0: it is elsewhere. */
uint64_t settle_parked(struct queued *, struct delivery *);
/* NEW, as the index has it: it was parked. By a queued before us: nobody remembers it there, it sets out anew. */
void
settle_resumed_parked(struct queued *, struct delivery *, uint64_t next_ms, uint64_t started_ms);
/* LANE: its sender hears that it is late, where that is due. */
void settle_delayed(struct queued *, struct delivery *);
/* No more attempts: the sender is told where that is due, then it ends. */
void settle_given_up(struct queued *, struct delivery *, enum final_kind);
/* The server took it. One that does not offer DSN (dsn false) tells nobody: the sender hears of it from us if NOTIFY asks. */
void settle_delivered(struct queued *, struct delivery *, bool dsn);
/* Its bytes on the disk are not what was accepted: set aside, bounced. */
void settle_damaged(struct queued *, struct delivery *);
/* NEW, as the index has it: waits until then (ms since 1970), without an event: it had one. */
void settle_resumed(struct queued *, struct delivery *, uint64_t next_ms);
/* NEW, paused as the index has it. */
void settle_resumed_paused(struct queued *, struct delivery *, uint64_t next_ms);
/* NEW, by an operator's word, while memory is crowded: due now, and its record says so; it may wait on disk. */
void settle_due_now(struct queued *, struct delivery *);
/* NEW: no room in memory; waits on disk for its first attempt. */
void settle_put_off(struct queued *, struct delivery *);
/* Mail to many, or that says so itself: what waits while the suppression list lacks what was on it. */
bool settle_is_bulk(const struct delivery *);
/* Where its tenant is paused, or the list is lost and it is bulk, it waits for the release, and expires like any other. False: it
 * goes on. */
bool settle_if_paused(struct queued *, struct delivery *);
/* Nobody was asked so far: the words of the notice, or of the question what it means. What was tried keeps its words. */
void settle_untried(struct delivery *, const char *why);
/* HELD: until it is released or expires; the index has it. */
void settle_held(struct queued *, struct delivery *);
/* In somebody's hand, and to be held or dropped if it comes back: after a start it is held, so that it does not go out. */
void settle_ordered(struct queued *, struct delivery *);
/* NEW, held as the index has it. */
void settle_resumed_held(struct queued *, struct delivery *);
/* NEW, by an operator's word: the index knows that it is due now, so that a start goes on from there. */
void settle_freed(struct queued *, struct delivery *);
