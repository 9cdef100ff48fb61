#include "databases.h"
#include "event_file.h"
#include "lmdb_check.h"
#include "log.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	CHECK_MS = 20 * 1000, /* a large index on a slow disk: what lies behind is tried */
	EVENT_BYTES = 4096,
};

/* What is damaged can be rebuilt: it is kept aside, and the event files are read anew. */
static void
aside(struct role *role, const char *file, const char *why)
{
	struct event_file events;
	struct buf line;
	struct err err;

	log_error("set-aside", "file=stats/%s kept=%s.damaged why=\"%s\"", file, file, why);
	if (lmdb_set_aside(file, &err) == -1)
		role_fail(role, EX_CANTCREAT, "%s", err.text);
	buf_init(&line, EVENT_BYTES);
	lmdb_event_put(&line, file, why);
	event_file_open(&events, role_fd(role, "events"), role_fd(role, "events-read"));
	if (event_file_append(&events, buf_all(&line)) == -1)
		log_error("events-not-written", "why=\"%s\"", strerror(errno));
	buf_free(&line);
}

static void
look_at(struct role *role, const char *file, const char *lock)
{
	struct err why = { "" };

	if (lmdb_check(file, CHECK_MS, &why) == LMDB_DAMAGED)
		aside(role, file, why.text);
	if (unlink(lock) == -1 && errno != ENOENT) /* one process has it: nobody's lock is in it */
		log_warn("not-removed", "file=%s why=\"%s\"", lock, strerror(errno));
}

struct counters *
databases_counters(struct role *role)
{
	struct counters *c;
	struct err err;

	look_at(role, "data.mdb", "lock.mdb");
	if ((c = counters_open(".", &err)) != NULL)
		return c;
	aside(role, "data.mdb", err.text);
	if ((c = counters_open(".", &err)) == NULL)
		role_fail(role, EX_CANTCREAT, "%s", err.text);
	return c;
}

struct deliveries *
databases_deliveries(struct role *role, uint64_t bytes, uint64_t age_s)
{
	struct deliveries *d;
	struct err err;

	look_at(role, "deliveries.mdb", "deliveries.mdb-lock");
	if ((d = deliveries_open(".", bytes, age_s, &err)) != NULL)
		return d;
	aside(role, "deliveries.mdb", err.text);
	if ((d = deliveries_open(".", bytes, age_s, &err)) == NULL)
		role_fail(role, EX_CANTCREAT, "%s", err.text);
	return d;
}
