/* worker.h: what the sessions of one process share: configuration, channels, counters; and its end. */
#pragma once

#include "policy.h"

#include <bsd/sys/queue.h>

struct auth_client;
struct clients;
struct role;
struct session;
struct submit;
struct timer;

enum { SCRATCH_BYTES = 128 * 1024 };

TAILQ_HEAD(session_list, session);

struct worker {
	struct role *role;
	const char *hostname;
	struct policy *policy;
	struct submit *submit;
	struct auth_client *auth;
	struct clients *clients;
	struct session_list sessions;
	unsigned sessions_n;
	size_t headers_bytes; /* of headers that are not whole yet, of all sessions */
	struct timer *deadline;
	bool leaving;                /* takes no new connections */
	bool stopping;               /* and no new messages */
	bool over;                   /* the deadline has passed */
	char scratch[SCRATCH_BYTES]; /* what is being read */
};

struct worker *worker_new(struct role *, const struct conf *);
/* For role_on_stop(): no new sessions. Those there are go on until the deadline if others have taken over (a reload); else idle ones
 * end at once, and the others after their message. */
void worker_stop(void *worker, unsigned deadline_s);
/* A session has ended. */
void worker_left(struct worker *);
