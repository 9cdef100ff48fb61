#include "proto_parse.h"

void
parse_ask_put(struct chan *c, const struct parse_ask *r)
{
	chan_begin(c, PARSE_ASK);
	chan_u64(c, r->job);
	chan_u64(c, r->start);
	chan_u64(c, r->size_bytes);
	chan_span(c, r->bytes);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
parse_ask_get(struct msg *m, struct parse_ask *r)
{
	r->job = msg_u64(m);
	r->start = msg_u64(m);
	r->size_bytes = msg_u64(m);
	r->bytes = msg_span(m);
	r->fd = msg_fd_or_none(m);
	return msg_end(m);
}

void
parse_rcpt_put(struct chan *c, const struct parse_rcpt *r)
{
	chan_begin(c, PARSE_RCPT);
	chan_u64(c, r->job);
	chan_span(c, r->address);
	chan_span(c, r->original);
	chan_u8(c, r->action);
	chan_span(c, r->status);
	chan_span(c, r->reply);
	chan_span(c, r->words);
	chan_span(c, r->remote_mta);
	chan_end(c);
}

int
parse_rcpt_get(struct msg *m, struct parse_rcpt *r)
{
	r->job = msg_u64(m);
	r->address = msg_span(m);
	r->original = msg_span(m);
	r->action = msg_u8(m);
	r->status = msg_span(m);
	r->reply = msg_span(m);
	r->words = msg_span(m);
	r->remote_mta = msg_span(m);
	return msg_end(m);
}

void
parse_done_put(struct chan *c, const struct parse_done *r)
{
	chan_begin(c, PARSE_DONE);
	chan_u64(c, r->job);
	chan_u8(c, r->kind);
	chan_u8(c, r->sub);
	chan_span(c, r->message_id);
	chan_span(c, r->feedback_type);
	chan_span(c, r->reason);
	chan_span(c, r->original_to);
	chan_span(c, r->envelope_id);
	chan_span(c, r->subject);
	chan_u8(c, r->n_tokens);
	for (size_t i = 0; i < r->n_tokens; i++)
		chan_span(c, r->tokens[i]);
	chan_span(c, r->source_ip);
	chan_span(c, r->reported_domain);
	chan_span(c, r->original_mail_from);
	chan_span(c, r->arrival_date);
	chan_span(c, r->feedback_id);
	chan_end(c);
}

int
parse_done_get(struct msg *m, struct parse_done *r)
{
	r->job = msg_u64(m);
	r->kind = msg_u8(m);
	r->sub = msg_u8(m);
	r->message_id = msg_span(m);
	r->feedback_type = msg_span(m);
	r->reason = msg_span(m);
	r->original_to = msg_span(m);
	r->envelope_id = msg_span(m);
	r->subject = msg_span(m);
	r->n_tokens = msg_u8(m);
	if (r->n_tokens > PARSE_TOKENS_MAX)
		return -1;
	for (size_t i = 0; i < r->n_tokens; i++)
		r->tokens[i] = msg_span(m);
	r->source_ip = msg_span(m);
	r->reported_domain = msg_span(m);
	r->original_mail_from = msg_span(m);
	r->arrival_date = msg_span(m);
	r->feedback_id = msg_span(m);
	return msg_end(m);
}
