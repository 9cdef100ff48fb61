/* store_inside.h: what the files behind store.h share. Nobody else includes it.
 *
 *	entry.c       a message of the queue that is in memory
 *	writer.c      groups into the journal, and what they owe when they are on disk
 *	files.c       what the namespace thread does: files, marks, moves, removals
 *	checkpoint.c  segments become free again
 *	replay.c      the start; segments.c: what the journal holds then; strays.c: files without an index record
 *	perished.c    messages whose record in the journal is damaged
 *	again.c       final events that may not have reached their file
 *	draft.c       large messages; pressure.c: is there room; operate.c: hold, drop
 *	unqueued.c       what cannot be read, and what is in corrupt/
 *	restore.c     messages that come back into memory
 *	store.c       the rest of store.h */
#pragma once

#include "commit.h"
#include "flush.h"
#include "index.h"
#include "spool.h"
#include "store.h"
#include "table.h"
#include "thread.h"

#include <bsd/sys/queue.h>

struct name_work;
struct retold;
struct settling;
STAILQ_HEAD(name_works, name_work);

/* Its head could be written and not read again. */
#define STORE_TOO_MANY "5.5.3 too much to say of so many recipients; send it in parts"

enum { SEGMENTS_MAX = 128, SEGMENT_NONE = 0xffff, DRAFTS_READY = 16 };

enum entry_state {
	ENTRY_COMING,  /* its record is not on disk yet */
	ENTRY_JOURNAL, /* lives in its segment alone */
	ENTRY_FILING,  /* its file is being written */
	ENTRY_FILED, /* has its file, which no sync has covered yet: still counted in its segment */
	ENTRY_FILE,  /* has its file */
};

/* A message in memory. Its bytes are not here: they are in its segment or its file, byte for byte the same. */
struct entry {
	struct table_node by_id;
	TAILQ_ENTRY(entry) living; /* in its segment's list, from COMING's end to FILED */
	struct id id;
	uint64_t head_at; /* of the head in the segment */
	uint64_t bytes_n;
	uint64_t epoch; /* FILED: the sync epoch in which the file was written */
	uint32_t head_n;
	uint32_t rcpts_n;
	uint32_t open;    /* recipients that have not ended durably */
	uint32_t ends;    /* ends on the way to the disk */
	uint32_t moves;   /* moves on the way to the disk or the file */
	uint16_t segment; /* SEGMENT_NONE: in none */
	uint8_t state;    /* enum entry_state */
	uint8_t place;    /* enum spool_place, where its file is or shall be */
	bool indexed;     /* may have index records */
	bool gone_aside;  /* dropped or corrupt: hidden, forgotten once its file is safe */
	bool left;        /* it is not in memory: what is due of it is told */
	bool
	    named; /* a file of its name may exist, whatever the state: it was asked for, or found */
	bool from_trash; /* its file may still stand in trash/: an undrop is on its way */
	bool
	    untold; /* the start could not read it: forgotten once it has its file, and read anew from there */
	char *marks;        /* rcpts_n of enum recipient_mark */
	uint32_t mark_at[]; /* offset of each in the head; the marks behind */
};
TAILQ_HEAD(entries, entry);

enum segment_state {
	SEGMENT_FREE,
	SEGMENT_ACTIVE,
	SEGMENT_FULL,
	SEGMENT_FAILED, /* full, and not used until a probe went well: a write or sync failed */
};

struct segment {
	int fd;
	enum segment_state state;
	bool leaving; /* the checkpoint under way covers all of its ends */
	uint64_t
	    waits; /* works that make its records true in files, and that no sync has covered yet */
	uint64_t generation, records; /* records: on disk */
	uint32_t salt;
	size_t keep;  /* it is damaged, and of so many bytes a copy is still to be kept */
	bool retired; /* FAILED, and nothing in it counts any more: it may be probed (segments.c) */
	unsigned probes; /* that failed, one after another */
	uint64_t probe_at_ms;
	size_t bytes, used;
	size_t had; /* bytes before this start made it as long as it must be */
	struct entries living;
};

enum unqueued_kind { UNQUEUED_UNREADABLE, UNQUEUED_CORRUPT };

/* A file that is mail, and not in the queue. */
struct unqueued {
	struct table_node by_id;
	TAILQ_ENTRY(unqueued) link; /* UNREADABLE */
	struct id id;
	uint8_t kind;        /* enum unqueued_kind */
	uint32_t wait_ticks; /* UNREADABLE: grows with each try */
	uint64_t next_tick;
	char why[100];
};
TAILQ_HEAD(unqueueds, unqueued);

struct draft {
	uint32_t number;
	int fd;
};

struct refusal {
	struct id id;
	uint16_t code;
	const char *text;
	store_accepted *accepted;
	void *ctx;
};

struct journal_work {
	struct work work;
	struct store *store;
	int fd, error;
	size_t at;
	uint64_t generation, sequence;
	uint32_t salt;
	uint64_t took_us;
	struct batch *batch;
};

struct store {
	struct store_options options;
	const struct store_hooks *hooks;
	void *hooks_ctx;
	int spool;
	struct index *index;
	struct table entries;
	struct segment segments[SEGMENTS_MAX];
	unsigned segments_n, active; /* active: segments_n when there is none */
	uint64_t generation;         /* the newest */
	uint64_t previous_end;       /* records that count in the generation before the newest */
	struct commit commit;
	struct journal_work journal_work;
	struct flush flush;
	unsigned failures;       /* groups that failed one after another */
	uint64_t cut_not_before; /* loop's ms: after these */
	struct timer *retry;     /* cuts: after these, and when a group has gathered long enough */
	bool stuck;              /* there is no segment for what gathered */
	bool probing;
	struct thread *journal, *names, *sync, *drafting, *probe, *looks;
	/* The spool again, for each thread that frees something on the strength of a syncfs: the kernel tells an error once a
	 * descriptor. */
	int spool_synced, spool_drafted;
	struct event *wake; /* refusals and drafts of this turn */
	struct refusal *refusals;
	size_t refusals_n, refusals_cap;
	uint64_t works; /* waiting at the namespace thread */
	struct name_works undone;
	unsigned undone_n;        /* of these, and those being tried again */
	struct table corrections; /* works that change a file that stands, until they are done */
	/* Of these, what is done: not yet covered by a sync, and by the one under way. */
	struct name_works corrected, covering;
	unsigned telling; /* the segment whose records are being made true; SEGMENT_NONE: none is */
	struct table unqueued; /* of struct unqueued */
	struct unqueueds unreadable;
	unsigned unqueued_said; /* since the last tick */
	/* checkpoint */
	bool checkpointing, index_writing;
	uint64_t epoch;         /* counts syncs begun */
	unsigned sync_failures; /* one after another */
	unsigned files_asked;   /* by the checkpoint under way */
	uint64_t not_before;    /* tick: none sooner after one that failed, or could free nothing */
	_Atomic int
	    events_old; /* the event file that was moved away: synced with the next checkpoint; -1: none */
	bool events_unsure; /* some that were told may not be in the event file */
	bool events_late;   /* the last checkpoint freed nothing, since some are not written */
	bool telling_again;
	/* operators' commands that are answered once they are on disk */
	STAILQ_HEAD(, settling) settling;
	uint64_t records_asked, records_stand; /* ends and moves */
	uint64_t index_rounds, index_stands;   /* begun, and the last that was written */
	/* drafts */
	uint32_t drafts;
	struct draft_batch *draft_batch; /* gathers; NULL: none */
	bool draft_writing;
	struct draft ready[DRAFTS_READY]; /* made ahead of time */
	unsigned ready_n;
	bool making_drafts;
	/* pressure */
	struct timer *tick;
	uint64_t ticks, trash_kept_s;
	bool looking, index_failed;
	uint16_t refuse;
	char refuse_text[120];
	bool closed; /* stopping: the last record is written */
	void (*stopped)(void *);
	void *stopped_ctx;
	uint64_t
	    stop_until; /* tick: no longer does a stop wait for a journal that cannot be written */
	struct store_numbers numbers;
};

/* ---- entry.c ---- */

struct entry *entry_find(const struct store *, struct id);
struct entry *entry_new(struct store *, struct id, uint32_t rcpts_n);
void entry_free(struct store *, struct entry *);
/* Finds the marks of a head. -1: it has not rcpts_n of them. */
int entry_marks(struct entry *, struct span head);
/* In its segment's list, and out of it. */
void entry_lives_in(struct store *, struct entry *, unsigned segment);
void entry_leaves(struct store *, struct entry *);
/* Its file, wherever it stands: a read-only descriptor, or -1 with errno. */
int entry_file(const struct store *, const struct entry *);
/* It was put aside, or not told, and its file is safe: then it is forgotten. */
void entry_let_go(struct store *, struct entry *);
/* A recipient ended durably (or, MARK_OPEN, waits again): marks; after the last one the file goes and the entry is freed. */
void entry_ended(struct store *, struct entry *, uint32_t index, char mark);

/* ---- writer.c ---- */

void writer_accept(struct store *, struct entry *, const struct envelope *, const struct facts *,
    struct span bytes, store_accepted *, void *ctx);
void writer_move(struct store *, struct entry *);
void writer_refuse(
    struct store *, struct id, uint16_t code, const char *text, store_accepted *, void *ctx);
void writer_on_wake(struct store *);
bool writer_idle(const struct store *);
/* Begins a generation that holds nothing; false: no segment is free. */
bool writer_close(struct store *);

/* ---- files.c: all of it in order, in the namespace thread ---- */

void files_write(struct store *, struct entry *); /* if it has none and none is being written */
void files_mark(struct store *, struct entry *, uint32_t index);
void files_move(struct store *, struct entry *, enum spool_place);
void files_move_id(struct store *, struct id, enum spool_place); /* of what is not in memory */
void files_remove(struct store *, struct id);
void files_set_aside(struct store *, struct id, enum spool_place);
void files_drop_draft(struct store *, uint32_t draft);
void files_ready_drafts(struct store *); /* keeps drafts ready ahead of time */
void files_try_again(struct store *);    /* what failed */
/* What makes records true in files is counted in their segment (s->telling, as it is asked) until a sync has covered it: of
 * what was done by now, the sync that begins will; it did, or it failed: then marks are written again. */
void files_cover(struct store *);
void files_covered(struct store *, bool stands);
/* All marks that are not open, of a message in no segment; and when a start has put them into its file already. */
void files_marks(struct store *, const struct entry *);
void files_marked(struct store *, const struct entry *);
/* Marks, or the removal, of that message's file are still to be written: it must not be read as it stands. */
bool files_correcting(const struct store *, struct id);
/* done() once all that was asked before has happened. */
void files_barrier(struct store *, void (*done)(struct store *));

/* ---- checkpoint.c ---- */

void checkpoint_begin(struct store *); /* if there is something to do and none is under way */
void checkpoint_index(struct store *); /* writes what gathered for the index */
bool segment_next(struct store *);     /* makes the next free one active; false: none is free */

/* ---- restore.c ---- */

/* A head in memory; the caller frees it. */
struct head {
	char *p;
	size_t n;
	uint64_t bytes_n;
	uint32_t rcpts_n, crc32c;
	int error; /* after -1, errno: it could not be read, and may be whole; 0: it is damaged */
};
/* Reads and checks the head at that offset. -1: err. */
int head_read(int fd, uint64_t at, struct head *, struct err *);
/* An entry for a message whose file is in that place. NULL: err says why not, and nothing is done about it. */
struct entry *entry_in(struct store *, struct id, enum spool_place, struct err *);
/* An entry for a message that has its file; NULL: gone; or damaged, set aside, and its recipients told of; or it cannot be
 * read now, and is tried again. */
struct entry *entry_restore(struct store *, struct id, struct err *);
/* Looks at a file that could not be read: what is open in it is due. */
void restore_try(struct store *, struct id);
/* Whether it is the whole file of that message. -1: err. */
int restore_check(int fd, struct id, struct err *);
/* The head of that message's file, in the arena. -1: err. */
int restore_envelope(
    int fd, struct id, struct envelope *, struct facts *, struct arena *, struct err *);
enum { TOLD_DAMAGED = -1, TOLD_UNREAD = -2 };
/* 0, or below; err. Tells of a message: envelope with the entry's marks, and its bytes where they are few. */
int entry_tell(struct store *, struct entry *, void (*found)(void *, const struct store_found *),
    void *ctx, struct err *);

/* ---- replay.c, strays.c, draft.c, pressure.c ---- */

void replay(struct store *);

/* ---- perished.c: messages whose record in the journal is damaged ---- */

struct perished;
struct perished *perished_new(void);
void perished_add(struct perished *, const struct journal_record *);
/* An end that the journal holds of a message that it does not hold. */
void perished_end(struct perished *, struct id, uint32_t index);
/* Those of whom nothing is left elsewhere: what can be read of them is told, to be ended. Frees it. */
void perished_tell(struct store *, struct perished *);

typedef void segment_each(void *ctx, const struct journal_record *, unsigned segment);
/* Each record that counts, in the order of generations. What is damaged is said and kept aside; lost() gets each record that
 * left a trace there (journal_trace()). */
void segments_read(struct store *, segment_each *, segment_each *lost, void *ctx);
/* A copy of it goes to corrupt/. -1: not now. In any thread. */
int segment_keep(struct store *, unsigned segment);
/* Failed segments that hold nothing are written over with what they hold; if that goes well they are free. */
void segments_probe(struct store *);

void strays_look(struct store *);
void draft_cut(struct store *); /* turn's end: what gathered is written */
bool draft_idle(const struct store *);
void pressure_tick(struct store *);

/* ---- again.c ---- */

void again_at_start(struct store *, struct retold *); /* what the replay found; frees it */
void again_tell(struct store *);                      /* of all segments in use */
bool again_is_written(struct store *);                /* all that was told is in the event file */

/* ---- unqueued.c ---- */

void unqueued_put(struct store *, struct id, enum unqueued_kind, const char *why);
void unqueued_forget(struct store *, struct id, enum unqueued_kind);
void unqueued_tick(struct store *);

/* ---- operate.c ---- */

void operate_reopen(struct store *, struct entry *); /* those whose ends were taken back */

void operate_look(struct store *); /* something stands: is somebody waiting for it? */

/* ---- store.c ---- */

void store_stop_step(struct store *); /* something came to rest: is all of it? */
