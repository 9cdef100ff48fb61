/* suppression.h: whom not to mail: the suppression list, and the counts of results that may lead there.
 *
 * The bulk lies packed in a file (suppression_base.h); what changed since lies in LMDB, above it, and is merged into a new
 * file from time to time, some entries a call, so that a list of ten million stops nobody. Expired entries count as absent,
 * and leave with the next merge. One process owns the folder:
 *
 *	data.mdb lock.mdb   changes, scopes, counts, which file is in force
 *	base.0 base.1       the packed files
 *	key                 of all hashes; without it the list is worth nothing
 *	lost                while a list is begun anew because the one before was lost
 *
 * and another one, with the second copy (suppression_copy.c): copy.0 copy.1, written after a merge by turns.
 *
 * Each change is durable when it returns; between begin and commit many are one transaction. */
#pragma once

#include "suppression_entry.h"

struct suppression;

struct suppression_options {
	uint64_t max_bytes; /* of LMDB and of the packed file, each */
	const char *copies; /* folder of the second copy; NULL: none is kept */
	bool
	    hashed; /* keep no address, only its hash; ones that are there lose theirs with the next merge */
};

/* folder exists and is ours. NULL: err says why. A list that was lost is not looked for. */
struct suppression *
suppression_open(const char *folder, const struct suppression_options *, struct err *);
void suppression_close(struct suppression *);

/* The same, and it always comes up where there is a disk to come up on: a list that is damaged, or missing where there is a copy
 * of one, is set aside, and an empty one is begun that knows that it lacks what was there. Before the sandbox. *lost: this
 * happened now, and why. NULL: err. */
struct suppression *suppression_begin_or_open(
    const char *folder, const struct suppression_options *, bool *lost, struct err *);
/* Why it lacks what was there, until it is restored; NULL: it lacks nothing. Kept over restarts. */
const char *suppression_lost(const struct suppression *);
/* Brings back the newest copy that is whole, below what came since; or, without one, says that it shall be good as it is. How
 * many entries there are; -1: err, and nothing changed. Waits for the disk. */
int suppression_restore(struct suppression *, bool without_copy, uint64_t *entries, struct err *);

/* A copy that is to be written: of the packed file in force, which no merge touches until it is freed. NULL: none is to be. */
struct suppression_copy *suppression_copy_new(struct suppression *);
/* Waits for the disk; in any thread. -1: err, and the copy before stands. */
int suppression_copy_write(struct suppression_copy *, struct err *);
void suppression_copy_free(struct suppression *, struct suppression_copy *);
/* Something changed since the packed file was made. */
bool suppression_changed(struct suppression *);

/* Adds, or replaces what is there; fills the entry's hash. A complaint, an unsubscribe or an entry by hand is not replaced
 * by a bounce. */
int suppression_add(struct suppression *, struct suppression_entry *, struct err *);
/* Takes away the entry of that scope and address (of suppression_name()). 1: removed, reason filled; 0: was not there; -1: err. */
int suppression_rm(struct suppression *, struct suppression_entry *, struct err *);
/* 1: suppressed for that scope, or for the scopes around it ("tenant/list", "tenant", ""); *out is the widest
 * entry that holds. 0: not. */
int suppression_why(struct suppression *, struct span scope, struct span address, uint64_t now_s,
    struct suppression_entry *out, struct err *);
/* Removes all of an address, in whatever scopes, and its counts; calls each (NULL: none) for what was there. How many
 * entries; -1: err. */
long suppression_forget(struct suppression *, struct span address,
    void (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *);

/* Calls each for every entry in order of hashes, from (not NULL: behind that one) on; each returns false to stop.
 * Expired ones too. No change inside. */
int suppression_list(struct suppression *, const struct suppression_hash *from,
    bool (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *);
/* The same for one address, in whatever scopes. */
int suppression_person(struct suppression *, struct span address,
    bool (*each)(void *arg, const struct suppression_entry *), void *arg, struct err *);
uint64_t suppression_count(
    struct suppression *); /* about: what was changed since the last merge counts twice */

/* Many changes, one transaction: begin, changes, commit (durable) or abort. */
int suppression_begin(struct suppression *, struct err *);
int suppression_commit(struct suppression *, struct err *);
void suppression_abort(struct suppression *);
/* The same in three: hand it over (in the loop), commit it (in any thread: it waits for the disk), take the result (in the loop).
 * Between the first and the last the list is as it was before begin, and nothing can be changed. */
void suppression_commit_hand(struct suppression *);
void suppression_commit_run(struct suppression *);
int suppression_commit_end(struct suppression *, struct err *);

/* ---- merging ---- */

/* So much changed, or something expired, or waits to lose its address: begin. */
bool suppression_merge_due(struct suppression *, uint64_t now_s);
/* Or because somebody is to be forgotten: the next suppression_merge_due() is true. */
void suppression_merge_want(struct suppression *);
bool suppression_merging(const struct suppression *);
/* Changes since the last merge are so many that whoever brings many should wait for this one to end. */
bool suppression_merge_lags(struct suppression *);
/* Begins, or goes on for some milliseconds, or waits for the disk. 1: done, a new packed file is in force; 0: go on; -1: given
 * up, err says why. Not between begin and commit. */
int suppression_merge_step(struct suppression *, uint64_t now_s, struct err *);
/* The same in four. What comes next waits for the disk: */
bool suppression_merge_waits(const struct suppression *);
/* it is made ready in the loop, not between begin and commit nor while one is handed over; run in any thread (nothing can be
 * changed meanwhile, and what is read is as before); and its result is taken in the loop, as of suppression_merge_step(). */
int suppression_merge_hand(struct suppression *, struct err *);
void suppression_merge_run(struct suppression *);
int suppression_merge_end(struct suppression *, struct err *);
/* Or it does not wait, and some more is written, also between begin and commit. 0, or -1. */
int suppression_merge_some(struct suppression *, uint64_t now_s, struct err *);

/* ---- what queued holds ---- */

struct siphash_key suppression_key(const struct suppression *);
/* A descriptor of the sealed memory file of the packed entries' published hashes, ascending, the caller's to close; -1 with
 * *count 0: there are none. And the changes since, oldest first where two are of one entry. */
int suppression_hashes(const struct suppression *, uint64_t *count);
int suppression_changes(struct suppression *,
    void (*each)(void *arg, uint64_t published, bool suppressed), void *arg, struct err *);

/* ---- results that were counted ---- */

/* Of one address for one tenant. */
struct suppression_counts {
	uint64_t soft_days; /* bit i: the day i days before last_day */
	uint32_t last_day;  /* since 1970 */
	uint32_t hard, last_hard_day;
	uint64_t last_message; /* that got a hard one; counts once */
};

/* Nothing counted: all 0. */
int suppression_counts_get(struct suppression *, const char *tenant, const char *address,
    struct suppression_counts *, struct err *);
/* All 0: removes them. */
int suppression_counts_put(struct suppression *, const char *tenant, const char *address,
    const struct suppression_counts *, struct err *);
/* Removes, of at most some thousands, those whose last day is before; goes round. */
int suppression_counts_sweep(struct suppression *, uint32_t before_day, struct err *);
