/* Large messages: smtpd fills a draft; here it is read once, and what was read becomes the message's file (DESIGN 4).
 *
 * The names thread copies draft to file while it computes the checksum, and syncs file and folder: then it is accepted. The
 * journal is not needed: the file is the truth, and a start finds it. */
#include "crc32c.h"
#include "err.h"
#include "message_file.h"
#include "spool.h"
#include "store_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024 };

struct draft_work {
	struct work work;
	struct store *store;
	struct id id;
	uint32_t draft, rcpts_n;
	struct buf head;
	uint64_t size_bytes;
	uint32_t crc32c;
	store_accepted *accepted;
	void *ctx;
	int error; /* errno, or -1: not what was promised */
};

int
store_draft_new(struct store *s, uint32_t *draft, struct err *err)
{
	*draft = ++s->drafts;
	return spool_draft(s->spool, *draft, err);
}

void
store_draft_drop(struct store *s, uint32_t draft)
{
	spool_draft_remove(s->spool, draft);
}

static int
put_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

/* 0; -1: errno, or a draft that is not as its facts say. */
static int
copy(struct draft_work *k, int from, int to)
{
	char *block = malloc(COPY_BYTES);
	uint64_t size = 0;
	uint32_t crc = 0;
	ssize_t n = -1;

	if (block == NULL)
		return -1;
	while (put_all(to, k->head.p, size == 0 ? k->head.n : 0) == 0 &&
	       (n = read(from, block, COPY_BYTES)) > 0) {
		crc = crc32c(crc, span_of(block, (size_t)n));
		size += (uint64_t)n;
		if (put_all(to, block, (size_t)n) == -1) {
			n = -1;
			break;
		}
	}
	free(block);
	if (n == 0 && (size != k->size_bytes || crc != k->crc32c)) {
		k->error = -1;
		return -1;
	}
	return n == 0 ? 0 : -1;
}

static int
folder_sync(int spool, const char *name)
{
	char folder[64];
	char *slash;
	int fd, r;

	snprintf(folder, sizeof(folder), "%s", name);
	slash = strrchr(folder, '/');
	if (slash != NULL)
		*slash = '\0';
	fd = openat(spool, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

static void
draft_run(struct work *w)
{
	struct draft_work *k = (struct draft_work *)w;
	int spool = k->store->spool, from = spool_draft_read(spool, k->draft), to, r;
	char tmp[64], name[64];

	snprintf(tmp, sizeof(tmp), "tmp/%s", id_text(k->id).c);
	spool_name(name, SPOOL_CUR, k->id);
	to = from == -1 ? -1 : openat(spool, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = to == -1 ? -1 : copy(k, from, to);
	if (r == 0)
		r = fsync(to);
	if (r == 0)
		r = renameat(spool, tmp, spool, name);
	if (r == 0)
		r = folder_sync(spool, name);
	if (r == -1) {
		if (k->error == 0)
			k->error = errno == 0 ? EIO : errno;
		(void)unlinkat(spool, tmp, 0);
		(void)unlinkat(spool, name, 0);
	}
	if (from != -1)
		close(from);
	if (to != -1)
		close(to);
	spool_draft_remove(spool, k->draft);
}

static void
entry_stands(struct store *s, struct draft_work *k)
{
	struct entry *e = entry_new(s, k->id);

	e->image = k->head.p;
	e->head_n = k->head.n;
	e->open = k->rcpts_n;
	e->state = ENTRY_FILE;
	k->head.p = NULL;
	s->numbers.files++;
	s->numbers.accepted++;
}

static void
on_drafted(struct work *w)
{
	struct draft_work *k = (struct draft_work *)w;

	if (k->error == 0) {
		entry_stands(k->store, k);
		k->accepted(k->ctx, k->id, 0, span_of(NULL, 0));
	} else if (k->error == ENOSPC)
		k->accepted(k->ctx, k->id, 452, SPAN_LIT("4.3.1 the queue's disk is full"));
	else
		k->accepted(k->ctx, k->id, 451,
		    k->error == -1
			? SPAN_LIT("4.3.0 what was stored is not what was received; try again")
			: SPAN_LIT("4.3.0 the queue's disk failed; try again"));
	free(k->head.p);
	free(k);
}

void
store_accept_draft(struct store *s, const struct envelope *e, const struct facts *f, uint32_t draft,
    store_accepted *accepted, void *ctx)
{
	struct draft_work *k = calloc(1, sizeof(*k));
	const char *why;
	uint16_t code = store_pressure(s, &why);

	if (k == NULL)
		fatal("out of memory for a draft");
	if (code != 0 || entry_find(s, e->id) != NULL) {
		accepted(ctx, e->id, code != 0 ? code : 451,
		    code != 0 ? span_str(why)
			      : SPAN_LIT("4.3.0 a message of that id is here already"));
		spool_draft_remove(s->spool, draft);
		free(k);
		return;
	}
	*k = (struct draft_work){ .work = { .run = draft_run, .done = on_drafted },
		.store = s,
		.id = e->id,
		.draft = draft,
		.rcpts_n = e->rcpts_n,
		.size_bytes = f->size_bytes,
		.crc32c = f->crc32c,
		.accepted = accepted,
		.ctx = ctx };
	buf_init(&k->head, MESSAGE_FILE_HEAD_MAX);
	message_file_head(&k->head, e, f);
	thread_push(s->names, &k->work);
}
