/* submit_client.h: smtpd's end of the channel to queued (proto_submit.h): messages, questions, drafts.
 *
 * Answers come to waiters. When queued goes away all who wait are told 451: whether it has the message is not known, and
 * the client sends it again. */
#pragma once

#include "proto_submit.h"
#include "waiter.h"

struct role;
struct submit;

/* A file in the spool that is being filled. */
struct draft {
	uint32_t number;
	int fd;         /* -1: none */
	uint64_t epoch; /* of the queued it belongs to */
};

struct submit *submit_new(void);
void submit_connected(void *submit, unsigned instance, int fd); /* for role_on_peer() */

/* Is mail taken? 0, or the reply to MAIL in *text. */
uint16_t submit_state(const struct submit *, struct span *text);

void submit_ask(struct submit *, enum submit_ask_kind, struct span tenant, struct span address,
    struct waiter *, waiter_fn *, void *ctx);
void submit_bytes(struct submit *, const struct envelope *, const struct facts *, struct span bytes,
    struct waiter *, waiter_fn *, void *ctx);
/* Hands the filled draft over and closes it here. */
void submit_file(struct submit *, const struct envelope *, const struct facts *, struct draft *,
    struct waiter *, waiter_fn *, void *ctx);

/* -1: there is none now; more have been asked for. */
int submit_draft_take(struct submit *, struct draft *);
/* Until one is there to be taken (code 0), or cannot be had. Who came first is served first. */
void submit_draft_await(struct submit *, struct waiter *, waiter_fn *, void *ctx);
void submit_draft_drop(struct submit *, struct draft *); /* fine without one */
