#include "follow.h"
#include "flat.h"
#include "log.h"
#include "loop.h"
#include "sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum { STEP_MS = 1000, STEP_BYTES = 4 * 1024 * 1024 };

const char *const follow_files[3] = { "queued.jsonl", "trackd-web.jsonl", "bouncd.jsonl" };

/* Which event counts as what; from which file it is believed (index of follow_files, or -1: queued or bouncd). */
static const struct {
	const char *event;
	int file;
	enum count count;
} kinds[] = {
	{ "received", 0, COUNT_RECEIVED },
	{ "delivered", 0, COUNT_DELIVERED },
	{ "deferred", 0, COUNT_DEFERRED },
	{ "bounced", -1, COUNT_BOUNCED_SOFT }, /* or hard, by its class */
	{ "expired", 0, COUNT_EXPIRED },
	{ "suppressed", 0, COUNT_SUPPRESSED },
	{ "dropped", 0, COUNT_DROPPED },
	{ "opened", 1, COUNT_OPENED },
	{ "clicked", 1, COUNT_CLICKED },
	{ "complaint", 2, COUNT_COMPLAINT },
	{ "unsubscribed", 2, COUNT_UNSUBSCRIBED },
	{ "autoreply", 2, COUNT_AUTOREPLY },
};

static struct {
	struct counters *counters;
	int folder;
	int fds[3];
	struct buf bytes;
	struct timer *timer;
} follow;

struct counters *
follow_counters(void)
{
	return follow.counters;
}

int
follow_folder(void)
{
	return follow.folder;
}

struct facts_of_event {
	struct span event, tenant, campaign, message, class, rcpts;
};

static void
event_parse(struct span line, struct facts_of_event *f)
{
	struct span k, v;

	*f = (struct facts_of_event){ .event = { NULL, 0 } };
	while (flat_next(&line, &k, &v)) {
		struct span *to = span_is(k, "event")      ? &f->event
				  : span_is(k, "tenant")   ? &f->tenant
				  : span_is(k, "campaign") ? &f->campaign
				  : span_is(k, "message")  ? &f->message
				  : span_is(k, "class")    ? &f->class
				  : span_is(k, "recipients")    ? &f->rcpts
							   : NULL;

		if (to != NULL)
			*to = v;
	}
}

static void
event_count(int file, struct span line)
{
	struct facts_of_event f;

	event_parse(line, &f);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		enum count count = kinds[i].count;
		uint64_t n = 1;

		if (!span_is(f.event, kinds[i].event))
			continue;
		if (kinds[i].file != file && !(kinds[i].file == -1 && file != 1))
			return;
		if (count == COUNT_BOUNCED_SOFT && span_is(f.class, "hard"))
			count = COUNT_BOUNCED_HARD;
		if (count == COUNT_RECEIVED && f.campaign.n > 0)
			counters_campaign_put(follow.counters, f.message, f.campaign);
		if (count == COUNT_RECEIVED) /* an acceptance stands for its recipients */
			(void)span_u64(f.rcpts, 1000000, &n);
		if (f.campaign.n == 0)
			f.campaign = counters_campaign(follow.counters, f.message);
		counters_add(follow.counters, f.tenant, f.campaign, count, n);
		return;
	}
}

/* Whole lines only; the rest is read again next time. Returns the bytes used. */
static size_t
lines_count(int file, struct span bytes)
{
	size_t used = 0;
	ptrdiff_t end;

	while ((end = span_find(span_from(bytes, used), '\n')) >= 0) {
		event_count(file, span_first(span_from(bytes, used), (size_t)end));
		used += (size_t)end + 1;
	}
	return used;
}

/* Opens the file; a new inode under the name starts at its beginning. */
static bool
file_open(int file, uint64_t *offset)
{
	uint64_t inode;
	struct stat st;

	if (follow.fds[file] == -1)
		follow.fds[file] = openat(follow.folder, follow_files[file], O_RDONLY | O_CLOEXEC);
	if (follow.fds[file] == -1 || fstat(follow.fds[file], &st) == -1)
		return false;
	counters_place(follow.counters, follow_files[file], &inode, offset);
	if (inode != st.st_ino || *offset > (uint64_t)st.st_size) {
		*offset = 0;
		counters_place_put(follow.counters, follow_files[file], st.st_ino, 0);
	}
	return *offset < (uint64_t)st.st_size;
}

static bool
file_step(int file)
{
	uint64_t inode, offset;
	size_t used;
	ssize_t n;

	if (!file_open(file, &offset))
		return false;
	buf_reset(&follow.bytes);
	n = pread(follow.fds[file], buf_room(&follow.bytes, STEP_BYTES), STEP_BYTES, (off_t)offset);
	if (n <= 0)
		return false;
	used = lines_count(file, span_of(follow.bytes.p, (size_t)n));
	counters_place(follow.counters, follow_files[file], &inode, &offset);
	counters_place_put(follow.counters, follow_files[file], inode, offset + used);
	return used > 0 && n == STEP_BYTES;
}

/* Whether anything grew since: without it no transaction is begun, so a relay at rest writes nothing. */
static bool
any_growth(void)
{
	static off_t seen[3];
	bool grown = false;

	for (int i = 0; i < 3; i++) {
		struct stat st;

		if (follow.fds[i] == -1)
			follow.fds[i] =
			    openat(follow.folder, follow_files[i], O_RDONLY | O_CLOEXEC);
		if (follow.fds[i] == -1 || fstat(follow.fds[i], &st) == -1 || st.st_size == seen[i])
			continue;
		seen[i] = st.st_size;
		grown = true;
	}
	return grown;
}

static bool
step(void)
{
	struct err err;
	bool more = false;

	if (counters_begin(follow.counters, &err) == -1) {
		log_error("stats-stopped", "why=\"%s\"", err.text);
		return false;
	}
	for (int i = 0; i < 3; i++)
		more |= file_step(i);
	if (counters_commit(follow.counters, &err) == -1)
		log_error("stats-not-kept", "why=\"%s\"", err.text);
	return more;
}

void
follow_now(void)
{
	if (any_growth())
		while (step())
			;
}

static void
on_timer(void *unused)
{
	bool more = any_growth() && step();

	(void)unused;
	timer_set_ms(follow.timer, more ? 0 : STEP_MS);
}

void
follow_start(struct role *role)
{
	struct span path = role_secret(role, "stats-path");
	struct err err;

	follow.folder = role_fd(role, "events-dir");
	sandbox_keep_folder(follow.folder);
	follow.counters = counters_open(path.p == NULL ? "" : path.p, &err);
	if (follow.counters == NULL)
		role_fail(role, EX_CANTCREAT, "%s", err.text);
	memset(follow.fds, -1, sizeof(follow.fds));
	buf_init(&follow.bytes, STEP_BYTES);
	follow.timer = timer_new(on_timer, NULL);
	timer_set_ms(follow.timer, 0);
}
