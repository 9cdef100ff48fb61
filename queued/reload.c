#include "reload.h"
#include "course.h"
#include "domain.h"
#include "lane.h"
#include "log.h"
#include "loop.h"
#include "peer_smtpd.h"
#include "pool.h"
#include "queued.h"
#include "role.h"
#include "sender.h"
#include "site.h"
#include "storage.h"

enum { STOP_LEAST_MS = 100 };

/* The configuration that waits for COMMIT. */
static struct queued_conf *prepared;

static int
on_prepare(void *ctx, struct conf *conf, struct err *err)
{
	struct queued_conf *next = queued_conf_new(conf);
	struct queued *q = ctx;
	int keys;

	if (conf_errors(conf) != 0) {
		err_set(err, "%.*s", SPAN(conf_messages(conf)));
		queued_conf_drop(next);
		return -1;
	}
	keys = sender_keys_prepare(role_secret_fresh(q->role, "bounce-key"), err);
	if (keys == -1) {
		queued_conf_drop(next);
		return -1;
	}
	queued_conf_drop(prepared);
	prepared = next;
	return 0;
}

/* The old one stays as long as something points into it: lanes of a source that is no more, limits of a site that other blocks
 * hold now. */
static void
on_commit(void *ctx)
{
	struct queued *q = ctx;
	struct queued_conf *old = q->conf;

	if (prepared == NULL)
		return;
	q->conf = prepared;
	prepared = NULL;
	sender_keys_commit();
	messages_conf(&q->messages, q->conf);
	domains_conf(q->domains);
	sites_conf(q->sites);
	lanes_conf(q->lanes);
	course_conf(q);
	queued_conf_drop(old);
	log_info("reloaded", "routes=%zu sites=%zu configurations=%u", q->conf->routes.by_pattern.n,
	    q->conf->rules_n, queued_confs());
}

static void
on_abort(void *ctx)
{
	(void)ctx;
	queued_conf_drop(prepared);
	prepared = NULL;
}

static void
on_stopped(void *ctx, struct due *due)
{
	struct queued *q = ctx;

	(void)due;
	storage_stop(q);
}

/* Nothing new goes out; what workers still do, they keep for the next queued. */
static void
on_stop(void *ctx, unsigned deadline_s)
{
	static struct due due = { .fire = on_stopped };
	struct queued *q = ctx;

	(void)deadline_s;
	q->stopping = true;
	pool_stop(q->pool);
	peer_smtpd_state(q->smtpd, 421, SPAN_LIT("4.3.2 the service is stopping"));
	due.ctx = q;
	schedule_set(&q->schedule, &due, STOP_LEAST_MS + loop_now_ms());
}

void
reload_serve(struct queued *q)
{
	role_on_reload(q->role, on_prepare, on_commit, on_abort, q);
	role_on_stop(q->role, on_stop, q);
}
