#include "web.h"
#include "asked.h"
#include "disk.h"
#include "err.h"
#include "event.h"
#include "group.h"
#include "house_conf.h"
#include "log.h"
#include "loop.h"
#include "role.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	QUEUE_BYTES = 16 << 20,
	EVENTS_BYTES = 4 << 20,
	WEBS_MAX = 64,
	AGENT_MAX = 512,
	ALIKE = 4096 /* chains of wishes that are under way */
};

/* Who asked out in this turn. */
struct wish {
	STAILQ_ENTRY(wish) link;
	LIST_ENTRY(wish) alike;
	uint64_t job;
	struct chan *from; /* NULL: went away meanwhile */
	struct id event;
	bool repeat;
	char scope[SUPPRESSION_SCOPE_MAX + 1], address[SUPPRESSION_ADDRESS_MAX + 1];
};

static struct {
	struct chan *peers[WEBS_MAX]; /* of two generations while one is replaced */
	struct buf events;
	STAILQ_HEAD(, wish)
	told, syncing, waiting;         /* for the event, then for the group to be on disk */
	bool asked;                     /* the disk, for those told */
	LIST_HEAD(, wish) alike[ALIKE]; /* all of them, by address */
} web = { .told = STAILQ_HEAD_INITIALIZER(web.told),
	.syncing = STAILQ_HEAD_INITIALIZER(web.syncing),
	.waiting = STAILQ_HEAD_INITIALIZER(web.waiting) };

/* ---- what is asked ---- */

/* -1: err says why nobody can be put on the list for it. */
static int
wish_name(const struct bouncd *b, const struct web_unsubscribe *u, struct wish *w, struct err *err)
{
	const struct conf_block *t = conf_find(conf_top(b->conf), "tenant", u->tenant);
	struct suppression_entry e = { .scope = "" };
	char scope[SUPPRESSION_SCOPE_MAX + 1];
	bool narrow = unsubscribe_ends_campaign(t, u->campaign);
	int n;

	if (t == NULL)
		return err_set(err, "no such tenant: %.*s", SPAN(span_first(u->tenant, 100)));
	n = snprintf(scope, sizeof(scope), "%s%s%.*s", conf_name(t), narrow ? "/" : "",
	    narrow ? (int)span_first(u->campaign, 130).n : 0, narrow ? u->campaign.p : "");
	if (n < 0 || (size_t)n >= sizeof(scope))
		return err_set(err, "the scope is too long");
	if (suppression_name(&e, span_of(scope, (size_t)n), u->address, err) == -1)
		return -1;
	snprintf(w->scope, sizeof(w->scope), "%s", e.scope);
	snprintf(w->address, sizeof(w->address), "%s", e.address);
	return 0;
}

/* A browser sends it twice, a provider again after an answer that was lost: the first one counts. */
static bool
is_there(struct bouncd *b, const struct wish *w)
{
	struct suppression_entry e;
	struct err err;

	return suppression_why(b->list, span_str(w->scope), span_str(w->address),
		   loop_wall_ms() / 1000, &e, &err) == 1 &&
	       e.reason == SUPPRESSED_UNSUBSCRIBED;
}

static size_t
chain_of(const struct wish *w)
{
	return span_hash(span_str(w->address)) % ALIKE;
}

/* One is under way that the list does not show yet. */
static bool
is_under_way(const struct wish *w)
{
	const struct wish *other;

	LIST_FOREACH (other, &web.alike[chain_of(w)], alike)
		if (strcmp(other->address, w->address) == 0 && strcmp(other->scope, w->scope) == 0)
			return true;
	return false;
}

static void
event_put(const struct web_unsubscribe *u, const struct wish *w)
{
	struct buf *out = &web.events;

	event_open(out, "unsubscribed", w->event, loop_wall_ms());
	event_str(out, "via", "web");
	event_id(out, "message", u->message);
	event_num(out, "rcpt", u->index);
	event_str(out, "recipient", w->address);
	event_span(out, "tenant", u->tenant);
	event_span(out, "campaign", u->campaign);
	event_str(out, "scope", w->scope);
	event_bool(out, "one_click", u->one_click);
	event_span(out, "client", u->client);
	event_span(out, "agent", span_first(u->agent, AGENT_MAX));
	event_span(out, "machine", u->machine);
	event_span(out, "reason", u->reason);
	if (w->repeat)
		event_bool(out, "repeat", true);
	event_close(out);
}

static void
story(const struct web_unsubscribe *u, const struct wish *w)
{
	log_begin(LOG_LEVEL_INFO, "unsubscribed");
	log_kvs("id", id_text(u->message).c);
	log_kvs("scope", w->scope);
	log_kvs("one-click", u->one_click ? "yes" : "no");
	log_kv("client", u->client);
	if (w->repeat)
		log_kvs("repeat", "yes");
	log_end();
}

static int
unsubscribe(struct bouncd *b, struct chan *c, struct msg *m)
{
	struct wish *w = calloc(1, sizeof(*w));
	struct web_unsubscribe u;
	struct err err;

	if (w == NULL)
		fatal("out of memory for an unsubscribe");
	if (web_unsubscribe_get(m, &u) == -1) {
		free(w);
		return -1;
	}
	w->job = u.job;
	w->from = c;
	w->event = id_new();
	if (wish_name(b, &u, w, &err) == -1) {
		log_error("not-unsubscribed", "why=\"%s\"", err.text);
		web_stored_put(c, &(struct web_stored){ .job = u.job });
		free(w);
		return 0;
	}
	w->repeat = is_under_way(w) || is_there(b, w);
	LIST_INSERT_HEAD(&web.alike[chain_of(w)], w, alike);
	event_put(&u, w);
	story(&u, w);
	STAILQ_INSERT_TAIL(&web.told, w, link);
	return 0;
}

/* ---- a turn's end: the events, then the list, then the answers ---- */

static bool
events_append(struct bouncd *b)
{
	bool there =
	    !buf_over(&web.events) && event_file_append(&b->events, buf_all(&web.events)) == 0;

	if (!there)
		log_error("events-not-written", "why=\"%s\"", strerror(errno));
	buf_reset(&web.events);
	return there;
}

static void
say(struct bouncd *b, void *what, bool durable)
{
	struct wish *w = what;

	(void)b;
	STAILQ_REMOVE(&web.waiting, w, wish, link);
	LIST_REMOVE(w, alike);
	if (w->from != NULL)
		web_stored_put(w->from, &(struct web_stored){ .job = w->job, .ok = durable });
	free(w);
}

static void
settle(struct bouncd *b, struct wish *w, bool written)
{
	struct err err = { "" };

	STAILQ_INSERT_TAIL(&web.waiting, w, link);
	/* A repeat counts on the first, which may have failed. */
	if (written && !is_there(b, w) &&
	    asked_suppress(b, span_str(w->scope), span_str(w->address), SUPPRESSED_UNSUBSCRIBED,
		w->event, &err) == -1) {
		log_error("not-suppressed", "why=\"%s\"", err.text);
		written = false;
	}
	if (written)
		group_after(b, say, w);
	else
		say(b, w, false);
}

static void
settle_all(struct bouncd *b, bool written)
{
	struct wish *w;

	while ((w = STAILQ_FIRST(&web.syncing)) != NULL) {
		STAILQ_REMOVE_HEAD(&web.syncing, link);
		settle(b, w, written);
	}
}

/* Of the sync; -1: why. */
static int synced, sync_errno;

static void
sync_run(struct bouncd *b, void *unused)
{
	(void)unused;
	synced = fdatasync(b->events.fd);
	sync_errno = errno;
}

static void
sync_done(struct bouncd *b, void *unused)
{
	(void)unused;
	if (synced == -1)
		log_error("events-not-written", "why=\"%s\"", strerror(sync_errno));
	settle_all(b, synced == 0);
}

static void
turn_of_sync(struct bouncd *b, void *unused)
{
	(void)unused;
	web.asked = false;
	STAILQ_CONCAT(&web.syncing, &web.told);
	if (events_append(b))
		disk_begin(b, sync_run, sync_done, NULL);
	else
		settle_all(b, false);
}

static void
on_turn_end(void *ctx)
{
	if (STAILQ_EMPTY(&web.told) || web.asked)
		return;
	web.asked = true;
	disk_when_free(ctx, turn_of_sync, NULL);
}

/* ---- who asks ---- */

static void
on_web(void *ctx, struct chan *c, struct msg *m)
{
	if (m->type != WEB_UNSUBSCRIBE || unsubscribe(ctx, c, m) == -1)
		chan_bad(c, "a record of trackd-web's that is none");
}

static void
on_web_gone(void *ctx, struct chan *c, const char *why)
{
	struct wish *w;

	(void)ctx;
	(void)why;
	for (unsigned i = 0; i < WEBS_MAX; i++)
		if (web.peers[i] == c)
			web.peers[i] = NULL;
	STAILQ_FOREACH (w, &web.told, link)
		w->from = w->from == c ? NULL : w->from;
	STAILQ_FOREACH (w, &web.syncing, link)
		w->from = w->from == c ? NULL : w->from;
	STAILQ_FOREACH (w, &web.waiting, link)
		w->from = w->from == c ? NULL : w->from;
}

static void
block_put(struct chan *c, const struct link_block *l, bool blocked)
{
	web_block_put(c, &(struct web_block){
			     .kind = l->kind, .value = span_str(l->value), .blocked = blocked });
}

static bool
block_send(void *chan, const struct link_block *l)
{
	block_put(chan, l, true);
	return true;
}

/* Without their end trackd-web answers no click: better late than to where somebody is robbed. */
static void
connected(void *ctx, unsigned instance, int fd)
{
	struct bouncd *b = ctx;
	struct chan *c = chan_new(fd, "trackd-web", QUEUE_BYTES, on_web, on_web_gone, b);
	struct err err;
	unsigned i = 0;

	chan_answers(c);
	(void)instance;
	while (i < WEBS_MAX && web.peers[i] != NULL)
		i++;
	if (i == WEBS_MAX) {
		chan_bad(c, "too many of trackd-web");
		return;
	}
	web.peers[i] = c;
	chan_hold(c, disk_busy());
	if (links_each(b->links, block_send, c, &err) == -1)
		log_error("links-not-told", "why=\"%s\"", err.text);
	else
		web_blocks_end_put(c);
}

void
web_pause(bool pause)
{
	for (unsigned i = 0; i < WEBS_MAX; i++)
		if (web.peers[i] != NULL)
			chan_hold(web.peers[i], pause);
}

void
web_tell_block(const struct link_block *l, bool blocked)
{
	for (unsigned i = 0; i < WEBS_MAX; i++)
		if (web.peers[i] != NULL)
			block_put(web.peers[i], l, blocked);
}

void
web_start(struct bouncd *b)
{
	buf_init(&web.events, EVENTS_BYTES);
	role_on_peer(b->role, ROLE_WEB, connected, b);
	loop_at_turn_end(on_turn_end, b);
}
