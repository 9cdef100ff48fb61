#include "proto_sign.h"

void
sign_key_put(struct chan *c, const struct sign_key *r)
{
	chan_begin(c, SIGN_KEY);
	chan_u32(c, r->key);
	chan_span(c, r->tenant);
	chan_span(c, r->domain);
	chan_span(c, r->selector);
	chan_u8(c, (uint8_t)r->algorithm);
	chan_end(c);
}

int
sign_key_get(struct msg *m, struct sign_key *r)
{
	r->key = msg_u32(m);
	r->tenant = msg_span(m);
	r->domain = msg_span(m);
	r->selector = msg_span(m);
	r->algorithm = msg_u8(m);
	if (r->algorithm > SIGN_ED25519_SHA256)
		return -1;
	return msg_end(m);
}

void
sign_keys_end_put(struct chan *c, const struct sign_keys_end *r)
{
	chan_begin(c, SIGN_KEYS_END);
	chan_u32(c, r->keys);
	chan_end(c);
}

int
sign_keys_end_get(struct msg *m, struct sign_keys_end *r)
{
	r->keys = msg_u32(m);
	return msg_end(m);
}

void
sign_ask_put(struct chan *c, const struct sign_ask *r)
{
	chan_begin(c, SIGN_ASK);
	chan_u64(c, r->job);
	chan_u32(c, r->key);
	chan_span(c, r->tenant);
	chan_span(c, r->digest);
	chan_end(c);
}

int
sign_ask_get(struct msg *m, struct sign_ask *r)
{
	r->job = msg_u64(m);
	r->key = msg_u32(m);
	r->tenant = msg_span(m);
	r->digest = msg_span(m);
	return msg_end(m);
}

void
sign_done_put(struct chan *c, const struct sign_done *r)
{
	chan_begin(c, SIGN_DONE);
	chan_u64(c, r->job);
	chan_u8(c, r->ok);
	chan_span(c, r->signature);
	chan_end(c);
}

int
sign_done_get(struct msg *m, struct sign_done *r)
{
	r->job = msg_u64(m);
	r->ok = msg_u8(m) != 0;
	r->signature = msg_span(m);
	return msg_end(m);
}
