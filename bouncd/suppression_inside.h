/* suppression_inside.h: what the files of the suppression list share; for suppression_*.c alone. */
#pragma once

#include "suppression.h"
#include "suppression_base.h"

#include <lmdb.h>

/* Changes go to fresh[active]; while a merge runs the other one is being merged, and below the first. */
struct suppression {
	MDB_env *env;
	MDB_dbi meta, fresh[2], scopes, scope_names, counts;
	MDB_txn *open;   /* between begin and commit */
	MDB_txn *handed; /* to whoever commits it */
	MDB_txn *before; /* meanwhile: what is read is as it was before that one */
	int committed;   /* how that went, for LMDB */
	struct siphash_key key;
	uint64_t max_bytes;
	bool hashed, merge_wanted;
	struct suppression_meta {
		uint32_t version;
		uint8_t active, frozen, slot, zero; /* frozen: the other one waits to be merged */
		uint64_t generation;                /* 0: no packed file yet */
	} state;
	int fds[2];
	struct base base;
	uint64_t fresh_expiry_s; /* the first of the changes; UINT64_MAX: none */
	struct suppression_merge *merge;
	int copy_fds[2]; /* -1: no copy is kept */
	bool copying;    /* the packed file in force is being read for a copy */
	char lost[200];  /* "": nothing is */
	uint8_t counts_at[SUPPRESSION_HASH_BYTES]; /* where the sweep goes on */
};

enum { SUPPRESSION_SOME = 4096 };

/* All sources of entries as one, in order of hashes; a newer one hides an older. */
struct walk {
	struct suppression *s;
	struct walk_fresh {
		MDB_cursor *cursor; /* NULL: at its end */
		struct suppression_hash hash;
		struct suppression_packed packed;
	} fresh[2];
	struct base_at at;
	bool base_has;
	struct suppression_hash base_hash;
	struct suppression_packed base_packed;
};

int suppression_failed(struct err *, const char *what, int rc); /* -1 */
MDB_txn *suppression_txn(struct suppression *, unsigned flags, struct err *);
/* Of one that only read. */
void suppression_read_end(struct suppression *, MDB_txn *);
/* A write transaction that was begun apart is handed over, as suppression_commit_hand() does; committed, and its result taken by
 * the same two. */
void suppression_hand(struct suppression *, MDB_txn *);
/* Ends what suppression_txn() gave, unless the caller of suppression_begin() will. */
int suppression_txn_end(struct suppression *, MDB_txn *, int rc, const char *what, struct err *);

/* newest: where to begin, fresh[active], or without it, only what is being merged. */
int walk_begin(
    struct walk *, struct suppression *, MDB_txn *, struct suppression_hash from, bool with_newest);
bool walk_next(struct walk *, struct suppression_hash *, struct suppression_packed *);
void walk_end(struct walk *);

/* suppression_scope.c: names of scopes by number and back; 0 is "". */
int scope_number(
    struct suppression *, MDB_txn *, const char *name, bool make, uint32_t *number, struct err *);
void
scope_name(struct suppression *, MDB_txn *, uint32_t number, char name[SUPPRESSION_SCOPE_MAX + 1]);

/* suppression_open.c */
int suppression_key_store(int folder, const struct siphash_key *, struct err *);
/* suppression_copy.c: opens the copies; notes why a list is begun anew, with the names of the copy's scopes. */
int suppression_copies_open(struct suppression *, const char *folder, struct err *);
int suppression_lost_put(struct suppression *, const char *why, struct err *);
int suppression_lost_read(struct suppression *, struct err *);

/* suppression_merge.c: a merge that runs ends without effect. */
void suppression_merge_drop(struct suppression *);
int suppression_state_put(struct suppression *, MDB_txn *, const struct suppression_meta *);
