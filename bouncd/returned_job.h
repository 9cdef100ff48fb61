/* returned_job.h: a mail that came back, on its way through bouncd, as its files see it:
 *
 *	returned.c	takes it from queued, answers queued
 *	parsers.c	hands it to a bouncd-parse and takes the facts
 *	returned_tie.c	finds out whose it is: token, headers, Message-ID (asks stats)
 *	returned_tell.c	what it means: events, suppression, feedback; durable before it is answered
 *	outcome.c	the decisions, pure */
#pragma once

#include "arena.h"
#include "bouncd.h"
#include "outcome.h"
#include "proto_bounce.h"

#include <bsd/sys/queue.h>

struct parser;

struct job {
	TAILQ_ENTRY(job) all;
	TAILQ_ENTRY(job) link; /* of its parser */
	TAILQ_ENTRY(job) told; /* waits for the disk */
	struct bouncd *bouncd;
	uint64_t number, queued_job;
	struct parser *parser; /* that has it */
	struct arena *arena;
	struct bounce_returned
	    asked; /* spans copied; the mail's bytes only while it waits for a parser */
	struct came_back back;
	bool forgotten;  /* queued went away */
	bool unreadable; /* it has killed too many parsers */

	enum tie tie;
	struct bounce_token token; /* and whose it is; about and index: what it names */
	struct bounce_owner owner;
	struct id about;
	uint32_t index;
	struct looked_up looked[LOOKUPS_MAX];
	unsigned looked_n, open;

	struct outcome outcomes[OUTCOMES_MAX];
	struct verdict verdicts[OUTCOMES_MAX];
	bool repeats[OUTCOMES_MAX];
	unsigned outcomes_n;
	struct span tenant, forward;
};

/* returned.c: the last of a job. kind: empty where it is not ok. */
void returned_answer(struct job *, bool ok, const char *kind);
/* The facts are there; a parser died of it or beside it. */
void returned_parsed(struct job *);
void returned_lost(struct job *);

/* returned_tie.c: returned_tied() follows, perhaps within the call. */
int returned_tie_start(struct bouncd *, struct err *);
const struct bounce_keys *returned_keys(void);
void returned_tie(struct job *);
void returned_tied(struct job *);

/* returned_tell.c */
void returned_tell_start(struct bouncd *);
void returned_tell(struct job *);
