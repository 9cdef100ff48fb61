/* commit.h: what gathers for the next journal group, and what the group under way owes when it is on disk. Pure.
 *
 * Records are appended while a group is being written; commit_cut() moves the longest prefix that fits into the group
 * under way. When writing fails, what must not be lost (ends, moves) goes back in front of what gathered since. */
#pragma once

#include "journal.h"

struct entry;

/* One record and whom to tell. */
struct owed {
	enum journal_type type;
	struct entry *entry; /* MESSAGE */
	void (*told)(void);  /* the asker's callback, cast by type */
	void *ctx;
	struct id id;
	uint32_t index;
	char mark;
	size_t at, n;  /* the record in the buffer */
	size_t head_n; /* of it */
};

struct batch {
	struct buf records;
	struct owed *owed;
	size_t n, cap;
};

struct commit {
	struct batch gathering, writing;
	bool under_way;
};

void commit_init(struct commit *, size_t max_bytes);
void commit_free(struct commit *);

/* After the record was appended to gathering.records from begin on. */
struct owed *commit_owe(struct commit *, enum journal_type, struct id, size_t begin);

/* Moves what fits in room bytes to the group under way, behind the JOURNAL_OPEN that the caller may have put into
 * writing.records. False, and nothing moved, when not even one record fits. */
bool commit_cut(struct commit *, size_t room);
/* Bytes of the event or head of an owed record. */
struct span owed_head(const struct batch *, const struct owed *);

/* The group is on disk or given up: forgets it. */
void commit_settled(struct commit *);
/* The group failed: ends and moves are put in front of what gathered. Acceptances must have been told before. */
void commit_again(struct commit *);
