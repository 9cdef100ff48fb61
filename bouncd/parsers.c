#include "parsers.h"
#include "err.h"
#include "log.h"
#include "proto_parse.h"
#include "role.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUE_BYTES = 4 * 1024 * 1024, PARSERS_MAX = 128, SUSPECTS_MAX = 256 };

struct parser {
	struct chan *chan; /* NULL: free slot */
	TAILQ_HEAD(, job) jobs;
	unsigned jobs_n;
	bool alone; /* a suspect is with it */
};

static struct parser parsers[PARSERS_MAX];
static unsigned turn;

/* Mails that were there when a worker died, the oldest makes room. Forgotten at a restart, as a fresh start. */
static struct suspect {
	struct id mail;
	uint64_t rcpt;
	unsigned deaths;
} suspects[SUSPECTS_MAX];
static unsigned suspects_next;

static struct suspect *
suspect_of(const struct job *j)
{
	uint64_t rcpt = span_hash_nocase(j->asked.recipient);

	for (unsigned i = 0; i < SUSPECTS_MAX; i++)
		if (suspects[i].deaths > 0 && suspects[i].rcpt == rcpt &&
		    id_eq(suspects[i].mail, j->asked.message))
			return &suspects[i];
	return NULL;
}

unsigned
parsers_deaths(const struct job *j)
{
	const struct suspect *s = suspect_of(j);

	return s == NULL ? 0 : s->deaths;
}

static void
suspect_add(const struct job *j)
{
	struct suspect *s = suspect_of(j);

	if (s == NULL) {
		s = &suspects[suspects_next++ % SUSPECTS_MAX];
		*s = (struct suspect){ j->asked.message, span_hash_nocase(j->asked.recipient), 0 };
	}
	s->deaths++;
}

/* ---- giving ---- */

/* The next in turn that may have it. A suspect wants one with nothing else in hand. One that has not read what it has
 * already gets no more: queued keeps the mail, and asks again later. */
static struct parser *
chosen(bool suspect)
{
	for (unsigned i = 0; i < PARSERS_MAX; i++) {
		struct parser *p = &parsers[(turn + i) % PARSERS_MAX];

		if (p->chan == NULL || chan_full(p->chan) || p->alone || (suspect && p->jobs_n > 0))
			continue;
		turn = (turn + i + 1) % PARSERS_MAX;
		return p;
	}
	return NULL;
}

bool
parsers_give(struct job *j)
{
	bool suspect = parsers_deaths(j) > 0;
	struct parser *p = chosen(suspect);

	if (p == NULL)
		return false;
	j->parser = p;
	p->alone = suspect;
	p->jobs_n++;
	TAILQ_INSERT_TAIL(&p->jobs, j, link);
	parse_ask_put(p->chan, &(struct parse_ask){ .job = j->number,
				   .start = j->asked.start,
				   .size_bytes = j->asked.size_bytes,
				   .bytes = j->asked.bytes,
				   .fd = j->asked.fd });
	j->asked.fd = -1;
	j->asked.bytes = span_of(NULL, 0);
	return true;
}

static void
taken_back(struct job *j)
{
	struct parser *p = j->parser;

	TAILQ_REMOVE(&p->jobs, j, link);
	p->jobs_n--;
	p->alone = false;
	j->parser = NULL;
}

/* ---- facts ---- */

static struct job *
job_find(const struct parser *p, uint64_t number)
{
	struct job *j;

	TAILQ_FOREACH (j, &p->jobs, link)
		if (j->number == number)
			return j;
	return NULL;
}

static int
recipient_add(struct parser *p, struct msg *m)
{
	struct came_recipient *to;
	struct parse_rcpt r;
	struct job *j;

	if (parse_rcpt_get(m, &r) == -1 || (j = job_find(p, r.job)) == NULL ||
	    r.action > ACTION_PARTLY)
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
	return arena_over(j->arena)
		   ? -1
		   : 0; /* no mail holds so much: that worker is not ours any more */
}

static void
facts_take(struct came_back *b, const struct parse_done *d, struct arena *a)
{
	b->kind = d->kind;
	b->sub = d->sub;
	b->original_message_id = arena_span(a, d->message_id);
	b->feedback_type = arena_span(a, d->feedback_type);
	b->reason = arena_span(a, d->reason);
	b->original_to = arena_span(a, d->original_to);
	b->envelope_id = arena_span(a, d->envelope_id);
	b->subject = arena_span(a, d->subject);
	b->source_ip = arena_span(a, d->source_ip);
	b->reported_domain = arena_span(a, d->reported_domain);
	b->feedback_id = arena_span(a, d->feedback_id);
	for (b->n_tokens = 0; b->n_tokens < d->n_tokens; b->n_tokens++)
		b->tokens[b->n_tokens] = arena_span(a, d->tokens[b->n_tokens]);
}

static int
done(struct parser *p, struct msg *m)
{
	struct parse_done d;
	struct job *j;

	if (parse_done_get(m, &d) == -1 || (j = job_find(p, d.job)) == NULL ||
	    d.kind > KIND_AUTOREPLY || d.sub > KIND_SUB_TICKET || d.n_tokens > CAME_TOKENS_MAX)
		return -1;
	facts_take(&j->back, &d, j->arena);
	taken_back(j);
	returned_parsed(j);
	return 0;
}

/* ---- workers come and go ---- */

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	struct parser *p = ctx;
	int r = m->type == PARSE_RCPT   ? recipient_add(p, m)
		: m->type == PARSE_DONE ? done(p, m)
					: -1;

	if (r == -1)
		chan_bad(c, "facts that are none");
}

/* What it had in hand is asked again by queued; one of them may be what killed it. */
static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct parser *p = ctx;
	struct job *j;

	(void)c;
	log_info("parser-gone", "why=\"%s\" mails=%u", why, p->jobs_n);
	p->chan = NULL;
	while ((j = TAILQ_FIRST(&p->jobs)) != NULL) {
		suspect_add(j);
		taken_back(j);
		returned_lost(j);
	}
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	(void)ctx;
	(void)instance;
	for (unsigned i = 0; i < PARSERS_MAX; i++) {
		struct parser *p = &parsers[i];

		if (p->chan != NULL)
			continue;
		*p = (struct parser){ .jobs_n = 0 };
		TAILQ_INIT(&p->jobs);
		p->chan = chan_new(fd, "bouncd-parse", QUEUE_BYTES, on_msg, on_close, p);
		return;
	}
	close(fd);
}

void
parsers_start(struct bouncd *b)
{
	role_on_peer(b->role, ROLE_PARSE, on_connected, b);
}
