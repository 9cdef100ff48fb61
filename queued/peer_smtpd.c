#include "peer_smtpd.h"
#include "err.h"
#include "intake.h"
#include "log.h"
#include "peer_bouncd.h"
#include "proto_submit.h"
#include "queued.h"
#include "role.h"
#include "sender.h"
#include "store.h"
#include "suppressed.h"
#include "tenants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* AHEAD_BYTES: the recipients of one message after the other; the largest envelope is half of it. */
enum {
	QUEUE_BYTES = 4 << 20,
	DRAFTS_MAX = 64,
	AHEAD_BYTES = 96 << 20,
	AHEAD_EMPTY_BYTES = 8 << 10
};

/* Recipients that came ahead of their COMMIT. */
struct ahead {
	struct table_node by_id;
	struct arena *arena;
	struct id id;
	struct recipient *rcpts;
	uint32_t n;
	size_t bytes;
};

struct smtpd {
	struct peer_smtpd *home;
	struct chan *chan;
	unsigned instance;
	uint64_t life; /* counts the channels that stood in this slot */
	struct table ahead;
	size_t ahead_bytes;
	struct arena *scratch; /* one record's */
};

struct peer_smtpd {
	struct queued *q;
	struct smtpd *
	    *workers; /* those of old generations that drain among them; slots are used again */
	unsigned workers_n;
	uint16_t code;
	char text[160];
};

/* Who is owed an acknowledgement. The worker may be gone when it comes. */
struct owed {
	struct smtpd *worker;
	uint64_t life;
};

/* ---- taking in ---- */

static void
ack(struct smtpd *w, struct id id, uint16_t code, struct span text)
{
	struct submit_ack a = { id, code, text };

	submit_ack_put(w->chan, &a);
}

static void
on_taken(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct owed *o = ctx;

	if (o->worker->chan != NULL && o->worker->life == o->life)
		ack(o->worker, id, code, text);
	free(o);
}

static struct owed *
owed_new(struct smtpd *w)
{
	struct owed *o = malloc(sizeof(*o));

	if (o == NULL)
		fatal("out of memory for an acknowledgement");
	*o = (struct owed){ w, w->life };
	return o;
}

/* Mail of a tenant that is paused, and whose configuration says that it shall not wait here. */
static bool
refused(struct smtpd *w, const struct envelope *e)
{
	const char *why = e->is_notice ? NULL : tenants_refused(w->home->q->tenants, e->tenant);
	char text[400];

	if (why == NULL)
		return false;
	snprintf(text, sizeof(text), "4.7.1 the tenant is paused: %s", why);
	ack(w, e->id, 450, span_str(text));
	return true;
}

static int
got_message(struct smtpd *w, struct msg *m)
{
	struct submit_message s = { 0 };

	if (submit_message_get(m, &s, w->scratch) == -1 || s.envelope.rcpts_n == 0)
		return -1;
	if (w->home->code != 0)
		ack(w, s.envelope.id, w->home->code, span_str(w->home->text));
	else if (!refused(w, &s.envelope))
		intake_bytes(w->home->q, &s.envelope, &s.facts, s.bytes, on_taken, owed_new(w));
	return 0;
}

/* ---- envelopes too long for one record ---- */

static struct ahead *
ahead_of(struct smtpd *w, struct id id)
{
	for (struct table_node *n = table_first(&w->ahead, id_hash(id)); n != NULL;
	     n = table_next(n)) {
		struct ahead *a = TABLE_OF(n, struct ahead, by_id);

		if (id_eq(a->id, id))
			return a;
	}
	return NULL;
}

static void
ahead_free(struct smtpd *w, struct ahead *a)
{
	table_remove(&w->ahead, &a->by_id);
	w->ahead_bytes -= a->bytes;
	free(a->rcpts);
	arena_free(a->arena);
	free(a);
}

static void
ahead_grew(struct smtpd *w, struct ahead *a, size_t bytes)
{
	a->bytes += bytes;
	w->ahead_bytes += bytes;
}

static int
got_rcpts(struct smtpd *w, struct msg *m)
{
	struct submit_rcpts s = { 0 };
	struct ahead *a;

	if (submit_rcpts_get(m, &s, w->scratch) == -1)
		return -1;
	a = ahead_of(w, s.id);
	if (a == NULL) {
		a = calloc(1, sizeof(*a));
		if (a == NULL)
			fatal("out of memory for recipients");
		a->id = s.id;
		a->arena = arena_new(0);
		table_put(&w->ahead, &a->by_id, id_hash(s.id));
		ahead_grew(w, a, AHEAD_EMPTY_BYTES);
	}
	for (uint32_t i = 0; i < s.rcpts_n; i++)
		ahead_grew(w, a, sizeof(*a->rcpts) + s.rcpts[i].address.n + s.rcpts[i].orcpt.n);
	if (a->n + s.rcpts_n > ENVELOPE_RCPTS_MAX || w->ahead_bytes > AHEAD_BYTES)
		return -1;
	a->rcpts = reallocarray(a->rcpts, a->n + s.rcpts_n, sizeof(*a->rcpts));
	if (a->rcpts == NULL)
		fatal("out of memory for recipients");
	for (uint32_t i = 0; i < s.rcpts_n; i++) {
		struct recipient *r = &a->rcpts[a->n++];

		*r = s.rcpts[i];
		r->address = arena_span(a->arena, r->address);
		r->orcpt = arena_span(a->arena, r->orcpt);
	}
	return 0;
}

static int
got_commit(struct smtpd *w, struct msg *m)
{
	struct submit_commit s = { 0 };
	struct ahead *a;

	if (submit_commit_get(m, &s, w->scratch) == -1)
		return -1;
	a = ahead_of(w, s.envelope.id);
	if (a != NULL) {
		struct recipient *all =
		    arena_alloc(w->scratch, (a->n + s.envelope.rcpts_n) * sizeof(*all));

		if (a->n + s.envelope.rcpts_n > ENVELOPE_RCPTS_MAX)
			return -1;
		memcpy(all, a->rcpts, a->n * sizeof(*all));
		if (s.envelope.rcpts_n > 0)
			memcpy(all + a->n, s.envelope.rcpts, s.envelope.rcpts_n * sizeof(*all));
		s.envelope.rcpts = all;
		s.envelope.rcpts_n += a->n;
	}
	if (s.envelope.rcpts_n == 0)
		return -1;
	if (w->home->code != 0)
		ack(w, s.envelope.id, w->home->code, span_str(w->home->text));
	else if (refused(w, &s.envelope))
		intake_drop_draft(w->home->q, w->chan, s.draft);
	else
		intake_draft(
		    w->home->q, w->chan, &s.envelope, &s.facts, s.draft, on_taken, owed_new(w));
	if (a != NULL)
		ahead_free(w, a);
	return 0;
}

/* ---- drafts ---- */

static int
got_want(struct smtpd *w, struct msg *m)
{
	uint32_t drafts;

	if (submit_want_get(m, &drafts) == -1 || drafts > DRAFTS_MAX)
		return -1;
	for (uint32_t i = 0; i < drafts; i++)
		intake_new_draft(w->home->q, w->chan);
	return 0;
}

static int
got_drop(struct smtpd *w, struct msg *m)
{
	uint32_t draft;

	if (submit_drop_get(m, &draft) == -1)
		return -1;
	intake_drop_draft(w->home->q, w->chan, draft);
	return 0;
}

/* ---- questions ---- */

/* Whoever sends to an address that has expired may be an honest late bounce: it is told another word than a guess. */
static void
answer_bounce(const struct queued *q, const struct submit_ask *a, struct submit_answer *to)
{
	const struct tenant *tenant;
	struct bounce_token token;

	switch (sender_token(q, a->address, &token, &tenant)) {
	case BOUNCE_GOOD:
		return;
	case BOUNCE_EXPIRED:
		to->code = 550;
		to->text = SPAN_LIT("5.1.1 this bounce address has expired");
		return;
	case BOUNCE_NONE:
	case BOUNCE_FORGED:
		to->code = 550;
		to->text = SPAN_LIT("5.7.1 there is no such bounce address");
	}
}

/* A RCPT that waits for bouncd. */
struct rcpt_asked {
	struct owed owed;
	uint64_t ask;
};

static void
on_suppressed(void *ctx, bool suppressed, struct span reason)
{
	struct rcpt_asked *r = ctx;
	struct submit_answer to = { .ask = r->ask };
	char text[160];

	if (suppressed) {
		snprintf(text, sizeof(text),
		    "5.7.1 the recipient is on the suppression list (%.*s)",
		    SPAN(span_first(reason, 40)));
		to.code = 550;
		to.text = span_str(text);
	}
	if (r->owed.worker->chan != NULL && r->owed.worker->life == r->owed.life)
		submit_answer_put(r->owed.worker->chan, &to);
	free(r);
}

/* A hash says maybe; bouncd is asked before anybody is refused. False: it is not suppressed. */
static bool
suppressed_asked(struct smtpd *w, const struct submit_ask *a)
{
	struct queued *q = w->home->q;
	struct rcpt_asked *r;

	if (!suppressed_maybe(q->suppressed, a->tenant, span_of(NULL, 0), a->address))
		return false;
	r = malloc(sizeof(*r));
	if (r == NULL)
		fatal("out of memory for a recipient");
	*r = (struct rcpt_asked){ { w, w->life }, a->ask };
	peer_bouncd_suppressed(q->bouncd, a->tenant, a->address, on_suppressed, r);
	return true;
}

/* Without a route it would go by MX, and so come back to us or to whoever holds the domain now. */
static void
answer_accept(const struct smtpd *w, const struct submit_ask *a, struct submit_answer *to)
{
	ptrdiff_t at = span_find_last(a->address, '@');

	if (at >= 0 &&
	    routes_find(&w->home->q->conf->routes, span_from(a->address, (size_t)at + 1)) != NULL)
		return;
	to->code = 550;
	to->text = SPAN_LIT("5.1.2 no route takes mail for this domain here");
}

static int
got_ask(struct smtpd *w, struct msg *m)
{
	struct submit_ask a = { 0 };
	struct submit_answer to = { 0 };

	if (submit_ask_get(m, &a) == -1)
		return -1;
	to.ask = a.ask;
	if (a.kind == ASK_BOUNCE)
		answer_bounce(w->home->q, &a, &to);
	else if (a.kind == ASK_RCPT && suppressed_asked(w, &a))
		return 0;
	else if (a.kind == ASK_ACCEPT)
		answer_accept(w, &a, &to);
	else if (a.kind == ASK_MAIL && w->home->code != 0) {
		to.code = w->home->code;
		to.text = span_str(w->home->text);
	} else if (a.kind == ASK_MAIL && tenants_refused(w->home->q->tenants, a.tenant) != NULL) {
		to.code = 450;
		to.text = SPAN_LIT("4.7.1 the tenant is paused");
	}
	submit_answer_put(w->chan, &to);
	return 0;
}

/* ---- the channel ---- */

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	static const struct {
		uint16_t type;
		int (*got)(struct smtpd *, struct msg *);
	} types[] = {
		{ SUBMIT_MESSAGE, got_message },
		{ SUBMIT_COMMIT, got_commit },
		{ SUBMIT_RCPTS, got_rcpts },
		{ SUBMIT_DROP, got_drop },
		{ SUBMIT_WANT, got_want },
		{ SUBMIT_ASK, got_ask },
	};
	struct smtpd *w = ctx;

	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == m->type) {
			if (types[i].got(w, m) == -1)
				chan_bad(c, "a record that makes no sense");
			arena_reset(w->scratch);
			return;
		}
	chan_bad(c, "a record that is none of smtpd's");
}

static void
forget_ahead(struct smtpd *w)
{
	struct table_node *n;

	while ((n = table_each(&w->ahead, NULL)) != NULL)
		ahead_free(w, TABLE_OF(n, struct ahead, by_id));
}

static void
on_close(void *ctx, struct chan *c, const char *why)
{
	struct smtpd *w = ctx;

	if (w->chan != c)
		return;
	log_info("smtpd-gone", "worker=%u why=\"%s\"", w->instance, why);
	intake_peer_gone(w->home->q, c);
	forget_ahead(w);
	w->chan = NULL;
}

static void
state_put(struct peer_smtpd *p, struct chan *c)
{
	struct submit_state s = { p->code, span_str(p->text) };

	submit_state_put(c, &s);
}

static struct smtpd *
slot_new(struct peer_smtpd *p)
{
	struct smtpd *w = calloc(1, sizeof(*w));

	p->workers = reallocarray(p->workers, p->workers_n + 1, sizeof(struct smtpd *));
	if (w == NULL || p->workers == NULL)
		fatal("out of memory for a smtpd worker");
	w->home = p;
	w->scratch = arena_new(0);
	p->workers[p->workers_n++] = w;
	return w;
}

static struct smtpd *
slot_free(struct peer_smtpd *p)
{
	for (unsigned i = 0; i < p->workers_n; i++)
		if (p->workers[i]->chan == NULL)
			return p->workers[i];
	return slot_new(p);
}

static void
on_connected(void *ctx, unsigned instance, int fd)
{
	struct peer_smtpd *p = ctx;
	struct smtpd *w = slot_free(p);
	char name[32];

	snprintf(name, sizeof(name), "smtpd.%u", instance);
	w->instance = instance;
	w->life++;
	w->chan = chan_new(fd, name, QUEUE_BYTES, on_msg, on_close, w);
	state_put(p, w->chan);
}

void
peer_smtpd_state(struct peer_smtpd *p, uint16_t code, struct span text)
{
	p->code = code;
	snprintf(p->text, sizeof(p->text), "%.*s", SPAN(text));
	for (unsigned i = 0; i < p->workers_n; i++)
		if (p->workers[i]->chan != NULL)
			state_put(p, p->workers[i]->chan);
}

struct peer_smtpd *
peer_smtpd_new(struct queued *q)
{
	struct peer_smtpd *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory for the smtpd workers");
	p->q = q;
	role_on_peer(q->role, ROLE_SMTPD, on_connected, p);
	return p;
}
