#include "submit_client.h"
#include "err.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUEUE_BYTES = 32 * 1024 * 1024, DRAFTS_FIRST = 4, DRAFTS_MOST = 64, RCPTS_A_RECORD = 128 };

struct submit {
	struct chan *chan; /* NULL: queued is away */
	uint64_t epoch;    /* counts the queueds there have been */
	uint64_t next_ask;
	struct waiters asks, messages, wants; /* wants: who waits for a draft */
	uint64_t next_want;
	struct draft drafts[DRAFTS_MOST];
	unsigned drafts_n, drafts_asked, drafts_goal;
	uint16_t state_code;
	char state_text[256];
};

#define GONE SPAN_LIT("4.3.0 the queue went away before it answered, try again")
#define AWAY SPAN_LIT("4.3.2 the queue is not there, try again")
#define LOST SPAN_LIT("4.3.0 too many files are open, try again")
#define BUSY SPAN_LIT("4.3.2 the queue is busy, try again")

struct submit *
submit_new(void)
{
	struct submit *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the queue's channel");
	waiters_init(&s->asks);
	waiters_init(&s->messages);
	waiters_init(&s->wants);
	s->drafts_goal = DRAFTS_FIRST;
	return s;
}

/* ---- what queued says ---- */

/* Ids of one process differ in their last eight bytes (id.h). */
static uint64_t
ticket_of(struct id id)
{
	uint64_t v;

	memcpy(&v, id.b + 8, sizeof(v));
	return v;
}

static int
on_ack(struct submit *s, struct msg *m)
{
	struct submit_ack a;

	if (submit_ack_get(m, &a) == -1)
		return -1;
	waiters_answer(&s->messages, ticket_of(a.id), a.code, a.text);
	return 0;
}

static int
on_answer(struct submit *s, struct msg *m)
{
	struct submit_answer a;

	if (submit_answer_get(m, &a) == -1)
		return -1;
	waiters_answer(&s->asks, a.ask, a.code, a.text);
	return 0;
}

static int
on_draft(struct submit *s, struct msg *m)
{
	struct submit_draft d;

	if (submit_draft_get(m, &d) == -1)
		return -1;
	if (s->drafts_asked > 0)
		s->drafts_asked--;
	if (d.fd != -1 && s->drafts_n < DRAFTS_MOST) {
		s->drafts[s->drafts_n++] = (struct draft){ d.draft, d.fd, s->epoch };
		waiters_answer_first(&s->wants, 0, span_of(NULL, 0));
		return 0;
	}
	submit_drop_put(s->chan, d.draft);
	if (d.fd != -1)
		close(d.fd);
	else
		waiters_answer_first(&s->wants, 451, LOST);
	return 0;
}

static int
on_no_draft(struct submit *s, struct msg *m)
{
	struct submit_no_draft n;

	if (submit_no_draft_get(m, &n) == -1)
		return -1;
	if (s->drafts_asked > 0)
		s->drafts_asked--;
	waiters_answer_first(&s->wants, n.code, n.text);
	return 0;
}

static int
on_state(struct submit *s, struct msg *m)
{
	struct submit_state st;

	if (submit_state_get(m, &st) == -1)
		return -1;
	s->state_code = st.code;
	snprintf(s->state_text, sizeof(s->state_text), "%.*s", SPAN(span_first(st.text, 255)));
	return 0;
}

static void
on_queued(void *ctx, struct chan *c, struct msg *m)
{
	struct submit *s = ctx;
	int r = -1;

	switch (m->type) {
	case SUBMIT_ACK:
		r = on_ack(s, m);
		break;
	case SUBMIT_ANSWER:
		r = on_answer(s, m);
		break;
	case SUBMIT_DRAFT:
		r = on_draft(s, m);
		break;
	case SUBMIT_NO_DRAFT:
		r = on_no_draft(s, m);
		break;
	case SUBMIT_STATE:
		r = on_state(s, m);
		break;
	default:
		break;
	}
	if (r == -1)
		chan_bad(c, "queued said something that is no record");
}

static void
on_gone(void *ctx, struct chan *c, const char *why)
{
	struct submit *s = ctx;

	if (s->chan != c)
		return; /* a newer one is there already */
	log_info("queued-gone", "why=\"%s\"", why);
	s->chan = NULL;
	for (unsigned i = 0; i < s->drafts_n; i++)
		close(s->drafts[i].fd);
	s->drafts_n = s->drafts_asked = 0;
	waiters_answer_all(&s->asks, 451, GONE);
	waiters_answer_all(&s->messages, 451, GONE);
	waiters_answer_all(&s->wants, 451, GONE);
}

static void
drafts_ask(struct submit *s)
{
	unsigned have = s->drafts_n + s->drafts_asked;

	if (s->chan == NULL || have >= s->drafts_goal)
		return;
	submit_want_put(s->chan, s->drafts_goal - have);
	s->drafts_asked = s->drafts_goal - s->drafts_n;
}

void
submit_connected(void *ctx, unsigned instance, int fd)
{
	struct submit *s = ctx;
	struct chan *old = s->chan;

	(void)instance;
	if (old != NULL) { /* the master replaced queued before the old one's end was seen */
		on_gone(s, old, "a new queue takes its place");
		chan_free(old);
	}
	s->epoch++;
	s->state_code = 0;
	s->chan = chan_new(fd, "queued", QUEUE_BYTES, on_queued, on_gone, s);
	drafts_ask(s);
}

/* ---- what we say ---- */

uint16_t
submit_state(const struct submit *s, struct span *text)
{
	*text = s->chan == NULL ? AWAY : chan_full(s->chan) ? BUSY : span_str(s->state_text);
	return s->chan == NULL || chan_full(s->chan) ? 451 : s->state_code;
}

void
submit_ask(struct submit *s, enum submit_ask_kind kind, struct span tenant, struct span address,
    struct waiter *w, waiter_fn *fn, void *ctx)
{
	struct submit_ask ask = { ++s->next_ask, kind, tenant, address };

	if (s->chan == NULL) {
		fn(ctx, 451, AWAY);
		return;
	}
	submit_ask_put(s->chan, &ask);
	waiter_add(&s->asks, w, ask.ask, fn, ctx);
}

void
submit_bytes(struct submit *s, const struct envelope *e, const struct facts *f, struct span bytes,
    struct waiter *w, waiter_fn *fn, void *ctx)
{
	struct submit_message m = { *e, *f, bytes };

	if (s->chan == NULL) {
		fn(ctx, 451, AWAY);
		return;
	}
	submit_message_put(s->chan, &m);
	waiter_add(&s->messages, w, ticket_of(e->id), fn, ctx);
}

/* Recipients that would make the COMMIT too long go ahead of it. */
static void
rcpts_ahead(struct submit *s, struct envelope *e)
{
	while (e->rcpts_n > 0 && envelope_bytes(e) > SUBMIT_ENVELOPE_MAX) {
		uint32_t n = e->rcpts_n < RCPTS_A_RECORD ? e->rcpts_n : RCPTS_A_RECORD;
		struct submit_rcpts r = { e->id, n, e->rcpts };

		submit_rcpts_put(s->chan, &r);
		e->rcpts += n;
		e->rcpts_n -= n;
	}
}

void
submit_file(struct submit *s, const struct envelope *e, const struct facts *f, struct draft *d,
    struct waiter *w, waiter_fn *fn, void *ctx)
{
	struct submit_commit c = { *e, *f, d->number };
	bool ours = s->chan != NULL && d->epoch == s->epoch;

	close(d->fd);
	d->fd = -1;
	if (!ours) {
		fn(ctx, 451, GONE);
		return;
	}
	rcpts_ahead(s, &c.envelope);
	submit_commit_put(s->chan, &c);
	waiter_add(&s->messages, w, ticket_of(e->id), fn, ctx);
}

int
submit_draft_take(struct submit *s, struct draft *d)
{
	if (s->drafts_n == 0) {
		if (s->drafts_goal * 2 <= DRAFTS_MOST)
			s->drafts_goal *= 2;
		drafts_ask(s);
		return -1;
	}
	*d = s->drafts[--s->drafts_n];
	drafts_ask(s);
	return 0;
}

void
submit_draft_await(struct submit *s, struct waiter *w, waiter_fn *fn, void *ctx)
{
	if (s->chan == NULL) {
		fn(ctx, 451, AWAY);
		return;
	}
	submit_want_put(s->chan, 1);
	s->drafts_asked++;
	waiter_add(&s->wants, w, ++s->next_want, fn, ctx);
}

void
submit_draft_drop(struct submit *s, struct draft *d)
{
	if (d->fd == -1)
		return;
	close(d->fd);
	d->fd = -1;
	if (s->chan != NULL && d->epoch == s->epoch)
		submit_drop_put(s->chan, d->number);
}
