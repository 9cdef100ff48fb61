/* proto_master.h: all that the master and a role ever say to each other, on descriptor 3.
 *
 * At the start: HELLO, GIVE and PEER records in any order, GO; the role sandboxes itself and answers
 * READY or FAILED. Later: new PEERs, PING, PREPARE and COMMIT or ABORT, STOP. */
#pragma once

#include "msg.h"

enum { MASTER_FD = 3 };

enum master_type {
	MASTER_HELLO = 1, /* master: who you are */
	MASTER_GIVE, /* master: a named descriptor; "handed" holds configuration and secrets (handed.h) */
	MASTER_PEER,     /* master: a channel to another role */
	MASTER_GO,       /* master: that was all */
	MASTER_PING,     /* master; the role says it back */
	MASTER_STOP,     /* master: let running transactions end until the deadline, exit */
	MASTER_PREPARE,  /* master: "handed" came anew: would you take it? */
	MASTER_COMMIT,   /* master: take it */
	MASTER_ABORT,    /* master: forget it */
	MASTER_READY,    /* role */
	MASTER_FAILED,   /* role: why, and the exit code of sysexits */
	MASTER_PREPARED, /* role: yes */
	MASTER_REFUSED,  /* role: no, and why */
	MASTER_WORKING,  /* role, while it starts: still at it, and at what */
	MASTER_LOST,     /* role: the channel to that peer is closed; if it lives, a new one */
};

struct master_hello {
	uint8_t role; /* enum role_kind */
	uint16_t instance;
	uint64_t generation;
	uint32_t uid;
	uint32_t gid;
	uint16_t node;
	uint8_t log_level;
	struct span empty; /* folder to chroot into */
};

struct master_give {
	struct span name; /* "listen inbound 0", "spool", "events", "handed" */
	uint8_t kind;     /* what it is, as the name says */
	int fd;
};

struct master_peer {
	uint8_t role;
	uint16_t instance;
	int fd;
};

struct master_go {
	uint16_t peers; /* how many channels came */
};

struct master_ping {
	uint64_t number;
};

struct master_stop {
	uint32_t deadline_s;
	bool replaced; /* a reload: one of the new configuration has taken over */
};

struct master_prepare {
	uint64_t generation;
};

struct master_commit {
	uint64_t generation;
};

struct master_abort {
	uint64_t generation;
};

struct master_ready {
	struct span selftest; /* what was tried and refused, words */
	uint64_t generation;  /* the one HELLO named */
};

struct master_working {
	struct span what; /* "reading the journal" */
};

struct master_failed {
	uint8_t exit_code;
	struct span why;
};

struct master_prepared {
	uint64_t generation;
};

struct master_refused {
	uint64_t generation;
	struct span why;
};

struct master_lost {
	uint8_t role; /* enum role_kind */
	uint16_t instance;
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void master_hello_put(struct chan *, const struct master_hello *);
int master_hello_get(struct msg *, struct master_hello *);
void master_give_put(struct chan *, const struct master_give *);
int master_give_get(struct msg *, struct master_give *);
void master_peer_put(struct chan *, const struct master_peer *);
int master_peer_get(struct msg *, struct master_peer *);
void master_go_put(struct chan *, const struct master_go *);
int master_go_get(struct msg *, struct master_go *);
void master_ping_put(struct chan *, const struct master_ping *);
int master_ping_get(struct msg *, struct master_ping *);
void master_stop_put(struct chan *, const struct master_stop *);
int master_stop_get(struct msg *, struct master_stop *);
void master_prepare_put(struct chan *, const struct master_prepare *);
int master_prepare_get(struct msg *, struct master_prepare *);
void master_commit_put(struct chan *, const struct master_commit *);
int master_commit_get(struct msg *, struct master_commit *);
void master_abort_put(struct chan *, const struct master_abort *);
int master_abort_get(struct msg *, struct master_abort *);
void master_ready_put(struct chan *, const struct master_ready *);
int master_ready_get(struct msg *, struct master_ready *);
void master_working_put(struct chan *, const struct master_working *);
int master_working_get(struct msg *, struct master_working *);
void master_failed_put(struct chan *, const struct master_failed *);
int master_failed_get(struct msg *, struct master_failed *);
void master_prepared_put(struct chan *, const struct master_prepared *);
int master_prepared_get(struct msg *, struct master_prepared *);
void master_refused_put(struct chan *, const struct master_refused *);
int master_refused_get(struct msg *, struct master_refused *);
void master_lost_put(struct chan *, const struct master_lost *);
int master_lost_get(struct msg *, struct master_lost *);
