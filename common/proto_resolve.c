#include "proto_resolve.h"

void
resolve_ask_put(struct chan *c, const struct resolve_ask *r)
{
	chan_begin(c, RESOLVE_ASK);
	chan_u64(c, r->ask);
	chan_u8(c, (uint8_t)r->kind);
	chan_u8(c, r->again);
	chan_u64(c, r->tenant);
	chan_span(c, r->domain);
	chan_end(c);
}

int
resolve_ask_get(struct msg *m, struct resolve_ask *r)
{
	r->ask = msg_u64(m);
	r->kind = msg_u8(m);
	r->again = msg_u8(m) != 0;
	r->tenant = msg_u64(m);
	r->domain = msg_span(m);
	return r->kind > RESOLVE_HOST_OF_ROUTE ? -1 : msg_end(m);
}

void
resolve_host_put(struct chan *c, const struct resolve_host *r)
{
	chan_begin(c, RESOLVE_HOST);
	chan_u64(c, r->ask);
	chan_u16(c, r->preference);
	chan_span(c, r->name);
	chan_span(c, r->address);
	chan_u8(c, r->dnssec);
	chan_end(c);
}

int
resolve_host_get(struct msg *m, struct resolve_host *r)
{
	r->ask = msg_u64(m);
	r->preference = msg_u16(m);
	r->name = msg_span(m);
	r->address = msg_span(m);
	r->dnssec = msg_u8(m) != 0;
	return msg_end(m);
}

void
resolve_answer_put(struct chan *c, const struct resolve_answer *r)
{
	chan_begin(c, RESOLVE_ANSWER);
	chan_u64(c, r->ask);
	chan_u8(c, (uint8_t)r->status);
	chan_u32(c, r->ttl_s);
	chan_span(c, r->site);
	chan_span(c, r->text);
	chan_end(c);
}

int
resolve_answer_get(struct msg *m, struct resolve_answer *r)
{
	r->ask = msg_u64(m);
	r->status = msg_u8(m);
	r->ttl_s = msg_u32(m);
	r->site = msg_span(m);
	r->text = msg_span(m);
	if (r->status > RESOLVE_LATER)
		return -1;
	return msg_end(m);
}
