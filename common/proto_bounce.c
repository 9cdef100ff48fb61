#include "proto_bounce.h"

void
bounce_reply_put(struct chan *c, const struct bounce_reply *r)
{
	chan_begin(c, BOUNCE_REPLY);
	chan_u64(c, r->job);
	chan_id(c, r->message);
	chan_u32(c, r->index);
	chan_span(c, r->tenant);
	chan_span(c, r->campaign);
	chan_span(c, r->recipient);
	chan_span(c, r->from);
	chan_span(c, r->ehlo);
	chan_span(c, r->site);
	chan_span(c, r->server);
	chan_u8(c, r->stage);
	chan_u16(c, r->code);
	chan_span(c, r->enhanced);
	chan_span(c, r->text);
	chan_u8(c, r->final_try);
	chan_end(c);
}

int
bounce_reply_get(struct msg *m, struct bounce_reply *r)
{
	r->job = msg_u64(m);
	r->message = msg_id(m);
	r->index = msg_u32(m);
	r->tenant = msg_span(m);
	r->campaign = msg_span(m);
	r->recipient = msg_span(m);
	r->from = msg_span(m);
	r->ehlo = msg_span(m);
	r->site = msg_span(m);
	r->server = msg_span(m);
	r->stage = msg_u8(m);
	r->code = msg_u16(m);
	r->enhanced = msg_span(m);
	r->text = msg_span(m);
	r->final_try = msg_u8(m) != 0;
	return msg_end(m);
}

void
bounce_verdict_put(struct chan *c, const struct bounce_verdict *r)
{
	chan_begin(c, BOUNCE_VERDICT);
	chan_u64(c, r->job);
	chan_u8(c, r->class);
	chan_u8(c, r->category);
	chan_u8(c, r->advice);
	chan_u32(c, r->advice_s);
	chan_u8(c, r->later);
	chan_u8(c, r->specific);
	chan_span(c, r->status);
	chan_span(c, r->rule);
	chan_span(c, r->provider);
	chan_u8(c, r->confidence);
	chan_span(c, r->words);
	chan_end(c);
}

int
bounce_verdict_get(struct msg *m, struct bounce_verdict *r)
{
	r->job = msg_u64(m);
	r->class = msg_u8(m);
	r->category = msg_u8(m);
	r->advice = msg_u8(m);
	r->advice_s = msg_u32(m);
	r->later = msg_u8(m) != 0;
	r->specific = msg_u8(m) != 0;
	r->status = msg_span(m);
	r->rule = msg_span(m);
	r->provider = msg_span(m);
	r->confidence = msg_u8(m);
	r->words = msg_span(m);
	return msg_end(m);
}

void
bounce_notice_head_put(struct chan *c, const struct bounce_notice_head *r)
{
	chan_begin(c, BOUNCE_NOTICE_HEAD);
	chan_u64(c, r->job);
	chan_id(c, r->message);
	chan_span(c, r->head);
	chan_end(c);
}

int
bounce_notice_head_get(struct msg *m, struct bounce_notice_head *r)
{
	r->job = msg_u64(m);
	r->message = msg_id(m);
	r->head = msg_span(m);
	return msg_end(m);
}

void
bounce_notice_rcpt_put(struct chan *c, const struct bounce_notice_rcpt *r)
{
	chan_begin(c, BOUNCE_NOTICE_RCPT);
	chan_u64(c, r->job);
	chan_id(c, r->message);
	chan_span(c, r->address);
	chan_span(c, r->orcpt);
	chan_span(c, r->action);
	chan_span(c, r->status);
	chan_u16(c, r->code);
	chan_span(c, r->enhanced);
	chan_span(c, r->text);
	chan_span(c, r->server);
	chan_span(c, r->server_ip);
	chan_u8(c, r->category);
	chan_u8(c, r->expired);
	chan_u64(c, r->last_try_ms);
	chan_u64(c, r->retry_until_ms);
	chan_end(c);
}

int
bounce_notice_rcpt_get(struct msg *m, struct bounce_notice_rcpt *r)
{
	r->job = msg_u64(m);
	r->message = msg_id(m);
	r->address = msg_span(m);
	r->orcpt = msg_span(m);
	r->action = msg_span(m);
	r->status = msg_span(m);
	r->code = msg_u16(m);
	r->enhanced = msg_span(m);
	r->text = msg_span(m);
	r->server = msg_span(m);
	r->server_ip = msg_span(m);
	r->category = msg_u8(m);
	r->expired = msg_u8(m) != 0;
	r->last_try_ms = msg_u64(m);
	r->retry_until_ms = msg_u64(m);
	return msg_end(m);
}

void
bounce_notice_put(struct chan *c, const struct bounce_notice *r)
{
	chan_begin(c, BOUNCE_NOTICE);
	chan_u64(c, r->job);
	chan_u64(c, r->received_ms);
	chan_span(c, r->from);
	chan_span(c, r->helo);
	chan_span(c, r->envid);
	chan_u8(c, r->smtputf8);
	chan_u8(c, r->whole);
	chan_u8(c, r->has_8bit);
	chan_end(c);
}

int
bounce_notice_get(struct msg *m, struct bounce_notice *r)
{
	r->job = msg_u64(m);
	r->received_ms = msg_u64(m);
	r->from = msg_span(m);
	r->helo = msg_span(m);
	r->envid = msg_span(m);
	r->smtputf8 = msg_u8(m) != 0;
	r->whole = msg_u8(m) != 0;
	r->has_8bit = msg_u8(m) != 0;
	return msg_end(m);
}

void
bounce_made_put(struct chan *c, const struct bounce_made *r)
{
	chan_begin(c, BOUNCE_MADE);
	chan_u64(c, r->job);
	chan_u8(c, r->ok);
	chan_u32(c, r->hole);
	chan_span(c, r->bytes);
	chan_end(c);
}

int
bounce_made_get(struct msg *m, struct bounce_made *r)
{
	r->job = msg_u64(m);
	r->ok = msg_u8(m) != 0;
	r->hole = msg_u32(m);
	r->bytes = msg_span(m);
	return r->hole > r->bytes.n ? -1 : msg_end(m);
}

void
bounce_returned_put(struct chan *c, const struct bounce_returned *r)
{
	chan_begin(c, BOUNCE_RETURNED);
	chan_u64(c, r->job);
	chan_id(c, r->message);
	chan_span(c, r->recipient);
	chan_span(c, r->from);
	chan_u8(c, r->has_token);
	chan_id(c, r->about);
	chan_u32(c, r->index);
	chan_u64(c, r->tag);
	chan_u8(c, r->key_id);
	chan_span(c, r->tenant);
	chan_span(c, r->about_rcpt);
	chan_u64(c, r->start);
	chan_u64(c, r->size_bytes);
	chan_span(c, r->bytes);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
bounce_returned_get(struct msg *m, struct bounce_returned *r)
{
	r->job = msg_u64(m);
	r->message = msg_id(m);
	r->recipient = msg_span(m);
	r->from = msg_span(m);
	r->has_token = msg_u8(m) != 0;
	r->about = msg_id(m);
	r->index = msg_u32(m);
	r->tag = msg_u64(m);
	r->key_id = msg_u8(m);
	r->tenant = msg_span(m);
	r->about_rcpt = msg_span(m);
	r->start = msg_u64(m);
	r->size_bytes = msg_u64(m);
	r->bytes = msg_span(m);
	r->fd = msg_fd_or_none(m);
	return msg_end(m);
}

void
bounce_stored_put(struct chan *c, const struct bounce_stored *r)
{
	chan_begin(c, BOUNCE_STORED);
	chan_u64(c, r->job);
	chan_u8(c, r->ok);
	chan_span(c, r->kind);
	chan_span(c, r->forward);
	chan_end(c);
}

int
bounce_stored_get(struct msg *m, struct bounce_stored *r)
{
	r->job = msg_u64(m);
	r->ok = msg_u8(m) != 0;
	r->kind = msg_span(m);
	r->forward = msg_span(m);
	return msg_end(m);
}

void
bounce_list_put(struct chan *c, const struct bounce_list *r)
{
	chan_begin(c, BOUNCE_LIST);
	chan_u64(c, r->seed);
	chan_u64(c, r->seed2);
	chan_u64(c, r->count);
	chan_span(c, r->lost);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
bounce_list_get(struct msg *m, struct bounce_list *r)
{
	r->seed = msg_u64(m);
	r->seed2 = msg_u64(m);
	r->count = msg_u64(m);
	r->lost = msg_span(m);
	r->fd = msg_fd_or_none(m);
	return msg_end(m);
}

void
bounce_change_put(struct chan *c, const struct bounce_change *r)
{
	chan_begin(c, BOUNCE_CHANGE);
	chan_u64(c, r->hash);
	chan_u8(c, r->suppressed);
	chan_end(c);
}

int
bounce_change_get(struct msg *m, struct bounce_change *r)
{
	r->hash = msg_u64(m);
	r->suppressed = msg_u8(m) != 0;
	return msg_end(m);
}

void
bounce_confirm_put(struct chan *c, const struct bounce_confirm *r)
{
	chan_begin(c, BOUNCE_CONFIRM);
	chan_u64(c, r->job);
	chan_span(c, r->tenant);
	chan_span(c, r->campaign);
	chan_span(c, r->address);
	chan_end(c);
}

int
bounce_confirm_get(struct msg *m, struct bounce_confirm *r)
{
	r->job = msg_u64(m);
	r->tenant = msg_span(m);
	r->campaign = msg_span(m);
	r->address = msg_span(m);
	return msg_end(m);
}

void
bounce_confirmed_put(struct chan *c, const struct bounce_confirmed *r)
{
	chan_begin(c, BOUNCE_CONFIRMED);
	chan_u64(c, r->job);
	chan_u8(c, r->suppressed);
	chan_span(c, r->scope);
	chan_span(c, r->reason);
	chan_span(c, r->source);
	chan_end(c);
}

int
bounce_confirmed_get(struct msg *m, struct bounce_confirmed *r)
{
	r->job = msg_u64(m);
	r->suppressed = msg_u8(m) != 0;
	r->scope = msg_span(m);
	r->reason = msg_span(m);
	r->source = msg_span(m);
	return msg_end(m);
}

void
bounce_feedback_put(struct chan *c, const struct bounce_feedback *r)
{
	chan_begin(c, BOUNCE_FEEDBACK);
	chan_u8(c, r->kind);
	chan_u8(c, r->class);
	chan_span(c, r->tenant);
	chan_span(c, r->campaign);
	chan_end(c);
}

int
bounce_feedback_get(struct msg *m, struct bounce_feedback *r)
{
	r->kind = msg_u8(m);
	r->class = msg_u8(m);
	r->tenant = msg_span(m);
	r->campaign = msg_span(m);
	return msg_end(m);
}
