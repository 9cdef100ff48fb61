/* links.h: which tracking links are switched off, by whom and why: the kill switch for phishing.
 *
 * A few, kept in links.mdb of bouncd's folder, each change durable when it returns. trackd-web is told (web.h). The only
 * user of that file. */
#pragma once

#include "err.h"
#include "proto_web.h"

enum { LINKS_REASON_MAX = 300 }; /* bytes */

struct links;

struct link_block {
	enum web_block_kind kind;
	char value[WEB_BLOCK_VALUE_MAX + 1]; /* as proto_web.h has it */
	uint64_t time_s;
	unsigned actor;                    /* uid */
	char reason[LINKS_REASON_MAX + 1]; /* "": none was given */
};

/* In that folder, which is ours. NULL: err says why. */
struct links *links_open(const char *folder, struct err *);
void links_close(struct links *);

/* Blocks again what an event file (bouncd.jsonl) tells was blocked and not unblocked since: what is known where links.mdb had
 * to be begun anew. How many; -1: err. */
long links_rebuild(struct links *, int events, struct err *);

/* Many changes, one wait for the disk: between true and false none is durable. -1: they are not on disk. */
int links_together(struct links *, bool begin);

/* Fills kind and value from what a person wrote: a host or a URL, "tenant/campaign", a tenant. -1: err says in words
 * what is wrong. */
int links_name(struct link_block *, struct span kind, struct span what, struct err *);
const char *links_kind_word(enum web_block_kind);

/* 1: it is blocked from now on; 0: it was, and *b is what stands there; -1: err. */
int links_block(struct links *, struct link_block *b, struct err *);
/* 1: no longer, and *b is what stood there; 0: it was not; -1: err. */
int links_unblock(struct links *, struct link_block *b, struct err *);
/* All, by kind and value; each returns false to stop. */
int links_each(
    struct links *, bool (*each)(void *arg, const struct link_block *), void *arg, struct err *);
