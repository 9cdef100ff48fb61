#include "proto_lookup.h"

void
lookup_ask_put(struct chan *c, const struct lookup_ask *r)
{
	chan_begin(c, LOOKUP_ASK);
	chan_u64(c, r->job);
	chan_u8(c, r->has_message);
	chan_id(c, r->message);
	chan_u32(c, r->index);
	chan_span(c, r->message_id);
	chan_span(c, r->address);
	chan_end(c);
}

int
lookup_ask_get(struct msg *m, struct lookup_ask *r)
{
	r->job = msg_u64(m);
	r->has_message = msg_u8(m) != 0;
	r->message = msg_id(m);
	r->index = msg_u32(m);
	r->message_id = msg_span(m);
	r->address = msg_span(m);
	return msg_end(m);
}

void
lookup_found_put(struct chan *c, const struct lookup_found *r)
{
	chan_begin(c, LOOKUP_FOUND);
	chan_u64(c, r->job);
	chan_u8(c, r->found);
	chan_id(c, r->message);
	chan_u32(c, r->index);
	chan_span(c, r->tenant);
	chan_span(c, r->campaign);
	chan_span(c, r->from);
	chan_span(c, r->recipient);
	chan_span(c, r->ended);
	chan_id(c, r->event);
	chan_u64(c, r->time_ms);
	chan_span(c, r->source);
	chan_span(c, r->site);
	chan_end(c);
}

int
lookup_found_get(struct msg *m, struct lookup_found *r)
{
	r->job = msg_u64(m);
	r->found = msg_u8(m) != 0;
	r->message = msg_id(m);
	r->index = msg_u32(m);
	r->tenant = msg_span(m);
	r->campaign = msg_span(m);
	r->from = msg_span(m);
	r->recipient = msg_span(m);
	r->ended = msg_span(m);
	r->event = msg_id(m);
	r->time_ms = msg_u64(m);
	r->source = msg_span(m);
	r->site = msg_span(m);
	return msg_end(m);
}
