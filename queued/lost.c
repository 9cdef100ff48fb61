#include "lost.h"
#include "err.h"
#include "event.h"
#include "events.h"
#include "log.h"
#include "loop.h"
#include "queued.h"
#include "store.h"
#include "verdict.h"

enum { EVENT_BYTES = 32 * 1024 };

static void
on_durable(void *ctx, const struct store_end *end)
{
	struct queued *q = ctx;

	events_final(q->events, end->event);
}

/* index UINT32_MAX: no recipient can be read. */
static void
end(struct queued *q, const struct envelope *e, uint32_t index, const char *why)
{
	static struct buf line = { .max = EVENT_BYTES };
	struct store_end end = { .id = e->id, .index = index, .mark = MARK_DROPPED };

	buf_reset(&line);
	event_open(&line, "bounced", id_new(), loop_wall_ms());
	event_id(&line, "message", e->id);
	if (index != UINT32_MAX) {
		event_num(&line, "rcpt", index);
		event_span(&line, "recipient", span_first(e->rcpts[index].address, 1000));
	}
	event_span(&line, "tenant", span_first(e->tenant, 1000));
	event_span(&line, "from", span_first(e->from, 1000));
	event_str(&line, "class", class_word(CLASS_SOFT));
	event_str(&line, "category", category_word(CATEGORY_SYSTEM));
	event_str(&line, "status", "5.3.0");
	event_str(&line, "reply", "the message was damaged on our disk");
	event_str(&line, "reason", why);
	event_close(&line);
	must(!buf_over(&line));
	end.event = buf_all(&line);
	store_end(q->store, &end, on_durable, q);
}

void
lost_tell(struct queued *q, const struct envelope *e, const char *why)
{
	unsigned told = 0;

	for (uint32_t i = 0; i < e->rcpts_n; i++)
		if (e->rcpts[i].mark == MARK_OPEN) {
			end(q, e, i, why);
			told++;
		}
	if (e->rcpts_n == 0)
		end(q, e, UINT32_MAX, why);
	log_error("lost", "id=%s recipients=%u why=\"%s\"", id_text(e->id).c, told, why);
}
