/* Large messages: smtpd fills a draft; here it is read once, and what was read becomes the message's file (DESIGN 4).
 *
 * It is copied, not renamed: smtpd may still hold the draft's descriptor, and what was accepted must not change. The
 * drafting thread copies and checks all that gathered, syncs, gives them their names, syncs those: then they are
 * accepted. The journal is not needed: the file is the truth, and a start finds it (strays.c). */
#include "crc32c.h"
#include "err.h"
#include "message_file.h"
#include "store_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024, ONE_BY_ONE = 3, BATCH_FIRST = 16 };

enum outcome { GOOD, DISK, SPACE, DIFFERS };

struct drafted {
	struct id id;
	uint32_t draft, rcpts_n;
	struct buf head;
	uint64_t size_bytes;
	uint32_t crc32c;
	store_accepted *accepted;
	void *ctx;
	enum outcome outcome;
	int to;
};

struct draft_batch {
	struct work work;
	struct store *store;
	struct drafted *at;
	size_t n, cap;
	char *block;
};

int
store_draft_new(struct store *s, uint32_t *draft, struct err *err)
{
	int fd;

	if (s->ready_n > 0) {
		*draft = s->ready[--s->ready_n].number;
		fd = s->ready[s->ready_n].fd;
	} else {
		*draft = ++s->drafts;
		fd = spool_draft(s->spool, *draft, err);
	}
	files_ready_drafts(s);
	return fd;
}

void
store_draft_drop(struct store *s, uint32_t draft)
{
	files_drop_draft(s, draft);
}

/* ---- in the thread ---- */

static enum outcome
disk(void)
{
	return errno == ENOSPC || errno == EDQUOT ? SPACE : DISK;
}

static enum outcome
copy_bytes(struct drafted *d, int from, char *block)
{
	uint64_t size = 0;
	uint32_t crc = 0;
	struct err err;
	ssize_t n;

	while ((n = read(from, block, COPY_BYTES)) > 0) {
		crc = crc32c(crc, span_of(block, (size_t)n));
		size += (uint64_t)n;
		if (size > d->size_bytes)
			return DIFFERS;
		if (spool_append(d->to, span_of(block, (size_t)n), &err) == -1)
			return disk();
	}
	if (n == -1)
		return DISK;
	return size == d->size_bytes && crc == d->crc32c ? GOOD : DIFFERS;
}

static void
copy(struct draft_batch *b, struct drafted *d)
{
	int from = spool_draft_read(b->store->spool, d->draft);
	struct err err;

	d->outcome = DISK;
	if (from == -1)
		return;
	d->to = spool_new(b->store->spool, d->id, &err);
	if (d->to == -1 || spool_append(d->to, buf_all(&d->head), &err) == -1)
		d->outcome = disk();
	else
		d->outcome = copy_bytes(d, from, b->block);
	close(from);
}

static void
all_of(struct draft_batch *b, enum outcome outcome)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->at[i].outcome == GOOD)
			b->at[i].outcome = outcome;
}

/* Few are synced one by one; many with one syncfs. */
static void
sync_bytes(struct draft_batch *b)
{
	if (b->n > ONE_BY_ONE && syncfs(b->store->spool_drafted) == -1)
		all_of(b, DISK);
	for (size_t i = 0; i < b->n && b->n <= ONE_BY_ONE; i++)
		if (b->at[i].outcome == GOOD && fsync(b->at[i].to) == -1)
			b->at[i].outcome = disk();
}

static void
sync_names(struct draft_batch *b)
{
	struct err err;

	if (b->n > ONE_BY_ONE && syncfs(b->store->spool_drafted) == -1)
		all_of(b, DISK);
	for (size_t i = 0; i < b->n && b->n <= ONE_BY_ONE; i++)
		if (b->at[i].outcome == GOOD &&
		    spool_sync_folder(b->store->spool, b->at[i].id, SPOOL_CUR, &err) == -1)
			b->at[i].outcome = DISK;
}

static void
finish(struct draft_batch *b, struct drafted *d)
{
	int spool = b->store->spool;
	struct err err;

	if (d->to != -1)
		close(d->to);
	if (d->outcome != GOOD) {
		spool_discard(spool, d->id);
		(void)spool_remove(spool, d->id, &err);
	}
	spool_draft_remove(spool, d->draft);
}

static void
batch_run(struct work *w)
{
	struct draft_batch *b = (struct draft_batch *)w;
	struct err err;

	b->block = malloc(COPY_BYTES);
	if (b->block == NULL)
		fatal("out of memory for drafts");
	for (size_t i = 0; i < b->n; i++)
		copy(b, &b->at[i]);
	sync_bytes(b);
	for (size_t i = 0; i < b->n; i++)
		if (b->at[i].outcome == GOOD &&
		    spool_publish(b->store->spool, b->at[i].id, SPOOL_CUR, &err) == -1)
			b->at[i].outcome = disk();
	sync_names(b);
	for (size_t i = 0; i < b->n; i++)
		finish(b, &b->at[i]);
	free(b->block);
}

/* ---- in the loop ---- */

static void
stands(struct store *s, const struct drafted *d)
{
	struct entry *e = entry_new(s, d->id, d->rcpts_n);

	e->state = ENTRY_FILE;
	e->named = true;
	e->head_n = (uint32_t)d->head.n;
	e->bytes_n = d->size_bytes;
	must(entry_marks(e, buf_all(&d->head)) == 0);
	s->numbers.files++;
	s->numbers.accepted++;
}

static void
tell(struct store *s, const struct drafted *d)
{
	static const struct {
		uint16_t code;
		const char *text;
	} answers[] = {
		[GOOD] = { 0, "" },
		[DISK] = { 451, "4.3.0 the queue's disk failed; try again" },
		[SPACE] = { 452, "4.3.1 the queue's disk is full" },
		[DIFFERS] = { 451, "4.3.0 what was stored is not what was received; try again" },
	};

	if (d->outcome == GOOD)
		stands(s, d);
	d->accepted(d->ctx, d->id, answers[d->outcome].code, span_str(answers[d->outcome].text));
}

static void
on_drafted(struct work *w)
{
	struct draft_batch *b = (struct draft_batch *)w;
	struct store *s = b->store;

	s->draft_writing = false;
	for (size_t i = 0; i < b->n; i++) {
		tell(s, &b->at[i]);
		buf_free(&b->at[i].head);
	}
	free(b->at);
	free(b);
	store_stop_step(s);
}

static struct drafted *
drafted_new(struct store *s)
{
	struct draft_batch *b = s->draft_batch;

	if (b == NULL) {
		b = s->draft_batch = calloc(1, sizeof(*b));
		if (b == NULL)
			fatal("out of memory for drafts");
		b->work = (struct work){ .run = batch_run, .done = on_drafted };
		b->store = s;
	}
	if (b->n == b->cap) {
		b->cap = b->cap == 0 ? BATCH_FIRST : b->cap * 2;
		b->at = reallocarray(b->at, b->cap, sizeof(*b->at));
		if (b->at == NULL)
			fatal("out of memory for drafts");
	}
	return &b->at[b->n++];
}

void
store_accept_draft(struct store *s, const struct envelope *e, const struct facts *f, uint32_t draft,
    store_accepted *accepted, void *ctx)
{
	const char *why;
	uint16_t code = store_pressure(s, &why);
	struct drafted *d;

	if (code == 0 && e->rcpts_n == 0) {
		code = 554;
		why = "5.5.1 no recipients";
	} else if (code == 0 && !message_file_takes(e)) {
		code = 552;
		why = STORE_TOO_MANY;
	} else if (code == 0 && entry_find(s, e->id) != NULL) {
		code = 451;
		why = "4.3.0 a message of that id is here already";
	}
	if (code != 0) {
		store_draft_drop(s, draft);
		writer_refuse(s, e->id, code, why, accepted, ctx);
		return;
	}
	d = drafted_new(s);
	*d = (struct drafted){ .id = e->id,
		.draft = draft,
		.rcpts_n = e->rcpts_n,
		.size_bytes = f->size_bytes,
		.crc32c = f->crc32c,
		.accepted = accepted,
		.ctx = ctx,
		.to = -1 };
	buf_init(&d->head, MESSAGE_FILE_HEAD_MAX);
	message_file_head(&d->head, e, f);
}

void
draft_cut(struct store *s)
{
	if (s->draft_batch == NULL || s->draft_writing)
		return;
	s->draft_writing = true;
	thread_push(s->drafting, &s->draft_batch->work);
	s->draft_batch = NULL;
}

bool
draft_idle(const struct store *s)
{
	return !s->draft_writing && s->draft_batch == NULL;
}
