#include "store.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message_file.h"
#include "sandbox.h"
#include "spool.h"
#include "store_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	TICK_MS = 1000,
	HEAD_BYTES = MESSAGE_FILE_HEAD_MAX,
	TRASH_KEPT_S = 86400,
	TRASH_EVERY_TICKS = 600,
	NAMES_WAITING_MAX = 20000
};

/* ---- entries ---- */

struct entry *
entry_find(const struct store *s, struct id id)
{
	for (struct table_node *n = table_first(&s->entries, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct entry *e = TABLE_OF(n, struct entry, by_id);

		if (id_eq(e->id, id))
			return e;
	}
	return NULL;
}

struct entry *
entry_new(struct store *s, struct id id)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		fatal("out of memory for a message");
	e->id = id;
	table_put(&s->entries, &e->by_id, id_hash(id));
	s->numbers.messages++;
	return e;
}

struct span
entry_head(const struct entry *e)
{
	return span_of(e->image, e->head_n);
}

struct span
entry_bytes(const struct entry *e)
{
	return span_of(e->image + e->head_n, e->bytes_n);
}

static bool
in_segment(const struct entry *e)
{
	return e->state == ENTRY_JOURNAL || e->state == ENTRY_FILING;
}

void
entry_living(struct store *s, struct entry *e, unsigned segment)
{
	e->state = ENTRY_JOURNAL;
	e->segment = segment;
	TAILQ_INSERT_TAIL(&s->segments[segment].living, e, living);
}

void
entry_left(struct store *s, struct entry *e)
{
	if (!e->gone) {
		if (in_segment(e))
			TAILQ_REMOVE(&s->segments[e->segment].living, e, living);
		table_remove(&s->entries, &e->by_id);
		s->numbers.messages--;
		s->numbers.files -= e->state == ENTRY_FILE;
		e->gone = true;
	}
	if (e->in_hand > 0)
		return;
	free(e->image);
	free(e);
}

/* ---- works of the names thread ---- */

enum name_kind { NAME_FILE, NAME_MARK, NAME_REMOVE, NAME_MOVE };

struct name_work {
	struct work work;
	struct store *store;
	struct entry *entry; /* NULL: it is not in memory */
	struct id id;
	enum name_kind kind;
	enum spool_place from, to;
	size_t at;
	char mark;
	struct span head, bytes;
	char *copy; /* of the head, since marks may change meanwhile */
	struct err err;
	int failed;
};

static void
name_run(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	int spool = k->store->spool;

	switch (k->kind) {
	case NAME_FILE:
		k->failed = spool_write(spool, k->to, k->id, k->head, k->bytes, &k->err);
		break;
	case NAME_MARK:
		k->failed = spool_mark(spool, k->id, k->at, k->mark, &k->err);
		break;
	case NAME_REMOVE:
		(void)spool_remove(spool, k->id);
		break;
	case NAME_MOVE:
		k->failed = spool_move(spool, k->id, k->from, k->to, &k->err);
		break;
	}
}

static struct name_work *
name_push(struct store *s, struct entry *e, struct name_work want, void (*done)(struct work *))
{
	struct name_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		fatal("out of memory for a file's name");
	*k = want;
	k->work = (struct work){ .run = name_run, .done = done };
	k->store = s;
	k->entry = e;
	if (e != NULL) {
		k->id = e->id;
		e->in_hand++;
	}
	s->files_waiting++;
	thread_push(s->names, &k->work);
	return k;
}

static void
name_settled(struct name_work *k)
{
	struct entry *e = k->entry;

	if (k->failed)
		log_error("spool-failed", "id=%s why=\"%s\"", id_text(k->id).c, k->err.text);
	k->store->files_waiting--;
	if (e != NULL && --e->in_hand == 0 && e->gone)
		entry_left(k->store, e);
	free(k->copy);
	free(k);
}

static void
on_named(struct work *w)
{
	name_settled((struct name_work *)w);
}

/* ---- a message gets its file ---- */

static void
marks_write(struct store *s, struct entry *e)
{
	for (uint32_t i = 0;; i++) {
		size_t at = message_file_mark(entry_head(e), i);

		if (at == 0)
			return;
		if (e->image[at] != MARK_OPEN)
			name_push(s, e,
			    (struct name_work){ .kind = NAME_MARK, .at = at, .mark = e->image[at] },
			    on_named);
	}
}

static void
on_filed(struct work *w)
{
	struct name_work *k = (struct name_work *)w;
	struct entry *e = k->entry;
	struct store *s = k->store;

	if (e->gone) { /* it ended meanwhile: the removal stands behind us in the queue */
		name_settled(k);
		return;
	}
	if (k->failed) /* it stays in its segment, which stays */
		e->state = ENTRY_JOURNAL;
	else {
		TAILQ_REMOVE(&s->segments[e->segment].living, e, living);
		e->state = ENTRY_FILE;
		s->numbers.files++;
		if (e->marks_late)
			marks_write(s, e);
		if (e->held != (k->to == SPOOL_HOLD))
			store_hold(s, e->id, e->held);
	}
	name_settled(k);
}

void
entry_file(struct store *s, struct entry *e)
{
	struct name_work k = { .kind = NAME_FILE, .to = e->held ? SPOOL_HOLD : SPOOL_CUR };

	if (e->state != ENTRY_JOURNAL || e->gone)
		return;
	k.copy = malloc(e->head_n);
	if (k.copy == NULL)
		fatal("out of memory for a message's head");
	memcpy(k.copy, e->image, e->head_n);
	k.head = span_of(k.copy, e->head_n);
	k.bytes = entry_bytes(e);
	e->state = ENTRY_FILING;
	name_push(s, e, k, on_filed);
}

void
entry_ended(struct store *s, struct entry *e, uint32_t index, char mark)
{
	size_t at = message_file_mark(entry_head(e), index);

	if (at == 0 || e->image[at] != MARK_OPEN)
		return;
	e->image[at] = mark;
	e->open--;
	if (e->indexed)
		index_remove(s->index, e->id, index);
	if (e->open == 0) {
		if (e->state == ENTRY_FILING || e->state == ENTRY_FILE)
			name_push(s, NULL, (struct name_work){ .kind = NAME_REMOVE, .id = e->id },
			    on_named);
		entry_left(s, e);
	} else if (e->state == ENTRY_FILE)
		name_push(s, e, (struct name_work){ .kind = NAME_MARK, .at = at, .mark = mark },
		    on_named);
	else
		e->marks_late = true;
}

/* ---- taking in ---- */

static struct entry *
entry_of(struct store *s, const struct envelope *e, const struct facts *f, struct span bytes)
{
	struct entry *n = entry_new(s, e->id);
	struct buf *head = &s->head;

	buf_reset(head);
	message_file_head(head, e, f);
	n->head_n = head->n;
	n->bytes_n = bytes.n;
	n->open = e->rcpts_n;
	n->image = malloc(head->n + bytes.n + 1);
	if (n->image == NULL)
		fatal("out of memory for a message");
	memcpy(n->image, head->p, head->n);
	if (bytes.n > 0)
		memcpy(n->image + head->n, bytes.p, bytes.n);
	return n;
}

void
store_accept(struct store *s, const struct envelope *e, const struct facts *f, struct span bytes,
    store_accepted *accepted, void *ctx)
{
	const char *why;
	uint16_t code = store_pressure(s, &why);

	if (code == 0 &&
	    journal_bytes(envelope_bytes(e) * 3 + bytes.n) > s->options.segment_bytes / 4) {
		code = 552;
		why = "5.3.4 larger than the journal takes at once";
	}
	if (code == 0 && entry_find(s, e->id) != NULL) {
		code = 451;
		why = "4.3.0 a message of that id is here already";
	}
	if (code != 0)
		accepted(ctx, e->id, code, span_str(why));
	else
		group_accept(s, entry_of(s, e, f, bytes), accepted, ctx);
}

uint16_t
store_pressure(struct store *s, const char **text)
{
	*text = "";
	if (s->refuse != 0) {
		*text = s->refuse_text;
		return s->refuse;
	}
	if (s->gathering.records.n > s->options.segment_bytes / 2 ||
	    s->files_waiting > NAMES_WAITING_MAX) {
		*text = s->stuck ? "4.3.1 the journal is full; a checkpoint is under way"
				 : "4.3.1 the disk is behind";
		return 452;
	}
	return 0;
}

/* ---- what became of it ---- */

void
store_end(struct store *s, const struct store_end *end, store_ended *ended, void *ctx)
{
	struct entry *e = entry_find(s, end->id);

	if (e != NULL)
		e->ends++;
	group_end(s, end, ended, ctx);
}

void
store_wait(struct store *s, const struct store_wait *w)
{
	struct entry *e = entry_find(s, w->id);

	if (e == NULL)
		return;
	e->indexed = true;
	index_put(s->index, w);
	entry_file(s, e);
}

bool
store_forget(struct store *s, struct id id)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL)
		return true;
	if (e->state != ENTRY_FILE || e->in_hand > 0 || e->ends > 0)
		return false;
	entry_left(s, e);
	return true;
}

unsigned
store_due(struct store *s, uint64_t until_ms, unsigned max,
    void (*due)(void *, const struct store_wait *), void *ctx)
{
	return index_due(s->index, until_ms, max, due, ctx);
}

bool
store_known(struct store *s, struct id id, uint32_t index, struct store_wait *w)
{
	return index_get(s->index, id, index, w);
}

/* ---- reading back ---- */

static int
descriptor_of(struct span bytes, struct err *err)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd == -1)
		return err_sys(err, "memory file");
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n <= 0) {
			close(fd);
			return err_sys(err, "memory file");
		}
		bytes = span_from(bytes, (size_t)n);
	}
	return fd;
}

int
store_read(struct store *s, struct id id, struct store_bytes *b, struct err *err)
{
	struct entry *e = entry_find(s, id);
	char first[MESSAGE_FILE_FIRST];
	struct message_file f;

	if (e != NULL && e->bytes_n > 0) {
		*b = (struct store_bytes){ .fd = descriptor_of(entry_bytes(e), err),
			.size_bytes = e->bytes_n };
		return b->fd == -1 ? -1 : 0;
	}
	b->fd = spool_read_open(s->spool, id, NULL);
	if (b->fd == -1)
		return err_sys(err, "open the message");
	if (pread(b->fd, first, sizeof(first), 0) != (ssize_t)sizeof(first) ||
	    message_file_first(span_of(first, sizeof(first)), &f) == -1) {
		close(b->fd);
		return err_set(err, "the message's file is damaged");
	}
	b->start = f.head_bytes;
	b->size_bytes = f.size_bytes;
	return 0;
}

/* The head of a file, checked; the caller frees head->p. -1: damaged. */
static int
head_read(int fd, struct span *head, struct envelope *e, struct facts *f, struct arena *a,
    struct err *err)
{
	char first[MESSAGE_FILE_FIRST];
	struct message_file mf;
	struct stat st;
	char *p;

	if (fstat(fd, &st) == -1 || pread(fd, first, sizeof(first), 0) != (ssize_t)sizeof(first) ||
	    message_file_first(span_of(first, sizeof(first)), &mf) == -1)
		return err_set(err, "its first line is damaged");
	if ((uint64_t)st.st_size != mf.head_bytes + mf.size_bytes)
		return err_set(err, "it is %lld bytes long instead of %llu", (long long)st.st_size,
		    (unsigned long long)(mf.head_bytes + mf.size_bytes));
	p = malloc(mf.head_bytes);
	if (p == NULL)
		fatal("out of memory for a message's head");
	*head = span_of(p, mf.head_bytes);
	if (pread(fd, p, mf.head_bytes, 0) != (ssize_t)mf.head_bytes)
		err_sys(err, "read its head");
	else if (message_file_parse(*head, e, f, a, err) == 0)
		return 0;
	free(p);
	return -1;
}

static void
loaded(struct store *s, struct span head, const struct envelope *e, bool held)
{
	struct entry *n = entry_new(s, e->id);

	n->image = (char *)head.p;
	n->head_n = head.n;
	n->state = ENTRY_FILE;
	n->held = held;
	n->indexed = true;
	s->numbers.files++;
	for (uint32_t i = 0; i < e->rcpts_n; i++)
		n->open += e->rcpts[i].mark == MARK_OPEN;
}

static void
set_aside(struct store *s, struct id id, enum spool_place place, const char *why)
{
	char folder[16];

	snprintf(
	    folder, sizeof(folder), place == SPOOL_CUR ? "cur/%02x" : "hold", id.b[ID_BYTES - 1]);
	spool_set_aside(s->spool, folder, id_text(id).c);
	index_remove_all(s->index, id);
	s->hooks->corrupt(s->hooks_ctx, id_text(id).c, why);
}

int
store_load(struct store *s, struct id id, void (*found)(void *, const struct store_found *),
    void *ctx, struct err *err)
{
	enum spool_place place = SPOOL_CUR;
	int fd = spool_read_open(s->spool, id, &place), r;
	struct arena *a;
	struct envelope e;
	struct facts f;
	struct span head;

	if (entry_find(s, id) != NULL) {
		if (fd != -1)
			close(fd);
		return err_set(err, "it is in memory already");
	}
	if (fd == -1) {
		if (errno == ENOENT)
			index_remove_all(s->index, id);
		return err_sys(err, "open the message");
	}
	a = arena_new(0);
	r = head_read(fd, &head, &e, &f, a, err);
	close(fd);
	if (r == 0 && !id_eq(e.id, id))
		r = err_set(err, "its name is not its id");
	if (r == -1)
		set_aside(s, id, place, err->text);
	else {
		loaded(s, head, &e, place == SPOOL_HOLD);
		found(ctx, &(struct store_found){ &e, &f, { NULL, 0 }, place == SPOOL_HOLD });
	}
	arena_free(a);
	return r;
}

/* ---- operators ---- */

void
store_hold(struct store *s, struct id id, bool hold)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL)
		return;
	e->held = hold;
	if (e->state == ENTRY_FILE)
		name_push(s, e,
		    (struct name_work){ .kind = NAME_MOVE,
			.from = hold ? SPOOL_CUR : SPOOL_HOLD,
			.to = hold ? SPOOL_HOLD : SPOOL_CUR },
		    on_named);
	else
		entry_file(s, e);
}

void
store_drop(struct store *s, struct id id)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL)
		return;
	entry_file(s, e); /* first the file, behind it in the queue its move */
	name_push(s, e,
	    (struct name_work){
		.kind = NAME_MOVE, .from = e->held ? SPOOL_HOLD : SPOOL_CUR, .to = SPOOL_TRASH },
	    on_named);
}

int
store_undrop(struct store *s, struct id id, struct err *err)
{
	return spool_move(s->spool, id, SPOOL_TRASH, SPOOL_CUR, err);
}

void
store_corrupt(struct store *s, struct id id)
{
	struct entry *e = entry_find(s, id);

	if (e == NULL)
		return;
	entry_file(s, e);
	name_push(s, e,
	    (struct name_work){
		.kind = NAME_MOVE, .from = e->held ? SPOOL_HOLD : SPOOL_CUR, .to = SPOOL_CORRUPT },
	    on_named);
	s->hooks->corrupt(s->hooks_ctx, id_text(id).c, "its bytes do not match their checksum");
}

void
store_numbers(const struct store *s, struct store_numbers *n)
{
	*n = s->numbers;
	n->index_records = index_count(s->index);
	n->free_bytes = s->free_bytes;
	n->journal_bytes = s->options.segment_bytes * s->segments_n;
	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].state != SEGMENT_FREE)
			n->journal_used += s->segments[i].used;
}

/* ---- life ---- */

static void
pressure_look(struct store *s)
{
	struct statvfs v;

	s->refuse = 0;
	if (fstatvfs(s->spool, &v) == -1)
		return;
	s->free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
	if (s->free_bytes < s->options.reserve_bytes) {
		s->refuse = 452;
		snprintf(s->refuse_text, sizeof(s->refuse_text), "4.3.1 the queue's disk is full");
	} else if (v.f_files > 0 && v.f_favail < 1000) {
		s->refuse = 452;
		snprintf(s->refuse_text, sizeof(s->refuse_text),
		    "4.3.1 the queue's disk has no inodes left");
	}
}

static void
on_tick(void *ctx)
{
	struct store *s = ctx;
	static unsigned ticks;

	pressure_look(s);
	if (s->stuck || s->sync_failed)
		checkpoint_begin(s);
	checkpoint_index(s);
	if (++ticks % TRASH_EVERY_TICKS == 0)
		spool_empty_trash(s->spool, TRASH_KEPT_S);
	timer_set_ms(s->tick, TICK_MS);
}

static int
segments_open(struct store *s, struct err *err)
{
	for (unsigned i = 0; i < s->options.segments; i++) {
		struct segment *seg = &s->segments[s->segments_n];

		seg->fd = spool_segment(s->spool, i, s->options.segment_bytes, err);
		if (seg->fd == -1)
			return -1;
		TAILQ_INIT(&seg->living);
		s->segments_n++;
	}
	return 0;
}

struct store *
store_prepare(const struct store_options *options, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the store");
	s->options = *options;
	s->spool = options->spool;
	buf_init(&s->head, HEAD_BYTES);
	sandbox_keep_folder(s->spool);
	if (spool_open(s->spool, err) == -1 || segments_open(s, err) == -1)
		return NULL;
	s->index = index_open(options->index_path, err);
	return s->index == NULL ? NULL : s;
}

int
store_start(struct store *s, const struct store_hooks *hooks, void *ctx, struct err *err)
{
	s->hooks = hooks;
	s->hooks_ctx = ctx;
	spool_clean_tmp(s->spool);
	if (replay(s, err) == -1)
		return -1;
	s->journal = thread_new("journal");
	s->names = thread_new("names");
	s->sync = thread_new("sync");
	s->tick = timer_new(on_tick, s);
	on_tick(s);
	s->stuck = segment_next(s) == -1;
	checkpoint_begin(s);
	replay_strays(s);
	return 0;
}

/* The active segment is treated as a full one: after its checkpoint nothing lives in the journal alone. */
void
stop_step(struct store *s)
{
	struct segment *active = &s->segments[s->active];

	if (s->stopped == NULL || s->checkpointing)
		return;
	if (!group_idle(s)) {
		store_cut(s);
		return;
	}
	if (active->state == SEGMENT_ACTIVE && s->unsaved) {
		active->state = SEGMENT_FULL;
		checkpoint_begin(s);
		return;
	}
	s->stopped(s->stopped_ctx);
	s->stopped = NULL;
}

void
store_stop(struct store *s, void (*stopped)(void *), void *ctx)
{
	s->stopped = stopped;
	s->stopped_ctx = ctx;
	stop_step(s);
}
