/* store.h: the queue on disk, all of it: journal, message files, index (DESIGN 4). The rest of queued sees only this.
 *
 * What is accepted or ended is true once its callback came, and not before: then the journal group it was in is on disk.
 * Callbacks run in the loop's thread, never inside the call that asked. The loop never waits for the disk, but for the
 * short reads of store_read() and store_load(). */
#pragma once

#include "buf.h"
#include "envelope.h"
#include "err.h"

struct store;

struct store_options {
	int spool; /* folder, taken over */
	int events; /* the event file: synced before segments are used again; not taken over; -1: none */
	int events_read; /* to read it with; 0 or less: events is open for reading too */
	/* To read the event files before it, which were moved away, the youngest first; taken over. -1: there are no more. NULL:
	 * there are none. */
	int (*events_before)(void *ctx, unsigned i);
	void *events_before_ctx;
	const char *index_path; /* folder of the index */
	size_t segment_bytes;
	unsigned segments;
	uint64_t reserve_bytes; /* free space below which mail is refused */
};

/* Before the sandbox: locks the spool against a second instance, makes its folders and segments, opens the index. NULL: err
 * says why (another instance, read-only, full). */
struct store *store_prepare(const struct store_options *, struct err *);

/* A message found at the start or loaded when it is due; valid during the callback, spans too. Bytes are given where they
 * are few, whether it has a file or not. */
struct store_found {
	const struct envelope *envelope; /* with marks */
	const struct facts *facts;
	struct span bytes; /* empty: in its file */
	bool held;
	bool
	    damaged; /* its bytes are not what was accepted: it is to be ended, and set aside by store_corrupt() */
};
struct store_hooks {
	/* At the start: a living message of the journal. */
	void (*found)(void *ctx, const struct store_found *);
	/* The final event of an end that is not in the event file: at the start, and after that file could not be synced. */
	void (*event)(void *ctx, struct span line);
	/* Writes what waits for the event file. True: all that event() and the callbacks of ends told is in it, and a sync
	 * makes it durable; until then no segment is used again. NULL: there is no such file. */
	bool (*events_written)(void *ctx);
	/* Much waits for the event file, which cannot be written: no mail is taken. NULL: never. */
	bool (*events_behind)(void *ctx);
	/* A message whose head is damaged was set aside. Its recipients end with no more than this: what could be read. */
	void (*lost)(void *ctx, const struct envelope *, const char *why);
	/* A damaged or foreign file was set aside into corrupt/; or part of the journal could not be read. */
	void (*corrupt)(void *ctx, const char *name, const char *why);
};
/* After the sandbox: replays, then starts the threads. */
int store_start(struct store *, const struct store_hooks *, void *ctx, struct err *);
/* Flushes all, writes files for what lives only in the journal, syncs. Then stopped() is called. */
void store_stop(struct store *, void (*stopped)(void *ctx), void *ctx);

/* Final events had no room in memory: those that are not in the event file are told again, by event(). */
void store_events_lost(struct store *);

/* The event file is about to be another one, under the same number: what is in the old one is synced with the next checkpoint.
 * before: to read the old one, taken over; read: the new one. Call it before the number changes. */
void store_events_move(struct store *, int before, int read);

/* Turn's end: what gathered goes to the journal if no group is under way. */
void store_cut(struct store *);
/* False: no end could be made durable now, so that what is sent might be sent twice. Ask in each turn. */
bool store_may_send(const struct store *);
/* How many ends (and moves) were asked for, how many of them are on disk, and how long a flush takes. */
struct risk_ends;
void store_ends(const struct store *, struct risk_ends *);

/* ---- taking in ---- */

/* code 0: on disk. Else a reply code and text with enhanced code. */
typedef void store_accepted(void *ctx, struct id, uint16_t code, struct span text);
void store_accept(struct store *, const struct envelope *, const struct facts *, struct span bytes,
    store_accepted *, void *ctx);
/* A draft: a file in tmp/ for a large message; fd is write-only, at its beginning, the caller's to close or send. -1: err. */
int store_draft_new(struct store *, uint32_t *draft, struct err *);
void store_draft_drop(struct store *, uint32_t draft);
/* Reads the draft itself, once, and keeps a copy: whoever still holds its descriptor changes nothing. What it read must match
 * the facts. */
void store_accept_draft(struct store *, const struct envelope *, const struct facts *,
    uint32_t draft, store_accepted *, void *ctx);
/* 0: mail may be taken. Else the reply code, with its text. */
uint16_t store_pressure(struct store *, const char **text);

/* ---- what became of a recipient ---- */

struct store_end {
	struct id id;
	uint32_t index;
	char mark;         /* MARK_DONE, MARK_FAILED; MARK_DROPPED: open again after an undrop */
	struct span event; /* the final event's line */
};
typedef void store_ended(void *ctx, const struct store_end *);
/* When all recipients have ended, the message is gone from the disk too. */
void store_end(struct store *, const struct store_end *, store_ended *, void *ctx);

struct store_wait {
	struct id id;
	uint32_t index;
	uint64_t next_ms; /* since 1970 */
	uint16_t attempts;
	bool held;
	bool parked;     /* its lane has no room for it in memory */
	bool paused;     /* it waits for its tenant's release: next_ms is when to look again */
	bool delay_told; /* the sender was told that it waits */
	bool given_up;   /* by this reply: it is to be judged anew, not sent again */
	uint16_t code;   /* of the last reply */
	struct span status, text;
	/* What its envelope says, for who selects; not set in records of earlier versions, and where it is very long. */
	bool has_envelope;
	struct span tenant, campaign, from, to;
};
/* The delivery waits: the message gets its file, the index a record. */
void store_wait(struct store *, const struct store_wait *);

/* The message may leave memory: its file stands. False: not yet. */
bool store_forget(struct store *, struct id);
/* Records due until then, at most max, each once until it is put or its message forgotten again; for deliveries that are
 * not in memory; what is held is due when it expires. Files without a record (a lost index, large messages and checkpoints before a
 * crash) are found after the start, a folder at a time, and come this way too, due at once. */
unsigned store_due(struct store *, uint64_t until_ms, unsigned max,
    void (*due)(void *ctx, const struct store_wait *), void *ctx);
/* Records on disk from that one on, in order of messages; at most max are looked at. The next is where it goes on; false:
 * there are no more. What waits since less than store_settled() takes may be missed. */
bool store_records(struct store *, struct id *from, uint32_t *from_index, unsigned max,
    void (*each)(void *, const struct store_wait *), void *ctx);
/* A delivery that waits on disk alone waits like this from now on. False: its message is in memory, or something of it is under
 * way. */
bool store_record(struct store *, const struct store_wait *);
/* Its file is in hold/. */
bool store_is_held(const struct store *, struct id);
/* What the index knows of one recipient; false: nothing. Spans valid until the next call. */
bool store_known(struct store *, struct id, uint32_t index, struct store_wait *);
/* Reads the message's head (and bytes, where they are few) from its file in cur/ or hold/, or from the journal. -1: gone,
 * ended, or set aside as corrupt. */
int store_load(struct store *, struct id, void (*found)(void *ctx, const struct store_found *),
    void *ctx, struct err *);

/* A read-only descriptor, the caller's to close, and where the message is in it. */
struct store_bytes {
	int fd;
	uint64_t start, size_bytes;
};
int store_read(struct store *, struct id, struct store_bytes *, struct err *);

/* ---- operators ---- */

void store_hold(struct store *, struct id, bool hold);     /* cur/ to hold/ or back */
void store_drop(struct store *, struct id);                /* to trash/, kept 24 h */
int store_undrop(struct store *, struct id, struct err *); /* back to cur/; store_load() it then */
/* A recipient that was dropped is open again, in a message that is in the queue. False: it was not dropped. */
bool store_reopen(struct store *, struct id, uint32_t index);
/* The messages in the trash, at most so many names a step; *at is NULL at first. False: that was all. A look that is not
 * walked to its end is ended. */
bool store_trash_step(
    struct store *, void **at, unsigned most, void (*each)(void *ctx, struct id), void *ctx);
void store_trash_end(void *at);
/* Reads the head of one of these, marks included; the spans live as long as the arena. -1: it is gone, or not whole. */
int store_trash_read(
    struct store *, struct id, struct envelope *, struct facts *, struct arena *, struct err *);
void store_corrupt(struct store *, struct id, const char *why); /* to corrupt/, for people */
/* What was set aside, or could not be read, comes back into the queue: recipients that ended for that reason are open again.
 * store_load() it then. -1: err. */
int store_recover(struct store *, struct id, struct err *);
struct store_aside {
	struct id id;
	bool unreadable; /* its file cannot be read now; else it is in corrupt/ */
	const char *why;
};
/* In no order; false ends it. */
void store_asides(struct store *, bool (*each)(void *ctx, const struct store_aside *), void *ctx);
/* done() once all that was asked so far (ends, moves, what waits) is on disk: then a command may be answered. */
void store_settled(struct store *, void (*done)(void *ctx), void *ctx);

/* A small text beside the queue (what queued knows of its tenants): the last one written stands after a crash. Callbacks as
 * above; false: it could not be written. Read after store_prepare(); nothing there: empty, 0. */
void store_note(struct store *, struct span text, void (*done)(void *ctx, bool stands), void *ctx);
int store_note_read(const struct store *, struct buf *, struct err *);

struct store_numbers {
	uint64_t messages; /* living, in memory */
	uint64_t files;    /* of these with a file */
	uint64_t index_records;
	uint64_t groups, accepted, ended; /* since the start */
	uint64_t journal_used, journal_bytes;
	/* What this start could not read of the journal: segments that were damaged, short or missing, bytes and records. */
	uint64_t damaged_segments, damaged_bytes, damaged_records;
	uint64_t free_bytes;
	uint64_t unreadable, corrupt; /* files */
	bool
	    looking; /* the start's look for files without an index record goes on: there may be more messages */
};
void store_numbers(const struct store *, struct store_numbers *);
