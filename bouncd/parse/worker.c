#include "worker.h"
#include "bounce_parse.h"
#include "err.h"
#include "loop.h"
#include "proto_parse.h"

#include <stdio.h>
#include <unistd.h>

/* A mail is read up to MESSAGE_MAX bytes; what a report says stands long before. */
enum {
	QUEUE_BYTES = 4 * 1024 * 1024,
	MESSAGE_MAX = 32 * 1024 * 1024,
	ARENA_MAX = 256 * 1024 * 1024,
	TEXT_MAX = 4096
};

_Static_assert((int)CAME_TOKENS_MAX <= (int)PARSE_TOKENS_MAX, "a DONE holds all tokens");

static struct span
cut(struct span s)
{
	return span_first(s, TEXT_MAX);
}

static void
recipient_put(struct chan *c, uint64_t job, const struct came_recipient *r)
{
	char status[16] = "";

	if (r->status.class != 0)
		snprintf(status, sizeof(status), "%u.%u.%u", r->status.class, r->status.subject,
		    r->status.detail);
	parse_rcpt_put(c, &(struct parse_rcpt){ .job = job,
			      .address = cut(r->address),
			      .original = cut(r->original),
			      .action = (uint8_t)r->action,
			      .status = span_str(status),
			      .reply = cut(r->diagnostic),
			      .words = cut(r->words),
			      .remote_mta = cut(r->remote_mta) });
}

static void
facts_answer(struct chan *c, uint64_t job, const struct came_back *back)
{
	struct parse_done d = {
		.job = job,
		.kind = (uint8_t)back->kind,
		.sub = (uint8_t)back->sub,
		.message_id = cut(back->original_message_id),
		.feedback_type = cut(back->feedback_type),
		.reason = cut(back->reason),
		.original_to = cut(back->original_to),
		.envelope_id = cut(back->envelope_id),
		.subject = cut(back->subject),
		.n_tokens = (uint8_t)back->n_tokens,
		.source_ip = cut(back->source_ip),
		.reported_domain = cut(back->reported_domain),
		.original_mail_from = cut(back->original_mail_from),
		.arrival_date = cut(back->arrival_date),
		.feedback_id = cut(back->feedback_id),
	};

	for (unsigned i = 0; i < back->n_tokens; i++)
		d.tokens[i] = cut(back->tokens[i]);
	for (const struct came_recipient *r = back->recipients; r != NULL; r = r->next)
		recipient_put(c, job, r);
	parse_done_put(c, &d);
}

/* Bytes of the descriptor, as many as there are up to MESSAGE_MAX. */
static void
descriptor_read(struct buf *b, int fd, uint64_t start, uint64_t size_bytes)
{
	uint64_t left = size_bytes < MESSAGE_MAX ? size_bytes : MESSAGE_MAX;
	char *room = buf_room(b, left);
	ssize_t n;

	while (room != NULL && left > 0 && (n = pread(fd, room, left, (off_t)start)) > 0) {
		buf_grew(b, (size_t)n);
		room += n;
		start += (uint64_t)n;
		left -= (uint64_t)n;
	}
}

static void
parse(struct chan *c, const struct parse_ask *ask)
{
	struct arena *arena = arena_new(ARENA_MAX);
	struct came_back back = { .kind = KIND_OTHER };
	struct span message = ask->bytes;
	struct buf b;

	buf_init(&b, MESSAGE_MAX);
	if (ask->fd != -1) {
		descriptor_read(&b, ask->fd, ask->start, ask->size_bytes);
		message = buf_all(&b);
	}
	bounce_parse(&back, message, arena);
	facts_answer(c, ask->job, &back);
	buf_free(&b);
	arena_free(arena);
}

static void
on_bouncd(void *ctx, struct chan *c, struct msg *m)
{
	struct parse_ask ask = { .fd = -1 };

	(void)ctx;
	if (m->type != PARSE_ASK || parse_ask_get(m, &ask) == -1)
		chan_bad(c, "a record that is no ASK");
	else
		parse(c, &ask);
	if (ask.fd != -1)
		close(ask.fd);
}

static void
bouncd_connected(void *ctx, unsigned instance, int fd)
{
	(void)instance;
	chan_new(fd, "bouncd", QUEUE_BYTES, on_bouncd, NULL, ctx);
}

void
worker_start(struct role *role)
{
	role_on_peer(role, ROLE_BOUNCD, bouncd_connected, NULL);
}
