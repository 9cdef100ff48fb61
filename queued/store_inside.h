/* store_inside.h: what the files behind store.h share: entries, segments, the group that gathers. Nobody else includes it.
 *
 * group.c (what gathers and is journaled), checkpoint.c (segments become free again), replay.c (the start), draft.c (large
 * messages), store.c (the rest). */
#pragma once

#include "buf.h"
#include "index.h"
#include "journal.h"
#include "store.h"
#include "table.h"
#include "thread.h"

#include <bsd/sys/queue.h>

enum { SEGMENTS_MAX = 128 };

enum entry_state {
	ENTRY_COMING,  /* its record is not on disk yet */
	ENTRY_JOURNAL, /* lives in its segment alone */
	ENTRY_FILING,  /* its file is being written */
	ENTRY_FILE,    /* has its file */
};

/* A message in memory: its image, as in message_file.h. */
struct entry {
	struct table_node by_id;
	TAILQ_ENTRY(entry) living; /* in its segment's list: ENTRY_JOURNAL and ENTRY_FILING */
	struct id id;
	char *image; /* head and message; the message may be absent (it is in the file) */
	size_t head_n, bytes_n;
	uint32_t open;    /* recipients that have not ended durably */
	uint32_t ends;    /* ends on the way to the disk */
	uint32_t in_hand; /* works of other threads that look at the image */
	uint8_t state;    /* enum entry_state */
	bool held;        /* in hold/, or to be put there */
	bool indexed;     /* has index records */
	bool gone;        /* free it when no work has it in hand */
	bool marks_late;  /* recipients ended while the file was being written */
	unsigned segment;
};
TAILQ_HEAD(entries, entry);

enum segment_state {
	SEGMENT_FREE,
	SEGMENT_ACTIVE,
	SEGMENT_FULL,
	SEGMENT_LEAVING, /* a checkpoint is under way for it */
	SEGMENT_LEFT, /* nothing in it is needed; free when the journal says so (JOURNAL_FLOOR) */
};

struct segment {
	int fd;
	enum segment_state state;
	uint64_t generation;
	size_t used;
	struct entries living;
};

/* What a group owes when it is on disk. */
struct owed {
	enum journal_type type;
	struct entry *entry; /* of an acceptance; of an end: looked up by id */
	store_accepted *accepted;
	store_ended *ended;
	void *ctx;
	struct id id;
	uint32_t index;
	char mark;
	size_t event_at, event_n; /* in records */
};

struct group {
	struct buf records;
	struct owed *owed;
	size_t n, cap;
};

struct store {
	struct store_options options;
	const struct store_hooks *hooks;
	void *hooks_ctx;
	int spool;
	struct index *index;
	struct table entries;
	struct segment segments[SEGMENTS_MAX];
	unsigned segments_n, active;
	uint64_t generation, sequence;
	struct group gathering, writing;
	bool in_flight; /* a group is being written */
	bool stuck;     /* no free segment: the group waits for the checkpoint */
	bool checkpointing, index_writing;
	bool unsaved; /* the active segment has more than a floor since the last checkpoint */
	struct thread *journal, *names, *sync;
	uint32_t drafts;        /* numbers */
	struct buf head;        /* of the message being taken in */
	uint64_t files_waiting; /* works at the names thread */
	bool sync_failed;
	struct timer *tick;
	uint16_t refuse; /* the disk is short */
	char refuse_text[120];
	uint64_t free_bytes;
	void (*stopped)(void *);
	void *stopped_ctx;
	struct store_numbers numbers;
};

/* store.c */
struct entry *entry_find(const struct store *, struct id);
struct entry *entry_new(struct store *, struct id);
void entry_file(struct store *, struct entry *); /* begins to write its file, if it has none */
void entry_left(
    struct store *, struct entry *); /* not in memory any more; freed when no thread has it */
void entry_living(struct store *, struct entry *, unsigned segment);
struct span entry_head(const struct entry *);
struct span entry_bytes(const struct entry *);
/* A recipient ended durably: marks, and the file goes when it was the last. */
void entry_ended(struct store *, struct entry *, uint32_t index, char mark);

/* While stopping: what is left to do before the journal is empty. */
void stop_step(struct store *);

/* group.c */
void group_accept(struct store *, struct entry *, store_accepted *, void *ctx);
void group_end(struct store *, const struct store_end *, store_ended *, void *ctx);
void group_floor(struct store *, uint64_t generation);
bool group_idle(const struct store *);

/* checkpoint.c */
void checkpoint_begin(struct store *);
void checkpoint_index(struct store *); /* writes what gathered for the index */
/* The journal says that it does not need what was left: those segments are free. */
void checkpoint_floored(struct store *, bool ok);
/* The next free segment, made active; -1: none. */
int segment_next(struct store *);

/* replay.c */
int replay(struct store *, struct err *);
void replay_strays(struct store *); /* looks through the folders, in the background */
