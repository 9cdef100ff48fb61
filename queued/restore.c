/* Messages that come back into memory, and bytes that are wanted again. */
#include "crc32c.h"
#include "err.h"
#include "message_file.h"
#include "store_inside.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TELL_BYTES = 64 * 1024 };

static int
first_read(int fd, uint64_t at, struct message_file *f)
{
	char first[MESSAGE_FILE_FIRST];

	return pread(fd, first, sizeof(first), (off_t)at) == (ssize_t)sizeof(first)
		   ? message_file_first(span_of(first, sizeof(first)), f)
		   : -1;
}

int
head_read(int fd, uint64_t at, struct head *h, struct err *err)
{
	struct message_file f;

	*h = (struct head){ .p = NULL };
	if (first_read(fd, at, &f) == -1) {
		err_set(err, "its first line is damaged");
		return -1;
	}
	*h = (struct head){ .p = malloc(f.head_bytes),
		.n = f.head_bytes,
		.bytes_n = f.size_bytes,
		.rcpts_n = f.rcpts_n,
		.crc32c = f.crc32c };
	if (h->p == NULL)
		fatal("out of memory for a message's head");
	if (pread(fd, h->p, h->n, (off_t)at) != (ssize_t)h->n)
		err_set(err, "its head is cut short");
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
		err_sys(err, "stat it");
		return -1;
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
		if (errno == ENOENT)
			index_remove_all(s->index, id);
		err_sys(err, "open the message");
		return NULL;
	}
	if (file_head(fd, &h, err) == 0) {
		e = entry_of(s, id, &h, place, err);
		free(h.p);
	}
	close(fd);
	if (e != NULL)
		return e;
	files_set_aside(s, id, place);
	index_remove_all(s->index, id);
	s->hooks->corrupt(s->hooks_ctx, id_text(id).c, err->text);
	return NULL;
}

/* Where the message as it stands in a file can be read: its file, or its record in the journal. */
static int
source(const struct store *s, const struct entry *e, uint64_t *at, bool *ours)
{
	*ours = e->segment == SEGMENT_NONE;
	*at = *ours ? 0 : e->head_at;
	return *ours ? entry_file(s, e) : s->segments[e->segment].fd;
}

static int
bytes_read(int fd, uint64_t at, const struct head *h, struct arena *a, struct span *out)
{
	char *p = arena_alloc(a, h->bytes_n + 1);

	*out = span_of(p, h->bytes_n);
	if (pread(fd, p, h->bytes_n, (off_t)(at + h->n)) != (ssize_t)h->bytes_n)
		return -1;
	return crc32c(0, *out) == h->crc32c ? 0 : -1;
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
		return -1;
	r = message_file_parse(span_of(h.p, h.n), &envelope, &facts, a, err);
	if (r == 0 && (envelope.rcpts_n != e->rcpts_n || !id_eq(envelope.id, e->id)))
		r = err_set(err, "it is another message");
	if (r == 0 && h.bytes_n <= TELL_BYTES && bytes_read(fd, at, &h, a, &f.bytes) == -1)
		r = err_set(err, "its bytes do not match their checksum");
	free(h.p);
	if (r == -1)
		return -1;
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

	if (fd == -1)
		return err_sys(err, "open the message");
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
	if (entry_tell(s, e, found, ctx, err) == 0)
		return 0;
	store_corrupt(s, id, "its bytes do not match their checksum");
	return -1;
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
