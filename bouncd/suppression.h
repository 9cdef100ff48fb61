/* suppression.h: whom not to mail: the suppression list on LMDB; the only user of that database.
 *
 * An entry is a scope (empty: everybody's; a tenant; "tenant/list") and an address in its canonical form: local part
 * and domain in lower case, so that no spelling slips past. Entries past their expiry count as absent; sweep takes
 * them away. One process owns the database. Each add or rm is durable when it returns; between begin and commit many
 * are one transaction. */
#pragma once

#include "buf.h"
#include "err.h"
#include "siphash.h"

struct suppression;

enum suppression_reason {
	SUPPRESSED_HARD_BOUNCE,
	SUPPRESSED_COMPLAINT,
	SUPPRESSED_UNSUBSCRIBED,
	SUPPRESSED_BY_HAND,
	SUPPRESSED_IMPORTED,
	SUPPRESSED_SOFT_BOUNCES, /* too many over days */
};

enum { SUPPRESSION_SCOPE_MAX = 120, SUPPRESSION_ADDRESS_MAX = 320, SUPPRESSION_EVENT_MAX = 40 };

struct suppression_entry {
	char scope[SUPPRESSION_SCOPE_MAX + 1];
	char address[SUPPRESSION_ADDRESS_MAX + 1]; /* canonical */
	enum suppression_reason reason;
	uint64_t time_s, expires_s;            /* Unix time; expires_s 0: never */
	char event[SUPPRESSION_EVENT_MAX + 1]; /* id of the event it came from; "" none */
};

const char *suppression_reason_word(enum suppression_reason);
int suppression_reason_of(struct span word); /* -1: no such word */

/* folder exists and is ours; max_bytes: the most the database may grow to. NULL: err says why. */
struct suppression *suppression_open(const char *folder, size_t max_bytes, struct err *);
void suppression_close(struct suppression *);

/* Fills scope and address, canonical. -1: no address, or too long. */
int
suppression_name(struct suppression_entry *, struct span scope, struct span address, struct err *);

/* Adds, or replaces what is there. A complaint, an unsubscribe or an entry by hand is not replaced by a bounce. */
int suppression_add(struct suppression *, const struct suppression_entry *, struct err *);
/* 1: removed; 0: was not there; -1: err. */
int suppression_rm(struct suppression *, struct span scope, struct span address, struct err *);
/* 1: suppressed for that scope, or for the scopes around it ("tenant/list", "tenant", ""); *out is the widest
 * entry that holds. 0: not. */
int suppression_why(struct suppression *, struct span scope, struct span address, uint64_t now_s,
    struct suppression_entry *out, struct err *);

/* Calls each for every entry in order of address then scope, from (not NULL: behind that one) on; each returns false
 * to stop. Expired ones too. No add or rm inside. */
int suppression_list(struct suppression *, const struct suppression_entry *from,
    bool (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *);
/* Removes what expired before now_s, at most max of them; how many, or -1. */
int suppression_sweep(struct suppression *, uint64_t now_s, unsigned max, struct err *);
size_t suppression_count(struct suppression *);

/* Many changes, one transaction: begin, adds and rms, commit (durable) or abort. */
int suppression_begin(struct suppression *, struct err *);
int suppression_commit(struct suppression *, struct err *);
void suppression_abort(struct suppression *);

/* What queued holds of an entry: of scope and address, canonical or not. */
uint64_t suppression_hash(const struct siphash_key *, struct span scope, struct span address);
