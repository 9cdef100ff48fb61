#include "notice_record.h"
#include "content.h"
#include "err.h"
#include "final.h"
#include "header.h"
#include "queued.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_MAX = 2048,
	BRIEF_MAX = 1024,
	BYTES_MAX = 60 * 1024, /* with NOTICE_HEAD_MAX a mail that every mail program opens */
	RCPT_BYTES = 600,      /* fields and sentences around one's own */
};

struct notice_record *
notice_record_new(void)
{
	struct arena *a = arena_new(0);
	struct notice_record *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	return r;
}

void
notice_record_free(struct notice_record *r)
{
	arena_free(r->arena);
}

static size_t
text_bytes(const struct delivery *d)
{
	size_t n = d->last == NULL ? 0 : d->last->text.n;

	return n > TEXT_MAX ? TEXT_MAX : n;
}

/* A reply stands in the text and in the fields. */
static size_t
rcpt_bytes(const struct delivery *d)
{
	const struct recipient *r = &d->message->envelope->rcpts[d->index];

	return RCPT_BYTES + 3 * r->address.n + r->orcpt.n + 3 * text_bytes(d);
}

bool
notice_record_full(const struct notice_record *r, const struct delivery *d)
{
	return r->rcpts_n == NOTICE_RCPTS_MAX || r->bytes + rcpt_bytes(d) + BRIEF_MAX > BYTES_MAX;
}

/* ---- the message ---- */

static struct span
brief_of(struct span head, struct arena *a)
{
	static const char *const names[] = { "Date", "From", "To", "Subject", "Message-ID" };
	struct span result;
	struct buf out;

	buf_init(&out, BRIEF_MAX);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct header_field f;

		if (header_find(head, names[i], &f))
			buf_span(&out, f.whole); /* one that does not fit is left out */
	}
	result = arena_span(a, buf_all(&out));
	buf_free(&out);
	return result;
}

static struct span
head_read(struct queued *q, const struct message *m, struct arena *a)
{
	size_t n =
	    m->facts.header_bytes < NOTICE_HEAD_MAX ? m->facts.header_bytes : NOTICE_HEAD_MAX;
	struct span head = { NULL, 0 };
	struct content content;

	if (content_open(q, m, &content, NULL) == -1)
		return head;
	(void)content_head(&content, n, a, &head, NULL);
	content_drop(&content);
	return head;
}

static void
first_take(struct notice_record *r, struct queued *q, const struct message *m, struct span head)
{
	const struct envelope *e = m->envelope;

	r->first = e->id;
	r->from = arena_span(r->arena, e->from);
	r->tenant = arena_span(r->arena, e->tenant);
	r->stream = arena_span(r->arena, e->stream);
	r->helo = arena_span(r->arena, e->helo);
	r->envid = arena_span(r->arena, e->envid);
	r->received_ms = e->received_ms;
	r->has_8bit = m->facts.has_8bit;
	/* A stranger's sender may be forged: whoever is named there gets no content that others wrote. */
	r->whole =
	    e->ret == RET_FULL && !e->from_outside && m->facts.size_bytes <= q->conf->return_bytes;
	r->head = arena_span(r->arena, head);
}

static void
message_take(struct notice_record *r, struct queued *q, const struct message *m)
{
	struct arena *scratch;
	struct span head;

	for (uint32_t i = 0; i < r->originals_n; i++)
		if (id_eq(r->originals[i].message, m->envelope->id))
			return;
	scratch = arena_new(0);
	head = head_read(q, m, scratch);
	if (r->originals_n == 0)
		first_take(r, q, m, head);
	r->smtputf8 = r->smtputf8 || m->envelope->smtputf8;
	r->originals[r->originals_n].message = m->envelope->id;
	r->originals[r->originals_n].brief = brief_of(head, r->arena);
	r->bytes += r->originals[r->originals_n++].brief.n + RCPT_BYTES / 2;
	arena_free(scratch);
}

/* ---- its recipients ---- */

static struct span
status_of(const struct delivery *d)
{
	if (d->last != NULL && d->last->judged && d->last->status.n > 0)
		return d->last->status;
	if (d->last != NULL && d->last->enhanced.n > 0)
		return d->last->enhanced;
	return d->final == FINAL_EXPIRED ? SPAN_LIT("4.4.7") : SPAN_LIT("");
}

static struct bounce_notice_rcpt
rcpt_of(const struct delivery *d, const char *action, struct arena *a)
{
	const struct envelope *e = d->message->envelope;
	const struct attempt *last = d->last;
	struct bounce_notice_rcpt r = { .message = e->id,
		.address = arena_span(a, delivery_address(d)),
		.orcpt = arena_span(a, e->rcpts[d->index].orcpt),
		.action = span_str(action),
		.status = arena_span(a, status_of(d)),
		.expired = d->state == DELIVERY_NOTICE && d->final == FINAL_EXPIRED,
		.retry_until_ms =
		    e->received_ms + (uint64_t)d->message->stream->retry.expire_s * 1000 };

	if (last == NULL)
		return r;
	r.code = last->code;
	r.enhanced = arena_span(a, last->enhanced);
	r.text = arena_span(a, span_first(last->text, TEXT_MAX));
	r.server = arena_span(a, last->server);
	r.server_ip = arena_span(a, last->address);
	r.category = last->judged ? last->category : CATEGORY_NONE;
	r.last_try_ms = last->time_ms;
	return r;
}

void
notice_record_add(
    struct notice_record *r, struct queued *q, const struct delivery *d, const char *action)
{
	if (r->rcpts_n == r->rcpts_cap) {
		uint32_t cap = r->rcpts_cap == 0 ? 4 : r->rcpts_cap * 2;
		struct bounce_notice_rcpt *more = arena_alloc(r->arena, sizeof(*more) * cap);

		if (r->rcpts_n > 0)
			memcpy(more, r->rcpts, sizeof(*more) * r->rcpts_n);
		r->rcpts = more;
		r->rcpts_cap = cap;
	}
	message_take(r, q, d->message);
	r->rcpts[r->rcpts_n++] = rcpt_of(d, action, r->arena);
	r->bytes += rcpt_bytes(d);
}

/* RFC 3461 4.3: RET is about failures; what was delayed or delivered goes back as its header. */
static bool
goes_back_whole(const struct notice_record *r)
{
	if (!r->whole || r->originals_n > 1)
		return false;
	for (uint32_t i = 0; i < r->rcpts_n; i++)
		if (span_is(r->rcpts[i].action, "failed"))
			return true;
	return false;
}

void
notice_record_put(const struct notice_record *r, struct chan *c, uint64_t job)
{
	bool one = r->originals_n == 1;

	for (uint32_t i = 0; i < r->originals_n; i++)
		bounce_notice_head_put(c, &(struct bounce_notice_head){ .job = job,
					      .message = r->originals[i].message,
					      .head = one ? r->head : r->originals[i].brief });
	for (uint32_t i = 0; i < r->rcpts_n; i++) {
		struct bounce_notice_rcpt rcpt = r->rcpts[i];

		rcpt.job = job;
		bounce_notice_rcpt_put(c, &rcpt);
	}
	bounce_notice_put(c, &(struct bounce_notice){ .job = job,
				 .received_ms = one ? r->received_ms : 0,
				 .from = r->from,
				 .helo = one ? r->helo : span_of(NULL, 0),
				 .envid = one ? r->envid : span_of(NULL, 0),
				 .smtputf8 = r->smtputf8,
				 .whole = goes_back_whole(r),
				 .has_8bit = r->has_8bit });
}
