#include "forward.h"
#include "content.h"
#include "course.h"
#include "err.h"
#include "header.h"
#include "intake.h"
#include "log.h"
#include "loop.h"
#include "message.h"
#include "queued.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { INLINE_MAX = 64 * 1024, COPY_BYTES = 64 * 1024 };

/* A mail that is with the store on its way on. Its message may have left memory when the answer comes. */
struct forwarding {
	struct queued *q;
	struct id id;
	uint32_t index;
};

static void
story(const struct delivery *d, struct span to, const char *why)
{
	log_begin(why == NULL ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
	    why == NULL ? "forwarded" : "not-forwarded");
	log_kvs("id", id_text(d->message->envelope->id).c);
	log_address("to", to);
	if (why != NULL)
		log_kvs("why", why);
	log_end();
}

/* NULL: it may go on. */
static const char *
circles(struct span header)
{
	struct header_field f;
	unsigned hops = 0;

	while (header_next(&header, &f)) {
		if (span_is_nocase(f.name, "received") && ++hops > FORWARD_HOPS_MAX)
			return "too many Received lines: it goes round in circles";
		if (span_is_nocase(f.name, "auto-submitted") &&
		    !span_starts_nocase(span_trim(f.value), "no"))
			return "no person wrote it (Auto-Submitted)";
	}
	return NULL;
}

static void
on_stored(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct forwarding *f = ctx;
	struct message *m = message_find(&f->q->messages, f->id);

	if (code != 0)
		log_warn("forward-not-stored", "id=%s code=%u text=\"%.*s\"", id_text(id).c, code,
		    SPAN(text));
	if (m != NULL)
		course_forwarded(
		    f->q, &m->deliveries[f->index], code == 0 ? FORWARD_DONE : FORWARD_FAILED);
	free(f);
}

static struct forwarding *
forwarding_new(struct queued *q, struct delivery *d)
{
	struct forwarding *f = malloc(sizeof(*f));

	if (f == NULL)
		fatal("out of memory for a reply to forward");
	*f = (struct forwarding){ q, d->message->envelope->id, d->index };
	return f;
}

/* Into the page cache: the store syncs it. */
static int
copy(const struct content *c, int to, struct err *err)
{
	static char bytes[COPY_BYTES];
	uint64_t at = 0;

	while (at < c->size_bytes) {
		size_t want = c->size_bytes - at < COPY_BYTES ? c->size_bytes - at : COPY_BYTES;
		ssize_t n = pread(c->fd, bytes, want, (off_t)(c->start + at));

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0 || write(to, bytes, (size_t)n) != n)
			return err_sys(err, "copy of a reply");
		at += (uint64_t)n;
	}
	return 0;
}

static int
large(struct queued *q, struct delivery *d, const struct envelope *e, const struct content *c,
    struct err *err)
{
	uint32_t draft;
	int fd = store_draft_new(q->store, &draft, err);

	if (fd == -1)
		return -1;
	if (copy(c, fd, err) == -1) {
		close(fd);
		store_draft_drop(q->store, draft);
		return -1;
	}
	close(fd);
	intake_own_draft(q, e, &d->message->facts, draft, on_stored, forwarding_new(q, d));
	return 0;
}

static int
go_on(struct queued *q, struct delivery *d, struct span to, const struct content *c,
    struct arena *arena, struct err *err)
{
	struct recipient rcpt = { .address = to, .notify = NOTIFY_NEVER, .mark = MARK_OPEN };
	struct envelope e = { .id = id_new(),
		.received_ms = loop_wall_ms(),
		.is_notice = true,
		.smtputf8 = d->message->envelope->smtputf8,
		.body_8bit = d->message->envelope->body_8bit,
		.rcpts_n = 1,
		.rcpts = &rcpt };
	struct span whole;

	if (c->fd != -1 && c->size_bytes > INLINE_MAX)
		return large(q, d, &e, c, err);
	if (content_head(c, c->size_bytes, arena, &whole, err) == -1)
		return -1;
	intake_bytes(q, &e, &d->message->facts, whole, on_stored, forwarding_new(q, d));
	return 0;
}

static const char *
refused(const struct delivery *d, const struct content *c, struct arena *arena)
{
	struct span head;

	if (c->size_bytes > FORWARD_BYTES_MAX)
		return "too large";
	if (content_head(c, d->message->facts.header_bytes, arena, &head, NULL) == -1)
		return "its header cannot be read";
	return circles(head);
}

void
forward_begin(struct queued *q, struct delivery *d, struct span to)
{
	struct arena *arena = arena_new(0);
	struct err err = { "" };
	struct content c;
	const char *why;

	to = arena_span(arena, to);
	if (content_open(q, d->message, &c, &err) == -1) {
		story(d, to, err.text);
		course_forwarded(q, d, FORWARD_FAILED);
		arena_free(arena);
		return;
	}
	why = refused(d, &c, arena);
	if (why != NULL) {
		story(d, to, why);
		course_forwarded(q, d, FORWARD_REFUSED);
	} else if (go_on(q, d, to, &c, arena, &err) == -1) {
		story(d, to, err.text);
		course_forwarded(q, d, FORWARD_FAILED);
	} else
		story(d, to, NULL);
	content_drop(&c);
	arena_free(arena);
}
