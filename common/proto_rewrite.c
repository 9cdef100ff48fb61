#include "proto_rewrite.h"

void
rewrite_ask_put(struct chan *c, const struct rewrite_ask *r)
{
	chan_begin(c, REWRITE_ASK);
	chan_u64(c, r->job);
	chan_id(c, r->message);
	chan_u32(c, r->index);
	chan_span(c, r->tenant);
	chan_span(c, r->campaign);
	chan_span(c, r->recipient);
	chan_span(c, r->from);
	chan_span(c, r->returns);
	chan_u8(c, r->track_clicks);
	chan_u8(c, r->track_opens);
	chan_u8(c, r->track_text);
	chan_u8(c, r->sign);
	chan_u8(c, r->plain);
	chan_u8(c, r->need_7bit);
	chan_u64(c, r->start);
	chan_u64(c, r->size_bytes);
	chan_u32(c, r->crc32c);
	chan_span(c, r->drops);
	chan_span(c, r->bytes);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
rewrite_ask_get(struct msg *m, struct rewrite_ask *r)
{
	r->job = msg_u64(m);
	r->message = msg_id(m);
	r->index = msg_u32(m);
	r->tenant = msg_span(m);
	r->campaign = msg_span(m);
	r->recipient = msg_span(m);
	r->from = msg_span(m);
	r->returns = msg_span(m);
	r->track_clicks = msg_u8(m) != 0;
	r->track_opens = msg_u8(m) != 0;
	r->track_text = msg_u8(m) != 0;
	r->sign = msg_u8(m) != 0;
	r->plain = msg_u8(m) != 0;
	r->need_7bit = msg_u8(m) != 0;
	r->start = msg_u64(m);
	r->size_bytes = msg_u64(m);
	r->crc32c = msg_u32(m);
	r->drops = msg_span(m);
	r->bytes = msg_span(m);
	r->fd = msg_fd_or_none(m);
	return msg_end(m);
}

void
rewrite_leaving_put(struct chan *c)
{
	chan_begin(c, REWRITE_LEAVING);
	chan_end(c);
}

void
rewrite_leave_put(struct chan *c)
{
	chan_begin(c, REWRITE_LEAVE);
	chan_end(c);
}

void
rewrite_done_put(struct chan *c, const struct rewrite_done *r)
{
	chan_begin(c, REWRITE_DONE);
	chan_u64(c, r->job);
	chan_u8(c, (uint8_t)r->status);
	chan_span(c, r->text);
	chan_u32(c, r->links);
	chan_u8(c, r->pixel);
	chan_span(c, r->signed_by);
	chan_u8(c, r->has_8bit);
	chan_u8(c, r->has_dots);
	chan_u64(c, r->size_bytes);
	chan_span(c, r->bytes);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
rewrite_done_get(struct msg *m, struct rewrite_done *r)
{
	r->job = msg_u64(m);
	r->status = msg_u8(m);
	r->text = msg_span(m);
	r->links = msg_u32(m);
	r->pixel = msg_u8(m) != 0;
	r->signed_by = msg_span(m);
	r->has_8bit = msg_u8(m) != 0;
	r->has_dots = msg_u8(m) != 0;
	r->size_bytes = msg_u64(m);
	r->bytes = msg_span(m);
	r->fd = msg_fd_or_none(m);
	if (r->status > REWRITE_REFUSED)
		return -1;
	return msg_end(m);
}
