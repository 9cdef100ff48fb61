/* waiter.h: who waits for which answer of another process.
 *
 * A session embeds one waiter, as it waits for one thing at a time. An answer that nobody waits for any more finds nobody. */
#pragma once

#include "span.h"

#include <bsd/sys/cdefs.h>
#include <bsd/sys/tree.h>

/* code 0: yes. Else an SMTP reply, the text beginning with its enhanced code. The waiter is out of the list when it is called. */
typedef void waiter_fn(void *ctx, uint16_t code, struct span text);

struct waiter {
	RB_ENTRY(waiter) tree;
	struct waiters *in; /* NULL: waits for nothing */
	uint64_t ticket;
	waiter_fn *answered;
	void *ctx;
};

RB_HEAD(waiter_tree, waiter);

struct waiters {
	struct waiter_tree tree;
};

void waiters_init(struct waiters *);
void waiter_add(struct waiters *, struct waiter *, uint64_t ticket, waiter_fn *, void *ctx);
void waiter_forget(struct waiter *); /* fine when it waits for nothing */
void waiters_answer(struct waiters *, uint64_t ticket, uint16_t code, struct span text);
/* Whoever has waited longest, if any: the lowest ticket. */
void waiters_answer_first(struct waiters *, uint16_t code, struct span text);
/* The peer is gone: the same answer for all. */
void waiters_answer_all(struct waiters *, uint16_t code, struct span text);
