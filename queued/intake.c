#include "intake.h"
#include "course.h"
#include "crc32c.h"
#include "err.h"
#include "events.h"
#include "log.h"
#include "message.h"
#include "queued.h"
#include "proto_submit.h"
#include "settle.h"
#include "storage.h"
#include "store.h"
#include "tenants.h"
#include "utf8.h"

#include <stdlib.h>

/* A message that is with the store. */
struct coming {
	struct queued *q;
	struct message *message;
	intake_done *done;
	void *ctx;
};

static void
set_out(struct queued *q, struct message *m)
{
	if (!storage_is_overfull(q) || tenants_paused(q->tenants, m->envelope->tenant) != NULL) {
		course_set_out(q, m);
		return;
	}
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++)
		if (m->deliveries[i].state == DELIVERY_NEW)
			settle_put_off(q, &m->deliveries[i]);
}

static void
on_accepted(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct coming *c = ctx;

	c->done(c->ctx, id, code, text);
	if (code != 0)
		message_free(&c->q->messages, c->message);
	else {
		events_received(c->q->events, c->message);
		set_out(c->q, c->message);
	}
	free(c);
}

static struct coming *
coming_new(struct queued *q, intake_done *done, void *ctx)
{
	struct coming *c = malloc(sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a message that comes in");
	*c = (struct coming){ .q = q, .done = done, .ctx = ctx };
	return c;
}

void
intake_bytes(struct queued *q, const struct envelope *e, const struct facts *f, struct span bytes,
    intake_done *done, void *ctx)
{
	struct coming *c;

	if (message_find(&q->messages, e->id) != NULL || bytes.n != f->size_bytes) {
		done(ctx, e->id, 554, SPAN_LIT("5.3.0 a message that makes no sense"));
		return;
	}
	c = coming_new(q, done, ctx);
	c->message = message_new(&q->messages, q->conf, e, f, bytes);
	store_accept(q->store, c->message->envelope, f, c->message->bytes, on_accepted, c);
}

/* One pass over bytes of our own making. */
static void
facts_find(struct span bytes, struct facts *f)
{
	uint32_t line = 0;

	*f = (struct facts){ .size_bytes = bytes.n, .crc32c = crc32c(0, bytes) };
	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char b = (unsigned char)bytes.p[i];

		f->has_8bit |= b >= 0x80;
		f->has_dots |= b == '.' && line == 0;
		line = b == '\n' ? 0 : line + 1;
		if (line > f->longest_line)
			f->longest_line = line;
	}
	f->header_bytes = (uint32_t)bytes.n;
	for (size_t i = 3; i < bytes.n; i++)
		if (bytes.p[i] == '\n' && bytes.p[i - 1] == '\r' && bytes.p[i - 2] == '\n') {
			f->header_bytes = (uint32_t)i + 1;
			break;
		}
	f->header_8bit = utf8_any_8bit(span_first(bytes, f->header_bytes));
}

void
intake_own(
    struct queued *q, const struct envelope *e, struct span bytes, intake_done *done, void *ctx)
{
	struct facts f;

	facts_find(bytes, &f);
	intake_bytes(q, e, &f, bytes, done, ctx);
}

/* ---- drafts ahead of time ---- */

/* A draft that a peer has; forgotten once it is committed or dropped. */
struct lent {
	struct table_node by_draft;
	struct chan *peer;
};

static struct table lent;

/* False: the peer has none of that number. */
static bool
lent_end(struct chan *peer, uint32_t draft)
{
	struct lent *l = TABLE_OF(table_first(&lent, draft), struct lent, by_draft);

	if (l == NULL || l->peer != peer)
		return false;
	table_remove(&lent, &l->by_draft);
	free(l);
	return true;
}

static void
no_draft(struct queued *q, struct chan *peer, const struct err *err)
{
	const char *why;
	struct submit_no_draft n = { .code = store_pressure(q->store, &why) };

	log_warn("no-draft", "why=\"%s\"", err->text);
	if (n.code == 0) {
		n.code = 451;
		why = "4.3.0 no file could be made for the message, try again";
	}
	n.text = span_str(why);
	submit_no_draft_put(peer, &n);
}

void
intake_new_draft(struct queued *q, struct chan *peer)
{
	struct submit_draft d = { 0 };
	struct lent *l;
	struct err err;

	d.fd = store_draft_new(q->store, &d.draft, &err);
	if (d.fd == -1) {
		no_draft(q, peer, &err);
		return;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		fatal("out of memory for a draft");
	l->peer = peer;
	table_put(&lent, &l->by_draft, d.draft);
	submit_draft_put(peer, &d);
}

void
intake_drop_draft(struct queued *q, struct chan *peer, uint32_t draft)
{
	if (lent_end(peer, draft))
		store_draft_drop(q->store, draft);
}

void
intake_peer_gone(struct queued *q, struct chan *peer)
{
	struct table_node *n = table_each(&lent, NULL), *next;

	for (; n != NULL; n = next) {
		uint32_t draft = (uint32_t)n->hash;

		next = table_each(&lent, n);
		if (TABLE_OF(n, struct lent, by_draft)->peer == peer)
			intake_drop_draft(q, peer, draft);
	}
}

void
intake_draft(struct queued *q, struct chan *peer, const struct envelope *e, const struct facts *f,
    uint32_t draft, intake_done *done, void *ctx)
{
	if (message_find(&q->messages, e->id) != NULL || !lent_end(peer, draft)) {
		done(ctx, e->id, 554, SPAN_LIT("5.3.0 a message that makes no sense"));
		return;
	}
	intake_own_draft(q, e, f, draft, done, ctx);
}

void
intake_own_draft(struct queued *q, const struct envelope *e, const struct facts *f, uint32_t draft,
    intake_done *done, void *ctx)
{
	struct coming *c;

	c = coming_new(q, done, ctx);
	c->message = message_new(&q->messages, q->conf, e, f, span_of(NULL, 0));
	store_accept_draft(q->store, c->message->envelope, f, draft, on_accepted, c);
}
