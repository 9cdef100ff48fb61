#include "returned.h"
#include "asked.h"
#include "err.h"
#include "event.h"
#include "judge.h"
#include "log.h"
#include "loop.h"
#include "proto_bounce.h"
#include "proto_parse.h"
#include "role.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	QUEUE_BYTES = 4 * 1024 * 1024,
	PARSERS_MAX = 128,
	ARENA_BYTES = 8 * 1024 * 1024,
	EVENTS_BYTES = 8 * 1024 * 1024
};

/* A mail at the parser. */
struct job {
	TAILQ_ENTRY(job) link;
	uint64_t number, queued_job;
	struct chan *parser;
	struct arena *arena;
	struct bounce_returned asked; /* spans copied; no bytes */
	struct came_back back;
	bool forgotten; /* queued went away */
};

static TAILQ_HEAD(, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);
static struct chan *parsers[PARSERS_MAX];
static unsigned parsers_n, turn;
static uint64_t numbers;

static void
answer(struct bouncd *b, struct job *j, bool ok)
{
	if (!j->forgotten && b->queued != NULL)
		bounce_stored_put(
		    b->queued, &(struct bounce_stored){ .job = j->queued_job,
				   .ok = ok,
				   .kind = span_str(ok ? kind_word(j->back.kind) : "") });
	TAILQ_REMOVE(&jobs, j, link);
	arena_free(j->arena);
	free(j);
}

/* ---- what it means ---- */

static const char *
event_kind(enum kind k)
{
	switch (k) {
	case KIND_BOUNCE:
		return "bounced";
	case KIND_COMPLAINT:
		return "complaint";
	case KIND_AUTOREPLY:
		return "autoreply";
	default:
		return NULL; /* warnings, success reports and human replies end nothing */
	}
}

static void
event_put(struct buf *out, const struct job *j, struct id event, const char *kind,
    struct span address, const struct came_recipient *r, const struct verdict *v)
{
	event_open(out, kind, event, loop_wall_ms());
	if (j->asked.has_token) {
		event_id(out, "message", j->asked.about);
		event_num(out, "rcpt", j->asked.index);
	}
	event_span(out, "recipient", address);
	event_span(out, "tenant", j->asked.tenant);
	event_bool(out, "late", true);
	event_id(out, "report", j->asked.message);
	if (v != NULL) {
		event_str(out, "class", class_word(v->class));
		event_str(out, "category", category_word(v->category));
		event_str(out, "status", v->status);
		event_str(out, "rule", v->rule);
	}
	if (r != NULL)
		event_span(out, "reply", r->diagnostic);
	event_span(out, "feedback_type", j->back.feedback_type);
	event_span(out, "original_message_id", j->back.original_message_id);
	event_close(out);
}

static void
judged_note(
    struct bouncd *b, struct job *j, const struct came_recipient *r, const struct verdict *v)
{
	struct said texts[JUDGE_TEXTS_MAX];

	(void)judge_texts(&j->back, r, texts, j->arena);
	reply_book_note(b->book, &texts[0], r->remote_mta, v, loop_wall_ms() / 1000);
}

/* The event and the suppression it causes. Only what a token vouches for changes anything. */
static int
recipient_tell(struct bouncd *b, struct job *j, struct buf *out, const struct came_recipient *r)
{
	const char *kind = event_kind(j->back.kind);
	struct span address = j->asked.about_rcpt.n > 0 ? j->asked.about_rcpt
			      : r != NULL               ? r->address
							: (struct span){ 0 };
	struct id event = id_new();
	struct err err = { "" };
	struct verdict v;

	if (r != NULL)
		v = judge(b->rules, &j->back, r, j->arena);
	if (r != NULL)
		judged_note(b, j, r, &v);
	event_put(
	    out, j, event, kind, address, r, r != NULL && j->back.kind == KIND_BOUNCE ? &v : NULL);
	if (!j->asked.has_token || address.n == 0)
		return 0;
	if (j->back.kind == KIND_COMPLAINT)
		return asked_suppress(
		    b, j->asked.tenant, address, SUPPRESSED_COMPLAINT, event, &err);
	if (j->back.kind == KIND_BOUNCE && r != NULL && v.class == CLASS_HARD)
		return asked_suppress(
		    b, j->asked.tenant, address, SUPPRESSED_HARD_BOUNCE, event, &err);
	return 0;
}

/* Written and on disk before it is called stored. */
static int
events_write(struct bouncd *b, const struct buf *out)
{
	if (out->n == 0)
		return 0;
	if (buf_over(out) || write(b->events_fd, out->p, out->n) != (ssize_t)out->n ||
	    fdatasync(b->events_fd) == -1) {
		log_error("events-not-written", "why=\"%s\"", strerror(errno));
		return -1;
	}
	return 0;
}

static void
parsed(struct bouncd *b, struct job *j)
{
	struct buf out;
	int r = 0;

	buf_init(&out, EVENTS_BYTES);
	if (event_kind(j->back.kind) != NULL) {
		if (j->back.recipients == NULL || j->asked.has_token)
			r = recipient_tell(b, j, &out, j->back.recipients);
		else
			for (struct came_recipient *c = j->back.recipients; c != NULL && r == 0;
			     c = c->next)
				r = recipient_tell(b, j, &out, c);
	}
	if (r == 0)
		r = events_write(b, &out);
	buf_free(&out);
	log_begin(LOG_LEVEL_INFO, "returned");
	log_kvs("id", id_text(j->asked.message).c);
	log_kvs("kind", kind_word(j->back.kind));
	if (j->asked.has_token)
		log_kvs("about", id_text(j->asked.about).c);
	log_kvf("recipients", "%u", j->back.n_recipients);
	log_end();
	answer(b, j, r == 0);
}

/* ---- the parser ---- */

static struct job *
job_find(uint64_t number, const struct chan *parser)
{
	struct job *j;

	TAILQ_FOREACH (j, &jobs, link)
		if (j->number == number && j->parser == parser)
			return j;
	return NULL;
}

static int
recipient_add(struct chan *c, struct msg *m)
{
	struct came_recipient *to;
	struct parse_rcpt r;
	struct job *j;

	if (parse_rcpt_get(m, &r) == -1 || (j = job_find(r.job, c)) == NULL ||
	    r.action > ACTION_EXPANDED)
		return -1;
	to = came_back_add(&j->back, arena_span(j->arena, r.address), j->arena);
	if (to == NULL)
		return 0;
	to->original = arena_span(j->arena, r.original);
	to->action = r.action;
	to->diagnostic = arena_span(j->arena, r.reply);
	to->words = arena_span(j->arena, r.words);
	to->remote_mta = arena_span(j->arena, r.remote_mta);
	(void)status_at(r.status, &to->status, NULL);
	return 0;
}

static int
done(struct bouncd *b, struct chan *c, struct msg *m)
{
	struct parse_done d;
	struct job *j;

	if (parse_done_get(m, &d) == -1 || (j = job_find(d.job, c)) == NULL ||
	    d.kind > KIND_AUTOREPLY)
		return -1;
	j->back.kind = d.kind;
	j->back.original_message_id = arena_span(j->arena, d.message_id);
	j->back.feedback_type = arena_span(j->arena, d.feedback_type);
	j->back.reason = arena_span(j->arena, d.reason);
	j->back.original_to = arena_span(j->arena, d.original_to);
	parsed(b, j);
	return 0;
}

static void
on_parser(void *ctx, struct chan *c, struct msg *m)
{
	int r = m->type == PARSE_RCPT   ? recipient_add(c, m)
		: m->type == PARSE_DONE ? done(ctx, c, m)
					: -1;

	if (r == -1)
		chan_bad(c, "facts that are none");
}

/* What a parser had in hand when it died is asked again by queued, which may be what killed it: it waits there. */
static void
on_parser_gone(void *ctx, struct chan *c, const char *why)
{
	struct job *j, *next;

	log_warn("parser-gone", "why=\"%s\"", why);
	for (unsigned i = 0; i < parsers_n; i++)
		if (parsers[i] == c)
			parsers[i--] = parsers[--parsers_n];
	TAILQ_FOREACH_SAFE (j, &jobs, link, next)
		if (j->parser == c)
			answer(ctx, j, false);
}

static void
parser_connected(void *ctx, unsigned instance, int fd)
{
	(void)instance;
	if (parsers_n == PARSERS_MAX)
		close(fd);
	else
		parsers[parsers_n++] =
		    chan_new(fd, "bouncd-parse", QUEUE_BYTES, on_parser, on_parser_gone, ctx);
}

void
returned_start(struct bouncd *b)
{
	role_on_peer(b->role, ROLE_PARSE, parser_connected, b);
}

void
returned_forget(void)
{
	struct job *j;

	TAILQ_FOREACH (j, &jobs, link)
		j->forgotten = true;
}

static struct job *
job_new(const struct bounce_returned *r)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		fatal("out of memory for a bounce");
	j->number = ++numbers;
	j->queued_job = r->job;
	j->arena = arena_new(ARENA_BYTES);
	j->asked = *r;
	j->asked.recipient = arena_span(j->arena, r->recipient);
	j->asked.tenant = arena_span(j->arena, r->tenant);
	j->asked.about_rcpt = arena_span(j->arena, r->about_rcpt);
	TAILQ_INSERT_TAIL(&jobs, j, link);
	return j;
}

void
returned_take(struct bouncd *b, struct msg *m)
{
	struct bounce_returned r = { .fd = -1 };
	struct job *j;

	if (bounce_returned_get(m, &r) == -1) {
		chan_bad(b->queued, "a RETURNED that is none");
		return;
	}
	j = job_new(&r);
	if (parsers_n == 0) {
		if (r.fd != -1)
			close(r.fd);
		answer(b, j, false);
		return;
	}
	j->parser = parsers[turn++ % parsers_n];
	parse_ask_put(j->parser, &(struct parse_ask){ .job = j->number,
				     .start = r.start,
				     .size_bytes = r.size_bytes,
				     .bytes = r.bytes,
				     .fd = r.fd });
}
