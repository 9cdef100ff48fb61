#include "events.h"
#include "err.h"
#include "event.h"
#include "event_file.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "queued.h"
#include "store.h"
#include "tenants.h"
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINE_MAX_BYTES = 64 * 1024,
	BEHIND_BYTES = 256 * 1024, /* some hundred messages, accepted and ended */
	STUCK_BYTES = 1 << 20,
	WAITING_MAX = 16 << 20,      /* what is no end is dropped beyond it */
	ENDS_WAITING_MAX = 64 << 20, /* and ends beyond this, which the journal keeps */
};

struct events {
	struct queued *q;
	struct event_file file;
	struct buf out, line;
	size_t half; /* bytes of the first line of out that are in the file already */
	uint64_t dropped;
	bool failing;
	bool ends_lost; /* the store is to tell them again once there is room */
};

static void
failed(struct events *e, int error)
{
	if (!e->failing)
		log_error("events-unwritten", "bytes=%zu why=\"%s\"", e->out.n, strerror(error));
	e->failing = true;
}

static void
mended(struct events *e)
{
	if (e->failing)
		log_info("events-written", "dropped=%llu", (unsigned long long)e->dropped);
	e->failing = false;
	if (!e->ends_lost)
		return;
	e->ends_lost = false;
	store_events_lost(e->q->store);
}

/* A line waits until the file has all of it: another file may take its place meanwhile. */
static void
write_out(struct events *e)
{
	struct span all = buf_all(&e->out);
	size_t taken = e->half + event_file_take(&e->file, span_from(all, e->half));
	size_t whole = (size_t)(span_find_last(span_first(all, taken), '\n') + 1);

	e->half = taken - whole;
	buf_drop(&e->out, whole);
}

void
events_moved(struct events *e, int read_fd)
{
	e->half = 0;
	event_file_open(&e->file, e->file.fd, read_fd);
}

bool
events_written(struct events *e)
{
	if (e->out.n > 0) {
		write_out(e);
		if (e->out.n > 0 && errno != EAGAIN)
			failed(e, errno);
	}
	if (e->out.n == 0 && (e->failing || e->ends_lost))
		mended(e);
	return e->out.n == 0 && !e->ends_lost;
}

bool
events_behind(const struct events *e)
{
	return e->failing && e->out.n > BEHIND_BYTES;
}

bool
events_stuck(const struct events *e)
{
	return e->failing && e->out.n > STUCK_BYTES;
}

static void
on_turn_end(void *ctx)
{
	(void)events_written(ctx);
}

struct events *
events_new(struct queued *q, int fd, int read_fd)
{
	struct events *e = calloc(1, sizeof(*e));

	if (e == NULL)
		fatal("out of memory for events");
	e->q = q;
	buf_init(&e->out, ENDS_WAITING_MAX);
	buf_init(&e->line, LINE_MAX_BYTES);
	event_file_open(&e->file, fd, read_fd);
	if (e->file.torn)
		buf_byte(&e->out, '\n');
	loop_at_turn_end(on_turn_end, e);
	return e;
}

void
events_final(struct events *e, struct span line)
{
	buf_span(&e->out, line);
	if (!buf_over(&e->out))
		return;
	e->out.over = false;
	e->ends_lost = true;
}

static struct buf *
begin(struct events *e, const char *kind)
{
	buf_reset(&e->line);
	event_open(&e->line, kind, id_new(), loop_wall_ms());
	return &e->line;
}

static void
end(struct events *e)
{
	event_close(&e->line);
	if (buf_over(&e->line))
		return;
	if (e->out.n + e->line.n > WAITING_MAX)
		e->dropped++;
	else
		buf_span(&e->out, buf_all(&e->line));
}

static void
message_keys(struct buf *b, const struct envelope *e)
{
	event_span(b, "tenant", e->tenant);
	event_span(b, "campaign", e->campaign);
	event_span(b, "tags", e->tags);
	event_span(b, "from", e->from);
}

void
events_delivery(struct buf *b, const struct delivery *d)
{
	const struct envelope *e = d->message->envelope;

	event_id(b, "message", e->id);
	event_num(b, "rcpt", d->index);
	event_span(b, "recipient", delivery_address(d));
	message_keys(b, e);
	event_span(b, "site", d->lane != NULL ? d->lane->site->name : delivery_domain(d));
	event_num(b, "attempts", d->attempts);
	event_num(b, "delay_ms", delivery_age_ms(d));
	event_num(b, "size", d->message->facts.size_bytes);
}

static void
reply_key(struct buf *b, const struct attempt *a)
{
	char text[1200];
	int n =
	    snprintf(text, sizeof(text), "%u%s%.*s%s%.*s", a->code, a->enhanced.n > 0 ? " " : "",
		SPAN(a->enhanced), a->text.n > 0 ? " " : "", SPAN(span_first(a->text, 1000)));

	if (a->code == 0)
		event_span(b, "reply", a->text);
	else
		event_span(b, "reply",
		    span_of(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

void
events_attempt(struct buf *b, const struct delivery *d)
{
	const struct attempt *a = d->last;

	if (a == NULL)
		return;
	if (a->judged) {
		event_str(b, "class", class_word(a->class));
		event_str(b, "category", category_word(a->category));
		event_span(b, "status", a->status);
		event_span(b, "provider", a->provider);
		event_span(b, "rule", a->rule);
		if (a->rule.n > 0)
			event_num(b, "confidence", a->confidence);
	} else
		event_span(b, "status", a->enhanced);
	reply_key(b, a);
	if (a->outcome != OUTCOME_DELIVERED)
		event_str(b, "stage", deliver_stage_name(a->stage));
	event_span(b, "source", a->source);
	event_span(b, "server", a->server);
	event_span(b, "address", a->address);
	event_span(b, "tls", a->tls);
}

void
events_received(struct events *e, const struct message *m)
{
	const struct envelope *env = m->envelope;
	struct buf *b = begin(e, "received");

	event_id(b, "message", env->id);
	message_keys(b, env);
	event_span(b, "message_id", env->message_id);
	event_num(b, "recipients", env->rcpts_n);
	event_num(b, "size", m->facts.size_bytes);
	event_span(b, "client", env->client);
	event_span(b, "helo", env->helo);
	event_span(b, "login", env->login);
	event_span(b, "listener", env->listener);
	end(e);
}

void
events_deferred(struct events *e, const struct delivery *d, uint64_t retry_ms)
{
	struct buf *b = begin(e, "deferred");

	events_delivery(b, d);
	events_attempt(b, d);
	event_num(b, "retry_s", retry_ms / 1000);
	end(e);
}

void
events_untracked(struct events *e, const struct delivery *d, struct span reason)
{
	struct buf *b = begin(e, "untracked");

	events_delivery(b, d);
	event_span(b, "reason", reason);
	end(e);
}

void
events_lane(struct events *e, const struct lane *l, const char *what)
{
	events_lane_said(e, l, what, l->adapt.reason);
}

void
events_lane_said(struct events *e, const struct lane *l, const char *what, const char *reply)
{
	struct buf *b = begin(e, "lane");

	event_str(b, "what", what);
	event_span(b, "site", l->site->name);
	event_span(b, "source", l->source->name);
	event_str(b, "state", adapt_state_name(adapt_state(&l->adapt, loop_now_ms())));
	event_num(b, "share_permille", l->adapt.share_permille);
	event_str(b, "reply", reply);
	event_num(b, "waiting", l->draw.n);
	end(e);
	log_begin(LOG_LEVEL_INFO, "lane");
	log_kvs("what", what);
	log_kv("site", l->site->name);
	log_kv("source", l->source->name);
	log_kvf("share", "%u%%", l->adapt.share_permille / 10);
	log_kvs("reply", reply);
	log_end();
}

void
events_lane_hosts(struct events *e, const struct lane_hosts *h, const char *what)
{
	const struct lane *l = h->lane;
	struct buf *b = begin(e, "lane");

	event_str(b, "what", what);
	event_span(b, "site", l->site->name);
	event_span(b, "source", l->source->name);
	event_span(b, "host", h->set->hosts[0].name);
	event_str(b, "state", adapt_state_name(adapt_state(&l->adapt, loop_now_ms())));
	event_str(b, "reply", h->failure.words);
	event_num(b, "waiting", h->waiting.n);
	end(e);
	log_begin(LOG_LEVEL_INFO, "lane");
	log_kvs("what", what);
	log_kv("site", l->site->name);
	log_kv("source", l->source->name);
	log_kv("host", h->set->hosts[0].name);
	log_kvs("reply", h->failure.words);
	log_end();
}

void
events_lane_tenant(struct events *e, const struct lane *l, const struct ban *ban, const char *what)
{
	struct buf *b = begin(e, "lane");

	event_str(b, "what", what);
	event_span(b, "tenant", ban->tenant);
	event_span(b, "site", l->site->name);
	event_span(b, "source", l->source->name);
	event_str(b, "reply", ban->reason);
	event_num(b, "for_s", (ban->until_ms - loop_now_ms()) / 1000);
	end(e);
	log_begin(LOG_LEVEL_WARN, what);
	log_kv("tenant", ban->tenant);
	log_kv("site", l->site->name);
	log_kv("source", l->source->name);
	log_kvs("reply", ban->reason);
	log_end();
}

static void
share_key(struct buf *b, const char *key, uint32_t share)
{
	char text[24];

	snprintf(text, sizeof(text), "%u.%03u", share / 1000, share % 1000);
	event_str(b, key, text);
}

void
events_tenant(
    struct events *e, const struct standing *s, const char *what, const struct conf_place *place)
{
	struct buf *b = begin(e, "tenant");
	char limit[300] = "";

	if (place != NULL && place->line > 0)
		snprintf(limit, sizeof(limit), "%s:%u", place->file, place->line);
	event_str(b, "what", what);
	event_span(b, "tenant", s->name);
	event_str(b, "reason", s->why);
	event_num(b, "delivered", s->counts.of[HEALTH_DELIVERED]);
	event_num(b, "bounced", s->counts.of[HEALTH_BOUNCED]);
	event_num(b, "bounced_late", s->counts.of[HEALTH_BOUNCED_LATE]);
	event_num(b, "complaints", s->counts.of[HEALTH_COMPLAINT]);
	share_key(b, "bounce_percent", health_bounce_share(&s->counts));
	share_key(b, "complaint_percent", health_complaint_share(&s->counts));
	event_str(b, "limit", place == NULL ? "" : limit[0] == '\0' ? "built in" : limit);
	end(e);
	log_begin(LOG_LEVEL_WARN, "tenant");
	log_kvs("what", what);
	log_kv("tenant", s->name);
	log_kvs("why", s->why);
	log_end();
}

void
events_corrupt(struct events *e, const char *file, const char *why)
{
	struct buf *b = begin(e, "admin");

	event_str(b, "verb", "corrupt");
	event_str(b, "file", file);
	event_str(b, "reason", why);
	end(e);
}

void
events_aside(struct events *e, const struct delivery *d, const char *why)
{
	struct buf *b = begin(e, "admin");

	event_str(b, "verb", "set-aside");
	events_delivery(b, d);
	event_str(b, "reason", why);
	end(e);
}

void
events_admin_many(
    struct events *e, const char *verb, unsigned actor, unsigned count, struct span reason)
{
	struct buf *b = begin(e, "admin");

	event_str(b, "verb", verb);
	event_num(b, "actor", actor);
	event_num(b, "count", count);
	event_span(b, "reason", reason);
	end(e);
}

void
events_admin(struct events *e, const char *verb, unsigned actor, const struct delivery *d,
    struct span reason)
{
	struct buf *b = begin(e, "admin");

	event_str(b, "verb", verb);
	event_num(b, "actor", actor);
	if (d != NULL) {
		event_id(b, "message", d->message->envelope->id);
		event_span(b, "recipient", delivery_address(d));
	}
	event_span(b, "reason", reason);
	end(e);
}
