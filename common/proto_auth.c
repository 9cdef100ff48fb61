#include "proto_auth.h"

void
auth_ask_put(struct chan *c, const struct auth_ask *r)
{
	chan_begin(c, AUTH_ASK);
	chan_u64(c, r->ask);
	chan_span(c, r->login);
	chan_span(c, r->password);
	chan_span(c, r->client);
	chan_end(c);
}

int
auth_ask_get(struct msg *m, struct auth_ask *r)
{
	r->ask = msg_u64(m);
	r->login = msg_span(m);
	r->password = msg_span(m);
	r->client = msg_span(m);
	return msg_end(m);
}

void
auth_answer_put(struct chan *c, const struct auth_answer *r)
{
	chan_begin(c, AUTH_ANSWER);
	chan_u64(c, r->ask);
	chan_u8(c, r->ok);
	chan_u8(c, r->later);
	chan_span(c, r->tenant);
	chan_end(c);
}

int
auth_answer_get(struct msg *m, struct auth_answer *r)
{
	r->ask = msg_u64(m);
	r->ok = msg_u8(m) != 0;
	r->later = msg_u8(m) != 0;
	r->tenant = msg_span(m);
	return msg_end(m);
}
