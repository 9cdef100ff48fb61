#include "observe.h"
#include "buf.h"
#include "flat.h"

#include <stddef.h>

enum { DAY_MS = 86400 * 1000, RECIPIENTS_MAX = 1000000, TEXT_BYTES = 4096 };

struct facts {
	struct span event, id, message, rcpt, recipient, tenant, campaign, from, message_id, class,
	    category, provider, source, site, rcpts, late, repeat, machine, kind, was;
};

/* The keys that count, by their first letters quick to tell apart. */
static const struct {
	const char *key;
	size_t at;
} keys[] = {
	{ "event", offsetof(struct facts, event) },
	{ "id", offsetof(struct facts, id) },
	{ "message", offsetof(struct facts, message) },
	{ "rcpt", offsetof(struct facts, rcpt) },
	{ "recipient", offsetof(struct facts, recipient) },
	{ "tenant", offsetof(struct facts, tenant) },
	{ "campaign", offsetof(struct facts, campaign) },
	{ "from", offsetof(struct facts, from) },
	{ "message_id", offsetof(struct facts, message_id) },
	{ "class", offsetof(struct facts, class) },
	{ "category", offsetof(struct facts, category) },
	{ "provider", offsetof(struct facts, provider) },
	{ "source", offsetof(struct facts, source) },
	{ "site", offsetof(struct facts, site) },
	{ "recipients", offsetof(struct facts, rcpts) },
	{ "late", offsetof(struct facts, late) },
	{ "repeat", offsetof(struct facts, repeat) },
	{ "machine", offsetof(struct facts, machine) },
	{ "kind", offsetof(struct facts, kind) },
	{ "was", offsetof(struct facts, was) },
};

static void
facts_read(struct span line, struct facts *f)
{
	struct span k, v;

	*f = (struct facts){ .event = { NULL, 0 } };
	while (flat_next(&line, &k, &v))
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (k.p[0] == keys[i].key[0] && span_is(k, keys[i].key)) {
				*(struct span *)(void *)((char *)f + keys[i].at) = v;
				break;
			}
}

/* As it was before JSON: mostly it has nothing to resolve. */
static struct span
plain(struct span raw, struct buf *scratch)
{
	size_t at = scratch->n;

	if (span_find(raw, '\\') < 0)
		return raw;
	(void)buf_room(scratch, raw.n);
	flat_unescape(raw, scratch);
	return span_of(scratch->p + at, scratch->n - at);
}

/* What happened to deliveries, in one table: the file that may say so, the total, and the share. */
static const struct kind {
	const char *event;
	enum event_file file;
	int count, share; /* -1: none */
	bool is_end;
} kinds[] = {
	{ "received", FILE_QUEUED, COUNT_RECEIVED, -1, false },
	{ "delivered", FILE_QUEUED, COUNT_DELIVERED, SHARE_DELIVERED, true },
	{ "deferred", FILE_QUEUED, COUNT_DEFERRED, SHARE_DEFERRED, false },
	{ "bounced", FILE_QUEUED, COUNT_BOUNCED_SOFT, SHARE_SOFT, true },
	{ "expired", FILE_QUEUED, COUNT_EXPIRED, SHARE_SOFT, true },
	{ "suppressed", FILE_QUEUED, COUNT_SUPPRESSED, -1, true },
	{ "dropped", FILE_QUEUED, COUNT_DROPPED, -1, true },
	{ "opened", FILE_WEB, COUNT_OPENED, -1, false },
	{ "clicked", FILE_WEB, COUNT_CLICKED, -1, false },
	{ "bounced", FILE_BOUNCD, COUNT_LATE_SOFT, SHARE_LATE, false },
	{ "complaint", FILE_BOUNCD, COUNT_COMPLAINT, SHARE_COMPLAINT, false },
	{ "unsubscribed", FILE_BOUNCD, COUNT_UNSUBSCRIBED, -1, false },
	{ "autoreply", FILE_BOUNCD, COUNT_AUTOREPLY, -1, false },
	{ "reply", FILE_BOUNCD, COUNT_REPLY, -1, false },
	{ "returned", FILE_BOUNCD, COUNT_RETURNED, -1, false },
};

static const struct kind *
kind_of_event(enum event_file file, struct span event)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].file == file && span_is(event, kinds[i].event))
			return &kinds[i];
	return NULL;
}

/* ---- the index ---- */

static void
message_keep(struct deliveries *d, const struct facts *f, struct id message, struct buf *scratch)
{
	struct delivered_message m = { .id = message,
		.tenant = f->tenant,
		.campaign = plain(f->campaign, scratch),
		.from = plain(f->from, scratch),
		.message_id = plain(f->message_id, scratch) };

	deliveries_message_put(d, &m);
}

static void
end_keep(struct deliveries *d, const struct facts *f, struct id message, struct id event,
    struct buf *scratch)
{
	struct delivered_end e = { .message = message,
		.event = event,
		.ended = f->event,
		.recipient = plain(f->recipient, scratch),
		.source = f->source,
		.site = f->site };
	uint64_t index;

	if (span_u64(f->rcpt, UINT32_MAX - 1, &index) == -1)
		return;
	e.index = (uint32_t)index;
	deliveries_end_put(d, &e);
}

/* ---- the counters ---- */

static void
share_count(struct counters *c, const struct facts *f, uint32_t day, enum share share)
{
	char both[512];
	struct buf name = { .p = both, .cap = sizeof(both), .max = sizeof(both) };

	buf_span(&name, span_first(f->tenant, 200));
	buf_byte(&name, '/');
	buf_span(&name, span_first(f->campaign, 200));
	counters_share(c, day, BY_TENANT, f->tenant, share);
	if (f->campaign.n > 0)
		counters_share(c, day, BY_CAMPAIGN, buf_all(&name), share);
	if (f->site.n > 0)
		counters_share(c, day, BY_SITE, f->site, share);
	if (f->source.n > 0)
		counters_share(c, day, BY_SOURCE, f->source, share);
	if (share == SHARE_DELIVERED) /* its provider is its site's, when it is asked for */
		return;
	counters_share(c, day, BY_PROVIDER, f->provider, share);
	if (f->category.n > 0)
		counters_share(c, day, BY_CATEGORY, f->category, share);
	counters_site_is(c, f->site, f->provider);
}

/* What of the opens or clicks is a machine's: no: neither. */
static void
machine_count(
    struct counters *c, const struct facts *f, struct span kind, struct span machine, int n)
{
	bool open = span_is(kind, "opened");

	if (!open && !span_is(kind, "clicked"))
		return;
	if (span_is(machine, "yes"))
		counters_add(c, f->tenant, f->campaign,
		    open ? COUNT_OPENED_MACHINE : COUNT_CLICKED_MACHINE, n);
	else if (span_is(machine, "unsure"))
		counters_add(c, f->tenant, f->campaign,
		    open ? COUNT_OPENED_UNSURE : COUNT_CLICKED_UNSURE, n);
}

/* A later visit showed an earlier one in another light: it moves. */
static void
revised_count(struct counters *c, const struct facts *f)
{
	machine_count(c, f, f->kind, f->was, -1);
	machine_count(c, f, f->kind, f->machine, 1);
}

static void
event_count(struct counters *c, const struct kind *k, const struct facts *f, uint32_t day)
{
	bool hard = span_is(f->class, "hard");
	int count = k->count, share = k->share;
	uint64_t n = 1;

	if (hard && count == COUNT_BOUNCED_SOFT)
		count = COUNT_BOUNCED_HARD;
	if (hard && count == COUNT_LATE_SOFT)
		count = COUNT_LATE_HARD;
	if (hard && share == SHARE_SOFT && k->count == COUNT_BOUNCED_SOFT)
		share = SHARE_HARD;
	if (count == COUNT_RECEIVED) /* an acceptance stands for its recipients */
		(void)span_u64(f->rcpts, RECIPIENTS_MAX, &n);
	counters_add(c, f->tenant, f->campaign, (enum count)count, (int64_t)n);
	if (k->file == FILE_WEB)
		machine_count(c, f, f->event, f->machine, 1);
	if (share >= 0 && f->tenant.n > 0)
		share_count(c, f, day, (enum share)share);
}

/* What the index keeps of it. */
static void
index_line(struct deliveries *d, const struct kind *k, const struct facts *f, struct id event)
{
	static struct buf scratch = { .max = TEXT_BYTES };
	struct id message;

	if (id_parse(f->message, &message) == -1 || f->tenant.n == 0)
		return;
	buf_reset(&scratch);
	if (k->count == COUNT_RECEIVED)
		message_keep(d, f, message, &scratch);
	else if (k->is_end)
		end_keep(d, f, message, event, &scratch);
}

/* Half a line, of a full disk or a crash, is none. */
static bool
is_whole(struct span line)
{
	return line.n > 0 && line.p[line.n - 1] == '}';
}

void
observe_again(struct deliveries *d, enum event_file file, struct span line)
{
	const struct kind *k;
	struct facts f;
	struct id event;

	if (!is_whole(line))
		return;
	facts_read(line, &f);
	k = kind_of_event(file, f.event);
	if (k != NULL && id_parse(f.id, &event) == 0 && !span_is(f.repeat, "true"))
		index_line(d, k, &f, event);
}

void
observe_line(struct counters *c, struct deliveries *d, enum event_file file, struct span line)
{
	char campaign[256];
	struct id message, event;
	const struct kind *k;
	struct facts f;

	if (!is_whole(line))
		return;
	facts_read(line, &f);
	k = kind_of_event(file, f.event);
	if (file == FILE_WEB && span_is(f.event, "revised")) {
		revised_count(c, &f);
		return;
	}
	if (k == NULL || id_parse(f.id, &event) == -1 || span_is(f.repeat, "true"))
		return;
	index_line(d, k, &f, event);
	if (f.campaign.n == 0 && file != FILE_QUEUED && id_parse(f.message, &message) == 0)
		f.campaign = deliveries_campaign(d, message, campaign);
	event_count(c, k, &f, (uint32_t)(id_time_ms(event) / DAY_MS));
}
