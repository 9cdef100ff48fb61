#include "proto_deliver.h"

static const char *const stages[] = { "connect", "greeting", "ehlo", "tls", "auth", "mail", "rcpt",
	"data", "dot", "idle" };

const char *
deliver_stage_name(enum deliver_stage s)
{
	return stages[s];
}

void
deliver_open_put(struct chan *c, const struct deliver_open *o)
{
	chan_begin(c, DELIVER_OPEN);
	chan_u32(c, o->session);
	chan_span(c, o->site);
	chan_span(c, o->source_name);
	chan_span(c, o->source_address);
	chan_span(c, o->ehlo);
	chan_u8(c, (uint8_t)o->tls);
	chan_u8(c, o->implicit_tls);
	chan_span(c, o->login);
	chan_span(c, o->password);
	chan_u32(c, o->hosts_n);
	for (uint32_t i = 0; i < o->hosts_n; i++) {
		chan_span(c, o->hosts[i].name);
		chan_span(c, o->hosts[i].address);
		chan_u16(c, o->hosts[i].port);
	}
	chan_end(c);
}

int
deliver_open_get(struct msg *m, struct deliver_open *o)
{
	o->session = msg_u32(m);
	o->site = msg_span(m);
	o->source_name = msg_span(m);
	o->source_address = msg_span(m);
	o->ehlo = msg_span(m);
	o->tls = msg_u8(m);
	o->implicit_tls = msg_u8(m) != 0;
	o->login = msg_span(m);
	o->password = msg_span(m);
	o->hosts_n = msg_u32(m);
	if (o->tls > TLS_VERIFIED || o->hosts_n == 0 || o->hosts_n > DELIVER_HOSTS_MAX)
		return -1;
	for (uint32_t i = 0; i < o->hosts_n; i++) {
		o->hosts[i].name = msg_span(m);
		o->hosts[i].address = msg_span(m);
		o->hosts[i].port = msg_u16(m);
	}
	return msg_end(m);
}

static void
content_put(struct chan *c, const struct deliver_transact *t)
{
	chan_u8(c, t->has_fd);
	chan_u64(c, t->start);
	chan_u64(c, t->size_bytes);
	chan_u32(c, t->crc32c);
	chan_u8(c, t->check_crc);
	if (t->has_fd)
		chan_fd(c, t->fd);
	else
		chan_span(c, t->bytes);
}

int
deliver_transact_put(struct chan *c, const struct deliver_transact *t)
{
	chan_begin(c, DELIVER_TRANSACT);
	chan_u32(c, t->session);
	chan_u64(c, t->transaction);
	chan_id(c, t->id);
	chan_span(c, t->from);
	chan_span(c, t->envid);
	chan_u8(c, (uint8_t)t->ret);
	chan_u8(
	    c, (uint8_t)((t->body_8bit ? 1 : 0) | (t->smtputf8 ? 2 : 0) | (t->has_dots ? 4 : 0)));
	chan_u8(c, t->drops_n);
	for (unsigned i = 0; i < t->drops_n; i++) {
		chan_u32(c, t->drops[i].start);
		chan_u32(c, t->drops[i].length);
	}
	chan_u32(c, t->rcpts_n);
	for (uint32_t i = 0; i < t->rcpts_n; i++) {
		chan_u32(c, t->rcpts[i].index);
		chan_span(c, t->rcpts[i].address);
		chan_span(c, t->rcpts[i].orcpt);
		chan_u8(c, t->rcpts[i].notify);
	}
	content_put(c, t);
	return chan_end(c);
}

static int
content_get(struct msg *m, struct deliver_transact *t)
{
	t->has_fd = msg_u8(m) != 0;
	t->start = msg_u64(m);
	t->size_bytes = msg_u64(m);
	t->crc32c = msg_u32(m);
	t->check_crc = msg_u8(m) != 0;
	t->fd = -1;
	if (t->has_fd)
		t->fd = msg_fd(m);
	else
		t->bytes = msg_span(m);
	return msg_end(m);
}

static int
rcpts_get(struct msg *m, struct deliver_transact *t, struct arena *a)
{
	t->rcpts_n = msg_u32(m);
	if (m->bad || t->rcpts_n == 0 || t->rcpts_n > DELIVER_RCPTS_MAX)
		return -1;
	t->rcpts = arena_alloc(a, sizeof(*t->rcpts) * t->rcpts_n);
	for (uint32_t i = 0; i < t->rcpts_n; i++) {
		t->rcpts[i].index = msg_u32(m);
		t->rcpts[i].address = msg_span(m);
		t->rcpts[i].orcpt = msg_span(m);
		t->rcpts[i].notify = msg_u8(m);
	}
	return m->bad ? -1 : 0;
}

int
deliver_transact_get(struct msg *m, struct deliver_transact *t, struct arena *a)
{
	uint8_t flags;

	*t = (struct deliver_transact){ .session = msg_u32(m), .fd = -1 };
	t->transaction = msg_u64(m);
	t->id = msg_id(m);
	t->from = msg_span(m);
	t->envid = msg_span(m);
	t->ret = msg_u8(m);
	flags = msg_u8(m);
	t->body_8bit = flags & 1;
	t->smtputf8 = flags & 2;
	t->has_dots = flags & 4;
	t->drops_n = msg_u8(m);
	if (m->bad || t->ret > RET_HDRS || t->drops_n > FACTS_DROPS_MAX)
		return -1;
	for (unsigned i = 0; i < t->drops_n; i++) {
		t->drops[i].start = msg_u32(m);
		t->drops[i].length = msg_u32(m);
	}
	return rcpts_get(m, t, a) == -1 ? -1 : content_get(m, t);
}

void
deliver_close_put(struct chan *c, uint32_t session, enum deliver_haste haste)
{
	chan_begin(c, DELIVER_CLOSE);
	chan_u32(c, session);
	chan_u8(c, (uint8_t)haste);
	chan_end(c);
}

int
deliver_close_get(struct msg *m, uint32_t *session, enum deliver_haste *haste)
{
	*session = msg_u32(m);
	*haste = msg_u8(m);
	return *haste > DELIVER_HURRY ? -1 : msg_end(m);
}

void
deliver_ack_put(struct chan *c, uint64_t number)
{
	chan_begin(c, DELIVER_ACK);
	chan_u64(c, number);
	chan_end(c);
}

int
deliver_ack_get(struct msg *m, uint64_t *number)
{
	*number = msg_u64(m);
	return msg_end(m);
}

void
deliver_opened_put(struct chan *c, const struct deliver_opened *o)
{
	chan_begin(c, DELIVER_OPENED);
	chan_u32(c, o->session);
	chan_span(c, o->server);
	chan_span(c, o->address);
	chan_u16(c, o->port);
	chan_span(c, o->tls);
	chan_u32(c, o->took_ms);
	chan_u8(c, (uint8_t)((o->pipelining ? 1 : 0) | (o->eightbit ? 2 : 0) |
			     (o->smtputf8 ? 4 : 0) | (o->dsn ? 8 : 0)));
	chan_u64(c, o->size_max);
	chan_end(c);
}

int
deliver_opened_get(struct msg *m, struct deliver_opened *o)
{
	uint8_t flags;

	o->session = msg_u32(m);
	o->server = msg_span(m);
	o->address = msg_span(m);
	o->port = msg_u16(m);
	o->tls = msg_span(m);
	o->took_ms = msg_u32(m);
	flags = msg_u8(m);
	o->pipelining = flags & 1;
	o->eightbit = flags & 2;
	o->smtputf8 = flags & 4;
	o->dsn = flags & 8;
	o->size_max = msg_u64(m);
	return msg_end(m);
}

void
deliver_result_put(struct chan *c, const struct deliver_result *r)
{
	chan_begin(c, DELIVER_RESULT);
	chan_u64(c, r->number);
	chan_u32(c, r->session);
	chan_u64(c, r->transaction);
	chan_id(c, r->id);
	chan_u32(c, r->index);
	chan_u8(c, (uint8_t)r->outcome);
	chan_u8(c, (uint8_t)r->stage);
	chan_u16(c, r->code);
	chan_span(c, r->enhanced);
	chan_span(c, r->text);
	chan_span(c, r->server);
	chan_span(c, r->address);
	chan_span(c, r->source);
	chan_span(c, r->tls);
	chan_u32(c, r->took_ms);
	chan_u8(c, r->dsn);
	chan_end(c);
}

int
deliver_result_get(struct msg *m, struct deliver_result *r)
{
	r->number = msg_u64(m);
	r->session = msg_u32(m);
	r->transaction = msg_u64(m);
	r->id = msg_id(m);
	r->index = msg_u32(m);
	r->outcome = msg_u8(m);
	r->stage = msg_u8(m);
	r->code = msg_u16(m);
	r->enhanced = msg_span(m);
	r->text = msg_span(m);
	r->server = msg_span(m);
	r->address = msg_span(m);
	r->source = msg_span(m);
	r->tls = msg_span(m);
	r->took_ms = msg_u32(m);
	r->dsn = msg_u8(m) != 0;
	if (r->outcome > OUTCOME_UNSENT || r->stage > STAGE_IDLE)
		return -1;
	return msg_end(m);
}

void
deliver_closed_put(struct chan *c, const struct deliver_closed *d)
{
	chan_begin(c, DELIVER_CLOSED);
	chan_u32(c, d->session);
	chan_u8(c, (uint8_t)d->stage);
	chan_u8(c, (uint8_t)d->cause);
	chan_u8(c, d->stood);
	chan_u16(c, d->code);
	chan_span(c, d->enhanced);
	chan_span(c, d->text);
	chan_span(c, d->server);
	chan_span(c, d->address);
	chan_end(c);
}

int
deliver_closed_get(struct msg *m, struct deliver_closed *d)
{
	d->session = msg_u32(m);
	d->stage = msg_u8(m);
	d->cause = msg_u8(m);
	d->stood = msg_u8(m) != 0;
	d->code = msg_u16(m);
	d->enhanced = msg_span(m);
	d->text = msg_span(m);
	d->server = msg_span(m);
	d->address = msg_span(m);
	return d->stage > STAGE_IDLE || d->cause >= DELIVER_CAUSES ? -1 : msg_end(m);
}

void
deliver_underway_put(struct chan *c, const struct deliver_underway *u)
{
	chan_begin(c, DELIVER_UNDERWAY);
	chan_id(c, u->id);
	chan_u32(c, u->index);
	chan_u32(c, u->session);
	chan_end(c);
}

int
deliver_underway_get(struct msg *m, struct deliver_underway *u)
{
	u->id = msg_id(m);
	u->index = msg_u32(m);
	u->session = msg_u32(m);
	return msg_end(m);
}

void
deliver_synced_put(struct chan *c)
{
	chan_begin(c, DELIVER_SYNCED);
	chan_end(c);
}

void
deliver_draining_put(struct chan *c)
{
	chan_begin(c, DELIVER_DRAINING);
	chan_end(c);
}
