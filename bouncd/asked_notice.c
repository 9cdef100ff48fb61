/* What queued asks of notices: recipients and originals come first, record by record, then the question. */
#include "asked.h"
#include "err.h"
#include "loop.h"
#include "notice.h"
#include "proto_bounce.h"

#include <string.h>

enum { ARENA_BYTES = 2 * 1024 * 1024, NOTICE_BYTES = 1024 * 1024, HEAD_LEAST = 2048 };

/* The notice that is being asked for. */
static struct {
	struct arena *arena;
	uint64_t job;
	struct notice_recipient rcpts[NOTICE_RCPTS_MAX];
	struct notice_original originals[NOTICE_RCPTS_MAX];
	struct id messages[NOTICE_RCPTS_MAX]; /* of the originals */
	size_t n, n_originals;
} pending;

void
asked_forget(void)
{
	if (pending.arena == NULL)
		pending.arena = arena_new(ARENA_BYTES);
	arena_reset(pending.arena);
	pending.n = pending.n_originals = 0;
	pending.job = 0;
}

static void
begin(uint64_t job)
{
	if (pending.arena == NULL || pending.job != job)
		asked_forget();
	pending.job = job;
}

static enum notice_action
action_of(struct span word)
{
	return span_is(word, "delayed")     ? NOTICE_DELAYED
	       : span_is(word, "delivered") ? NOTICE_DELIVERED
	       : span_is(word, "relayed")   ? NOTICE_RELAYED
					    : NOTICE_FAILED;
}

/* The server's own words, as it said them: each line with the code, the last one with the enhanced code too. */
static struct span
diagnostic(const struct bounce_notice_rcpt *r)
{
	struct span rest = r->text, result;
	struct buf out;

	if (r->code == 0)
		return arena_span(pending.arena, r->text);
	buf_init(&out, 16 * 1024);
	do {
		struct span line = span_trim(span_cut(rest, '\n', &rest));

		buf_printf(&out, "%s%u%c", out.n > 0 ? "\n" : "", r->code, rest.n > 0 ? '-' : ' ');
		if (r->enhanced.n > 0)
			buf_printf(&out, "%.*s ", SPAN(r->enhanced));
		buf_span(&out, line);
	} while (rest.n > 0);
	result = arena_span(pending.arena, buf_all(&out));
	buf_free(&out);
	return result;
}

static size_t
original_of(struct id message)
{
	for (size_t i = 0; i < pending.n_originals; i++)
		if (id_eq(pending.messages[i], message))
			return i;
	return 0;
}

void
asked_notice_head(struct bouncd *b, struct msg *m)
{
	struct bounce_notice_head h;

	if (bounce_notice_head_get(m, &h) == -1) {
		chan_bad(b->queued, "a NOTICE_HEAD that is none");
		return;
	}
	begin(h.job);
	if (pending.n_originals == NOTICE_RCPTS_MAX)
		return;
	pending.messages[pending.n_originals] = h.message;
	pending.originals[pending.n_originals++].head = arena_span(pending.arena, h.head);
}

void
asked_notice_rcpt(struct bouncd *b, struct msg *m)
{
	struct bounce_notice_rcpt r;
	struct id_text log_id;

	if (bounce_notice_rcpt_get(m, &r) == -1 || r.category > CATEGORY_OTHER) {
		chan_bad(b->queued, "a NOTICE_RCPT that is none");
		return;
	}
	begin(r.job);
	if (pending.n == NOTICE_RCPTS_MAX)
		return;
	log_id = id_text(r.message);
	pending.rcpts[pending.n++] =
	    (struct notice_recipient){ .address = arena_span(pending.arena, r.address),
		    .orcpt = arena_span(pending.arena, r.orcpt),
		    .log_id = arena_span(pending.arena, span_str(log_id.c)),
		    .action = action_of(r.action),
		    .category = (enum category)r.category,
		    .expired = r.expired,
		    .status = arena_span(pending.arena, r.status),
		    .remote_mta = arena_span(pending.arena, r.server),
		    .remote_ip = arena_span(pending.arena, r.server_ip),
		    .diagnostic = diagnostic(&r),
		    .said_by_server =
			r.code != 0 && r.server.n > 0 && !span_starts(r.text, "said by this relay"),
		    .original = original_of(r.message),
		    .last_attempt_s = r.last_try_ms / 1000,
		    .will_retry_until_s = r.retry_until_ms / 1000 };
}

/* Too large to travel with long headers: their beginnings say enough. */
static void
shorten(struct notice *n)
{
	for (size_t i = 0; i < n->n_originals; i++) {
		struct span head =
		    span_first(pending.originals[i].head, HEAD_LEAST / n->n_originals + 200);
		ptrdiff_t end = span_find_last(head, '\n');

		pending.originals[i].head = span_first(head, end < 0 ? 0 : (size_t)end + 1);
	}
}

void
asked_notice(struct bouncd *b, struct msg *m)
{
	struct id_text id = id_text(id_new());
	struct bounce_notice n;
	struct notice notice;
	struct buf out;
	size_t hole;

	if (bounce_notice_get(m, &n) == -1 || n.job != pending.job || pending.n == 0 ||
	    pending.n_originals == 0) {
		chan_bad(b->queued, "a NOTICE that is none");
		return;
	}
	notice = (struct notice){ .id = span_str(id.c),
		.reporting_mta = span_str(b->hostname),
		.received_from = n.helo,
		.sender = n.from,
		.envid = n.envid,
		.utf8 = n.smtputf8,
		.whole = n.whole,
		.whole_8bit = n.has_8bit,
		.now_s = loop_wall_ms() / 1000,
		.arrival_s = n.received_ms / 1000,
		.originals = pending.originals,
		.n_originals = pending.n_originals,
		.recipients = pending.rcpts,
		.n_recipients = pending.n };
	buf_init(&out, NOTICE_BYTES);
	(void)notice_write(&notice, &out, &hole);
	if (buf_over(&out)) {
		shorten(&notice);
		buf_reset(&out);
		(void)notice_write(&notice, &out, &hole);
	}
	bounce_made_put(b->queued, &(struct bounce_made){ .job = n.job,
				       .ok = !buf_over(&out),
				       .hole = (uint32_t)hole,
				       .bytes = buf_all(&out) });
	buf_free(&out);
	asked_forget();
}
