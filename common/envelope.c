#include "envelope.h"
#include "err.h"

enum {
	FLAG_8BIT = 1,
	FLAG_UTF8 = 2,
	FLAG_CLICKS = 4,
	FLAG_OPENS = 8,
	FLAG_NOTICE = 16,
	FLAG_TEXT = 32,
	FLAG_BULK = 64,
	FLAG_OUTSIDE = 128
};

static uint8_t
flags_of(const struct envelope *e)
{
	return (uint8_t)((e->body_8bit ? FLAG_8BIT : 0) | (e->smtputf8 ? FLAG_UTF8 : 0) |
			 (e->track_clicks ? FLAG_CLICKS : 0) | (e->track_opens ? FLAG_OPENS : 0) |
			 (e->is_notice ? FLAG_NOTICE : 0) | (e->track_text ? FLAG_TEXT : 0) |
			 (e->is_bulk ? FLAG_BULK : 0) | (e->from_outside ? FLAG_OUTSIDE : 0));
}

void
envelope_put(struct chan *c, const struct envelope *e)
{
	chan_id(c, e->id);
	chan_u64(c, e->received_ms);
	chan_span(c, e->tenant);
	chan_span(c, e->login);
	chan_span(c, e->client);
	chan_span(c, e->helo);
	chan_span(c, e->listener);
	chan_span(c, e->campaign);
	chan_span(c, e->stream);
	chan_span(c, e->tags);
	chan_span(c, e->from);
	chan_span(c, e->envid);
	chan_span(c, e->message_id);
	chan_u8(c, (uint8_t)e->ret);
	chan_u8(c, flags_of(e));
	chan_u32(c, e->rcpts_n);
	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		const struct recipient *r = &e->rcpts[i];

		chan_span(c, r->address);
		chan_span(c, r->orcpt);
		chan_u8(c, r->notify);
		chan_u8(c, (uint8_t)r->mark);
	}
}

static int
recipients_get(struct msg *m, struct envelope *e, struct arena *a)
{
	e->rcpts_n = msg_u32(m);
	if (m->bad || e->rcpts_n > ENVELOPE_RCPTS_MAX || e->rcpts_n > m->body.n)
		return -1;
	e->rcpts = arena_alloc(a, sizeof(*e->rcpts) * e->rcpts_n);
	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		struct recipient *r = &e->rcpts[i];

		r->address = msg_span(m);
		r->orcpt = msg_span(m);
		r->notify = msg_u8(m);
		r->mark = (char)msg_u8(m);
		if (r->address.n > ADDRESS_MAX)
			return -1;
	}
	return m->bad ? -1 : 0;
}

int
envelope_get(struct msg *m, struct envelope *e, struct arena *a)
{
	uint8_t flags;

	*e = (struct envelope){ .id = msg_id(m) };
	e->received_ms = msg_u64(m);
	e->tenant = msg_span(m);
	e->login = msg_span(m);
	e->client = msg_span(m);
	e->helo = msg_span(m);
	e->listener = msg_span(m);
	e->campaign = msg_span(m);
	e->stream = msg_span(m);
	e->tags = msg_span(m);
	e->from = msg_span(m);
	e->envid = msg_span(m);
	e->message_id = msg_span(m);
	e->ret = msg_u8(m);
	flags = msg_u8(m);
	e->body_8bit = flags & FLAG_8BIT;
	e->smtputf8 = flags & FLAG_UTF8;
	e->track_clicks = flags & FLAG_CLICKS;
	e->track_opens = flags & FLAG_OPENS;
	e->track_text = flags & FLAG_TEXT;
	e->is_notice = flags & FLAG_NOTICE;
	e->is_bulk = flags & FLAG_BULK;
	e->from_outside = flags & FLAG_OUTSIDE;
	if (m->bad || e->ret > RET_HDRS || e->from.n > ADDRESS_MAX)
		return -1;
	return recipients_get(m, e, a);
}

void
facts_put(struct chan *c, const struct facts *f)
{
	chan_u64(c, f->size_bytes);
	chan_u32(c, f->header_bytes);
	chan_u32(c, f->longest_line);
	chan_u8(
	    c, (uint8_t)((f->has_8bit ? 1 : 0) | (f->has_dots ? 2 : 0) | (f->header_8bit ? 4 : 0)));
	chan_u32(c, f->crc32c);
	chan_u8(c, f->drops_n);
	for (unsigned i = 0; i < f->drops_n; i++) {
		chan_u32(c, f->drops[i].start);
		chan_u32(c, f->drops[i].length);
	}
}

int
facts_get(struct msg *m, struct facts *f)
{
	uint8_t flags;

	*f = (struct facts){ .size_bytes = msg_u64(m) };
	f->header_bytes = msg_u32(m);
	f->longest_line = msg_u32(m);
	flags = msg_u8(m);
	f->has_8bit = flags & 1;
	f->has_dots = flags & 2;
	f->header_8bit = flags & 4;
	f->crc32c = msg_u32(m);
	f->drops_n = msg_u8(m);
	if (m->bad || f->drops_n > FACTS_DROPS_MAX || f->header_bytes > f->size_bytes)
		return -1;
	for (unsigned i = 0; i < f->drops_n; i++) {
		f->drops[i].start = msg_u32(m);
		f->drops[i].length = msg_u32(m);
	}
	return m->bad ? -1 : 0;
}

size_t
envelope_bytes(const struct envelope *e)
{
	size_t n = 164 + e->tenant.n + e->login.n + e->client.n + e->helo.n + e->listener.n +
		   e->campaign.n + e->stream.n + e->tags.n + e->from.n + e->envid.n +
		   e->message_id.n;

	for (uint32_t i = 0; i < e->rcpts_n; i++)
		n += 10 + e->rcpts[i].address.n + e->rcpts[i].orcpt.n;
	return n;
}

struct envelope *
envelope_copy(const struct envelope *from, struct arena *a)
{
	struct envelope *e = arena_alloc(a, sizeof(*e));
	struct span *spans[] = { &e->tenant, &e->login, &e->client, &e->helo, &e->listener,
		&e->campaign, &e->stream, &e->tags, &e->from, &e->envid, &e->message_id };

	*e = *from;
	for (unsigned i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		*spans[i] = arena_span(a, *spans[i]);
	e->rcpts = arena_alloc(a, sizeof(*e->rcpts) * e->rcpts_n);
	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		e->rcpts[i] = from->rcpts[i];
		e->rcpts[i].address = arena_span(a, from->rcpts[i].address);
		e->rcpts[i].orcpt = arena_span(a, from->rcpts[i].orcpt);
	}
	return e;
}
