/* Messages that come back into memory, and bytes that are wanted again. */
#include "crc32c.h"
#include "err.h"
#include "loop.h"
#include "message_file.h"
#include "store_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TELL_BYTES = 64 * 1024, SALVAGE_BYTES = 1 << 20 };

/* -1: h->error says whether that is damage. */
static int
piece_read(int fd, char *p, size_t n, uint64_t at, struct head *h)
{
	while (n > 0) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			h->error = got == 0 ? 0 : errno;
			return -1;
		}
		p += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return 0;
}

static int
unread(struct head *h, struct err *err, const char *damage)
{
	if (h->error != 0)
		return err_set(err, "read it: %s", strerror(h->error));
	return err_set(err, "%s", damage);
}

int
head_read(int fd, uint64_t at, struct head *h, struct err *err)
{
	char first[MESSAGE_FILE_FIRST];
	struct message_file f;

	*h = (struct head){ .p = NULL };
	if (piece_read(fd, first, sizeof(first), at, h) == -1 ||
	    message_file_first(span_of(first, sizeof(first)), &f) == -1)
		return unread(h, err, "its first line is damaged");
	*h = (struct head){ .p = malloc(f.head_bytes),
		.n = f.head_bytes,
		.bytes_n = f.size_bytes,
		.rcpts_n = f.rcpts_n,
		.crc32c = f.crc32c };
	if (h->p == NULL)
		fatal("out of memory for a message's head");
	if (piece_read(fd, h->p, h->n, at, h) == -1)
		unread(h, err, "its head is cut short");
	else if (!message_file_head_is_good(span_of(h->p, h->n)))
		err_set(err, "its head does not match its checksum");
	else
		return 0;
	free(h->p);
	h->p = NULL;
	return -1;
}

static int
file_head(int fd, struct head *h, struct err *err)
{
	struct stat st;

	*h = (struct head){ .p = NULL };
	if (fstat(fd, &st) == -1) {
		h->error = errno;
		return err_sys(err, "stat it");
	}
	if (head_read(fd, 0, h, err) == -1)
		return -1;
	if ((uint64_t)st.st_size == h->n + h->bytes_n)
		return 0;
	free(h->p);
	h->p = NULL;
	err_set(err, "it is %" PRIu64 " bytes long instead of %" PRIu64, (uint64_t)st.st_size,
	    h->n + h->bytes_n);
	return -1;
}

static struct entry *
entry_of(
    struct store *s, struct id id, const struct head *h, enum spool_place place, struct err *err)
{
	struct entry *e = entry_new(s, id, h->rcpts_n);

	e->head_n = (uint32_t)h->n;
	e->bytes_n = h->bytes_n;
	e->state = ENTRY_FILE;
	e->place = (uint8_t)place;
	e->named = true;
	e->indexed = true;
	s->numbers.files++;
	if (entry_marks(e, span_of(h->p, h->n)) == 0)
		return e;
	entry_free(s, e);
	err_set(err, "it names not as many recipients as it says");
	return NULL;
}

static int
bytes_read(int fd, uint64_t at, struct head *h, struct arena *a, struct span *out)
{
	char *p = arena_alloc(a, h->bytes_n + 1);

	*out = span_of(p, h->bytes_n);
	if (piece_read(fd, p, h->bytes_n, at + h->n, h) == -1)
		return -1;
	return crc32c(0, *out) == h->crc32c ? 0 : -1;
}

/* Its head is damaged: what can be read of it is told, for nobody else will. */
static void
damaged(struct store *s, struct id id, enum spool_place place, int fd, const char *why)
{
	struct envelope e = { .id = id };
	struct arena *a = arena_new(0);
	char *p = arena_alloc(a, SALVAGE_BYTES);
	ssize_t n = pread(fd, p, SALVAGE_BYTES, 0);

	message_file_salvage(span_of(p, n > 0 ? (size_t)n : 0), &e, a);
	files_set_aside(s, id, place);
	index_remove_all(s->index, id);
	unqueued_put(s, id, UNQUEUED_CORRUPT, why);
	s->hooks->corrupt(s->hooks_ctx, id_text(id).c, why);
	if (s->hooks->lost != NULL)
		s->hooks->lost(s->hooks_ctx, &e, why);
	arena_free(a);
}

static void
not_opened(struct store *s, struct id id, struct err *err)
{
	int error = errno;

	err_sys(err, "open the message");
	if (error == ENOENT) {
		index_remove_all(s->index, id);
		unqueued_forget(s, id, UNQUEUED_UNREADABLE);
	} else
		unqueued_put(s, id, UNQUEUED_UNREADABLE, err->text);
}

struct entry *
entry_in(struct store *s, struct id id, enum spool_place place, struct err *err)
{
	int fd = spool_read_in(s->spool, id, place);
	struct entry *e = NULL;
	struct head h;

	if (fd == -1) {
		err_sys(err, "open the message");
		return NULL;
	}
	if (file_head(fd, &h, err) == 0) {
		e = entry_of(s, id, &h, place, err);
		free(h.p);
	}
	close(fd);
	return e;
}

struct entry *
entry_restore(struct store *s, struct id id, struct err *err)
{
	enum spool_place place = SPOOL_CUR;
	int fd = spool_read(s->spool, id, &place);
	struct entry *e = NULL;
	struct head h;

	if (fd == -1) {
		not_opened(s, id, err);
		return NULL;
	}
	if (file_head(fd, &h, err) == 0) {
		e = entry_of(s, id, &h, place, err);
		free(h.p);
	}
	if (e != NULL)
		unqueued_forget(s, id, UNQUEUED_UNREADABLE);
	else if (h.error != 0)
		unqueued_put(s, id, UNQUEUED_UNREADABLE, err->text);
	else
		damaged(s, id, place, fd, err->text);
	close(fd);
	return e;
}

static void
due_now(struct store *s, const struct entry *e, uint32_t index)
{
	struct store_wait w = { .id = e->id,
		.index = index,
		.next_ms = loop_wall_ms(),
		.held = e->place == SPOOL_HOLD };

	if (index_has(s->index, e->id, index))
		index_due_again(s->index, e->id, index);
	else
		index_put(s->index, &w);
}

void
restore_try(struct store *s, struct id id)
{
	struct err err;
	struct entry *e = entry_find(s, id) == NULL ? entry_restore(s, id, &err) : NULL;

	if (e == NULL)
		return;
	for (uint32_t i = 0; i < e->rcpts_n; i++)
		if (e->marks[i] == MARK_OPEN)
			due_now(s, e, i);
	if (e->open == 0)
		files_remove(s, id);
	entry_free(s, e);
}

/* Its head alone, in the arena. */
static int
envelope_read(int fd, struct id id, struct head *h, struct envelope *e, struct facts *f,
    struct arena *a, struct err *err)
{
	int r = file_head(fd, h, err);

	if (r == -1)
		return -1;
	r = message_file_parse(arena_span(a, span_of(h->p, h->n)), e, f, a, err);
	free(h->p);
	h->p = NULL;
	return r == 0 && !id_eq(e->id, id) ? err_set(err, "it is another message") : r;
}

int
restore_check(int fd, struct id id, struct err *err)
{
	struct arena *a = arena_new(0);
	struct envelope e;
	struct facts f;
	struct head h;
	struct span bytes;
	int r = envelope_read(fd, id, &h, &e, &f, a, err);

	if (r == 0 && bytes_read(fd, 0, &h, a, &bytes) == -1)
		r = err_set(err, "its bytes do not match their checksum");
	arena_free(a);
	return r;
}

int
restore_envelope(
    int fd, struct id id, struct envelope *e, struct facts *f, struct arena *a, struct err *err)
{
	struct head h;

	return envelope_read(fd, id, &h, e, f, a, err);
}

/* Where the message as it stands in a file can be read: its file, or its record in the journal. */
static int
source(const struct store *s, const struct entry *e, uint64_t *at, bool *ours)
{
	*ours = e->segment == SEGMENT_NONE;
	*at = *ours ? 0 : e->head_at;
	return *ours ? entry_file(s, e) : s->segments[e->segment].fd;
}

/* Few bytes come along. What is damaged in its file is told all the same, to be ended; in the journal it is not. */
static int
bytes_tell(const struct entry *e, int fd, uint64_t at, struct head *h, struct arena *a,
    struct store_found *f, struct err *err)
{
	if (h->bytes_n > TELL_BYTES || bytes_read(fd, at, h, a, &f->bytes) == 0)
		return 0;
	f->bytes = span_of(NULL, 0);
	unread(h, err, "its bytes do not match their checksum");
	if (h->error != 0)
		return TOLD_UNREAD;
	f->damaged = e->segment == SEGMENT_NONE;
	return f->damaged ? 0 : TOLD_DAMAGED;
}

static int
tell(struct entry *e, int fd, uint64_t at, struct arena *a,
    void (*found)(void *, const struct store_found *), void *ctx, struct err *err)
{
	struct store_found f = { .held = e->place == SPOOL_HOLD };
	struct envelope envelope;
	struct facts facts;
	struct head h;
	int r;

	if (head_read(fd, at, &h, err) == -1)
		return h.error != 0 ? TOLD_UNREAD : TOLD_DAMAGED;
	r = message_file_parse(span_of(h.p, h.n), &envelope, &facts, a, err);
	if (r == 0 && (envelope.rcpts_n != e->rcpts_n || !id_eq(envelope.id, e->id)))
		r = err_set(err, "it is another message");
	if (r == 0)
		r = bytes_tell(e, fd, at, &h, a, &f, err);
	free(h.p);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < e->rcpts_n; i++)
		envelope.rcpts[i].mark = e->marks[i];
	f.envelope = &envelope;
	f.facts = &facts;
	found(ctx, &f);
	return 0;
}

int
entry_tell(struct store *s, struct entry *e, void (*found)(void *, const struct store_found *),
    void *ctx, struct err *err)
{
	struct arena *a;
	uint64_t at;
	bool ours;
	int fd = source(s, e, &at, &ours), r;

	if (fd == -1) {
		err_sys(err, "open the message");
		return TOLD_UNREAD;
	}
	a = arena_new(0);
	r = tell(e, fd, at, a, found, ctx, err);
	arena_free(a);
	if (ours)
		close(fd);
	return r;
}

int
store_load(struct store *s, struct id id, void (*found)(void *, const struct store_found *),
    void *ctx, struct err *err)
{
	struct entry *e = entry_find(s, id);
	bool restored = e == NULL;
	int r;

	if (e != NULL && (e->gone_aside || e->state == ENTRY_COMING))
		return err_set(err, "it is not in the queue");
	if (e == NULL && files_correcting(s, id))
		return err_set(err, "it ended; its file is being removed");
	if (e == NULL)
		e = entry_restore(s, id, err);
	if (e == NULL)
		return -1;
	if (e->open == 0) { /* it ended, and a crash kept the file */
		files_remove(s, id);
		index_remove_all(s->index, id);
		entry_free(s, e);
		return err_set(err, "all its recipients have ended");
	}
	e->left = false;
	r = entry_tell(s, e, found, ctx, err);
	if (r == TOLD_UNREAD && restored) {
		entry_free(s, e);
		unqueued_put(s, id, UNQUEUED_UNREADABLE, err->text);
	} else if (r == TOLD_DAMAGED)
		store_corrupt(s, id, err->text);
	return r < 0 ? -1 : 0;
}

/* A journal segment holds other mail too: what leaves is a copy of this message alone. */
static int
copied(int from, uint64_t at, uint64_t n, struct err *err)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	char block[32 * 1024];

	if (fd == -1)
		return err_sys(err, "make a memory file");
	while (n > 0) {
		ssize_t r = pread(from, block, n < sizeof(block) ? n : sizeof(block), (off_t)at);

		if (r <= 0 || write(fd, block, (size_t)r) != r) {
			err_sys(err, "copy a message into memory");
			close(fd);
			return -1;
		}
		at += (uint64_t)r;
		n -= (uint64_t)r;
	}
	return fd;
}

int
store_read(struct store *s, struct id id, struct store_bytes *b, struct err *err)
{
	struct entry *e = entry_find(s, id);
	struct head h;

	if (e != NULL && e->segment != SEGMENT_NONE) {
		b->fd = copied(s->segments[e->segment].fd, e->head_at + e->head_n, e->bytes_n, err);
		b->start = 0;
		b->size_bytes = e->bytes_n;
		return b->fd == -1 ? -1 : 0;
	}
	b->fd = e != NULL ? entry_file(s, e) : spool_read(s->spool, id, NULL);
	if (b->fd == -1)
		return err_sys(err, "open the message");
	if (head_read(b->fd, 0, &h, err) == -1) {
		close(b->fd);
		return -1;
	}
	b->start = h.n;
	b->size_bytes = h.bytes_n;
	free(h.p);
	return 0;
}
