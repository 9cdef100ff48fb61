#include "proto_web.h"

void
web_unsubscribe_put(struct chan *c, const struct web_unsubscribe *r)
{
	chan_begin(c, WEB_UNSUBSCRIBE);
	chan_u64(c, r->job);
	chan_span(c, r->tenant);
	chan_span(c, r->campaign);
	chan_span(c, r->address);
	chan_id(c, r->message);
	chan_u32(c, r->index);
	chan_u8(c, r->one_click);
	chan_span(c, r->client);
	chan_span(c, r->agent);
	chan_end(c);
}

int
web_unsubscribe_get(struct msg *m, struct web_unsubscribe *r)
{
	r->job = msg_u64(m);
	r->tenant = msg_span(m);
	r->campaign = msg_span(m);
	r->address = msg_span(m);
	r->message = msg_id(m);
	r->index = msg_u32(m);
	r->one_click = msg_u8(m) != 0;
	r->client = msg_span(m);
	r->agent = msg_span(m);
	return msg_end(m);
}

void
web_stored_put(struct chan *c, const struct web_stored *r)
{
	chan_begin(c, WEB_STORED);
	chan_u64(c, r->job);
	chan_u8(c, r->ok);
	chan_end(c);
}

int
web_stored_get(struct msg *m, struct web_stored *r)
{
	r->job = msg_u64(m);
	r->ok = msg_u8(m) != 0;
	return msg_end(m);
}

void
web_block_put(struct chan *c, const struct web_block *r)
{
	chan_begin(c, WEB_BLOCK);
	chan_u8(c, r->kind);
	chan_span(c, r->value);
	chan_u8(c, r->blocked);
	chan_end(c);
}

int
web_block_get(struct msg *m, struct web_block *r)
{
	uint8_t kind = msg_u8(m);

	r->kind = kind;
	r->value = msg_span(m);
	r->blocked = msg_u8(m) != 0;
	return kind < WEB_BLOCK_KINDS && r->value.n > 0 && r->value.n <= WEB_BLOCK_VALUE_MAX
		   ? msg_end(m)
		   : -1;
}

void
web_blocks_end_put(struct chan *c)
{
	chan_begin(c, WEB_BLOCKS_END);
	chan_end(c);
}
