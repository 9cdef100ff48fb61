#include "proto_submit.h"

void
submit_message_put(struct chan *c, const struct submit_message *m)
{
	chan_begin(c, SUBMIT_MESSAGE);
	envelope_put(c, &m->envelope);
	facts_put(c, &m->facts);
	chan_span(c, m->bytes);
	chan_end(c);
}

int
submit_message_get(struct msg *m, struct submit_message *s, struct arena *a)
{
	if (envelope_get(m, &s->envelope, a) == -1 || facts_get(m, &s->facts) == -1)
		return -1;
	s->bytes = msg_span(m);
	return s->bytes.n == s->facts.size_bytes ? msg_end(m) : -1;
}

void
submit_commit_put(struct chan *c, const struct submit_commit *m)
{
	chan_begin(c, SUBMIT_COMMIT);
	envelope_put(c, &m->envelope);
	facts_put(c, &m->facts);
	chan_u32(c, m->draft);
	chan_end(c);
}

int
submit_commit_get(struct msg *m, struct submit_commit *s, struct arena *a)
{
	if (envelope_get(m, &s->envelope, a) == -1 || facts_get(m, &s->facts) == -1)
		return -1;
	s->draft = msg_u32(m);
	return msg_end(m);
}

void
submit_rcpts_put(struct chan *c, const struct submit_rcpts *r)
{
	struct envelope e = { .id = r->id, .rcpts_n = r->rcpts_n, .rcpts = r->rcpts };

	chan_begin(c, SUBMIT_RCPTS);
	envelope_put(c, &e);
	chan_end(c);
}

int
submit_rcpts_get(struct msg *m, struct submit_rcpts *r, struct arena *a)
{
	struct envelope e;

	if (envelope_get(m, &e, a) == -1)
		return -1;
	*r = (struct submit_rcpts){ .id = e.id, .rcpts_n = e.rcpts_n, .rcpts = e.rcpts };
	return msg_end(m);
}

static void
number_put(struct chan *c, uint16_t type, uint32_t v)
{
	chan_begin(c, type);
	chan_u32(c, v);
	chan_end(c);
}

static int
number_get(struct msg *m, uint32_t *v)
{
	*v = msg_u32(m);
	return msg_end(m);
}

void
submit_drop_put(struct chan *c, uint32_t draft)
{
	number_put(c, SUBMIT_DROP, draft);
}

int
submit_drop_get(struct msg *m, uint32_t *draft)
{
	return number_get(m, draft);
}

void
submit_want_put(struct chan *c, uint32_t drafts)
{
	number_put(c, SUBMIT_WANT, drafts);
}

int
submit_want_get(struct msg *m, uint32_t *drafts)
{
	return number_get(m, drafts);
}

void
submit_draft_put(struct chan *c, const struct submit_draft *d)
{
	chan_begin(c, SUBMIT_DRAFT);
	chan_u32(c, d->draft);
	chan_fd(c, d->fd);
	chan_end(c);
}

int
submit_draft_get(struct msg *m, struct submit_draft *d)
{
	d->draft = msg_u32(m);
	d->fd = msg_fd(m);
	return msg_end(m);
}

void
submit_ask_put(struct chan *c, const struct submit_ask *a)
{
	chan_begin(c, SUBMIT_ASK);
	chan_u64(c, a->ask);
	chan_u8(c, (uint8_t)a->kind);
	chan_span(c, a->tenant);
	chan_span(c, a->address);
	chan_end(c);
}

int
submit_ask_get(struct msg *m, struct submit_ask *a)
{
	a->ask = msg_u64(m);
	a->kind = msg_u8(m);
	a->tenant = msg_span(m);
	a->address = msg_span(m);
	return a->kind > ASK_ACCEPT ? -1 : msg_end(m);
}

void
submit_answer_put(struct chan *c, const struct submit_answer *a)
{
	chan_begin(c, SUBMIT_ANSWER);
	chan_u64(c, a->ask);
	chan_u16(c, a->code);
	chan_span(c, a->text);
	chan_end(c);
}

int
submit_answer_get(struct msg *m, struct submit_answer *a)
{
	a->ask = msg_u64(m);
	a->code = msg_u16(m);
	a->text = msg_span(m);
	return msg_end(m);
}

void
submit_ack_put(struct chan *c, const struct submit_ack *a)
{
	chan_begin(c, SUBMIT_ACK);
	chan_id(c, a->id);
	chan_u16(c, a->code);
	chan_span(c, a->text);
	chan_end(c);
}

int
submit_ack_get(struct msg *m, struct submit_ack *a)
{
	a->id = msg_id(m);
	a->code = msg_u16(m);
	a->text = msg_span(m);
	return msg_end(m);
}

void
submit_no_draft_put(struct chan *c, const struct submit_no_draft *n)
{
	chan_begin(c, SUBMIT_NO_DRAFT);
	chan_u16(c, n->code);
	chan_span(c, n->text);
	chan_end(c);
}

int
submit_no_draft_get(struct msg *m, struct submit_no_draft *n)
{
	n->code = msg_u16(m);
	n->text = msg_span(m);
	return msg_end(m);
}

void
submit_state_put(struct chan *c, const struct submit_state *s)
{
	chan_begin(c, SUBMIT_STATE);
	chan_u16(c, s->code);
	chan_span(c, s->text);
	chan_end(c);
}

int
submit_state_get(struct msg *m, struct submit_state *s)
{
	s->code = msg_u16(m);
	s->text = msg_span(m);
	return msg_end(m);
}
