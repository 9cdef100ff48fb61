#include "worker.h"
#include "bounce_parse.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "proto_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* A mail is read up to MESSAGE_MAX bytes; what a report says stands long before. Of what it says, ANSWER_MAX bytes go out:
 * far less than a channel's queue holds, or a hostile mail would have the worker closed as stuck. */
enum {
	QUEUE_BYTES = 4 * 1024 * 1024,
	MESSAGE_MAX = 32 * 1024 * 1024,
	ARENA_MAX = 48 * 1024 * 1024,
	TEXT_MAX = 4096,
	ADDRESS_MAX = 512,
	ANSWER_MAX = 2 * 1024 * 1024,
	SLOW_MS = 1000,
	ALONE_MS = 10 * 1000 /* without a bouncd, before it gives up */
};

static struct chan *bouncd; /* NULL: none is there */
static struct timer *alone;

_Static_assert((int)CAME_TOKENS_MAX <= (int)PARSE_TOKENS_MAX, "a DONE holds all tokens");

struct answer {
	struct chan *chan;
	uint64_t job;
	size_t left; /* of ANSWER_MAX */
};

/* As much of it as may still go out. */
static struct span
cut(struct answer *an, struct span s)
{
	s = span_first(s, TEXT_MAX < an->left ? TEXT_MAX : an->left);
	an->left -= s.n;
	return s;
}

static void
recipient_put(struct answer *an, const struct came_recipient *r)
{
	char status[16] = "";

	if (r->address.n > ADDRESS_MAX) /* RFC 5321 4.5.3.1: no mailbox */
		return;
	if (r->status.class != 0)
		snprintf(status, sizeof(status), "%u.%u.%u", r->status.class, r->status.subject,
		    r->status.detail);
	parse_rcpt_put(an->chan, &(struct parse_rcpt){ .job = an->job,
				     .address = r->address,
				     .original = span_first(r->original, ADDRESS_MAX),
				     .action = (uint8_t)r->action,
				     .status = span_str(status),
				     .reply = cut(an, r->diagnostic),
				     .words = cut(an, r->words),
				     .remote_mta = span_first(r->remote_mta, ADDRESS_MAX) });
}

/* Which of our mails this is about: where what came back is itself a report, the mail inside it. */
static struct span
own_message_id(const struct came_back *back)
{
	return back->inner_message_id.n > 0 ? back->inner_message_id : back->original_message_id;
}

static void
done_put(struct answer *an, const struct came_back *back)
{
	struct parse_done d = {
		.job = an->job,
		.kind = (uint8_t)back->kind,
		.sub = (uint8_t)back->sub,
		.message_id = span_first(own_message_id(back), TEXT_MAX),
		.feedback_type = span_first(back->feedback_type, ADDRESS_MAX),
		.reason = span_first(back->reason, TEXT_MAX),
		.original_to = span_first(back->original_to, ADDRESS_MAX),
		.envelope_id = span_first(back->envelope_id, ADDRESS_MAX),
		.subject = span_first(back->subject, TEXT_MAX),
		.n_tokens = (uint8_t)back->n_tokens,
		.source_ip = span_first(back->source_ip, ADDRESS_MAX),
		.reported_domain = span_first(back->reported_domain, ADDRESS_MAX),
		.original_mail_from = span_first(back->original_mail_from, ADDRESS_MAX),
		.arrival_date = span_first(back->arrival_date, ADDRESS_MAX),
		.feedback_id = span_first(back->feedback_id, ADDRESS_MAX),
	};

	for (unsigned i = 0; i < back->n_tokens; i++)
		d.tokens[i] = span_first(back->tokens[i], ADDRESS_MAX);
	parse_done_put(an->chan, &d);
}

static void
facts_answer(struct chan *c, uint64_t job, const struct came_back *back)
{
	struct answer an = { c, job, ANSWER_MAX };

	for (const struct came_recipient *r = back->recipients; r != NULL; r = r->next)
		recipient_put(&an, r);
	done_put(&an, back);
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

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Nothing can stop a parser from within its sandbox; that it is bounded is a promise, and this is who notices. */
static void
look_at_cost(const struct parse_ask *ask, size_t size, uint64_t started_ms, const struct arena *a)
{
	uint64_t ms = now_ms() - started_ms;

	if (ms > SLOW_MS || arena_over(a))
		log_warn("mail-costly", "job=%llu size=%zu ms=%llu memory=%zu%s",
		    (unsigned long long)ask->job, size, (unsigned long long)ms, arena_used(a),
		    arena_over(a) ? " cut=yes" : "");
}

static void
parse(struct chan *c, const struct parse_ask *ask)
{
	struct arena *arena = arena_new(ARENA_MAX);
	struct came_back back = { .kind = KIND_OTHER };
	struct span message = ask->bytes;
	uint64_t started_ms = now_ms();
	struct buf b;

	buf_init(&b, MESSAGE_MAX);
	if (ask->fd != -1) {
		descriptor_read(&b, ask->fd, ask->start, ask->size_bytes);
		message = buf_all(&b);
	}
	bounce_parse(&back, message, arena);
	look_at_cost(ask, message.n, started_ms, arena);
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

/* A bouncd that was started anew comes within seconds. One that lives and closed the channel gets a new one only with a
 * new worker, which the master makes of our end. */
static void
on_alone(void *unused)
{
	(void)unused;
	log_error("nobody-asks", "seconds=%d", ALONE_MS / 1000);
	exit(EX_UNAVAILABLE);
}

static void
on_bouncd_gone(void *unused, struct chan *c, const char *why)
{
	(void)unused;
	(void)why;
	if (bouncd != c)
		return;
	bouncd = NULL;
	timer_set_ms(alone, ALONE_MS);
}

static void
bouncd_connected(void *ctx, unsigned instance, int fd)
{
	(void)instance;
	timer_clear(alone);
	bouncd = chan_new(fd, "bouncd", QUEUE_BYTES, on_bouncd, on_bouncd_gone, ctx);
	chan_answers(bouncd);
}

void
worker_start(struct role *role)
{
	alone = timer_new(on_alone, NULL);
	role_on_peer(role, ROLE_BOUNCD, bouncd_connected, NULL);
}
