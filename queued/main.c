/* queued: owns the queue. It takes in what smtpd received, keeps it safe, and sees each recipient to its end.
 *
 * Who talks to it: smtpd (mail in), deliverd (mail out), deliverd-resolve (where to), trackd-rewrite (what to send),
 * bouncd (what a reply means), and people over its control sockets. It may touch the spool and nothing else.
 *
 * Two halves. Storage, behind store.h: what is on disk. Delivery, read it in this order: intake.c (a message comes in), course.c
 * (what happens next to a recipient), domain.c and host_set.c (where to), site.c and lane.c (how fast), lane_hosts.c, pool.c and
 * session.c (who goes now),
 * settle.c, notice.c and final.c (how it ends). queued.h lists the parts. */
#include "queued.h"
#include "control_verbs.h"
#include "events.h"
#include "lane.h"
#include "loop.h"
#include "peer_bouncd.h"
#include "peer_deliverd.h"
#include "peer_resolve.h"
#include "peer_rewrite.h"
#include "peer_smtpd.h"
#include "pool.h"
#include "reload.h"
#include "role.h"
#include "sandbox.h"
#include "sender.h"
#include "site.h"
#include "storage.h"
#include "suppressed.h"
#include "tenants.h"

#include <sysexits.h>

static struct queued queued;

static void
parts_make(struct queued *q)
{
	schedule_init(&q->schedule);
	schedule_use_loop(&q->schedule);
	q->suppressed = suppressed_new();
	q->tenants = tenants_new(q);
	q->domains = domains_new(q);
	q->sites = sites_new(q);
	q->lanes = lanes_new(q);
	q->smtpd = peer_smtpd_new(q);
	q->resolve = peer_resolve_new(q);
	q->rewrite = peer_rewrite_new(q);
	q->bouncd = peer_bouncd_new(q);
	q->deliverd = peer_deliverd_new(q);
	q->pool = pool_new(q); /* its turn's end comes after those that wake lanes */
	q->events = events_new(q, role_fd(q->role, "events"),
	    role_fd(q->role, "events-read")); /* and what that led to is written */
}

int
main(int argc, char **argv)
{
	struct queued *q = &queued;
	struct err err;

	q->role = role_start(ROLE_QUEUED, argc, argv);
	q->conf = queued_conf_new(role_conf(q->role, &queued_table));
	if (conf_errors(q->conf->conf) != 0)
		role_fail(q->role, EX_CONFIG, "%.*s", SPAN(conf_messages(q->conf->conf)));
	if (sender_keys(role_secret(q->role, "bounce-key"), &err) == -1)
		role_fail(q->role, EX_CONFIG, "%s", err.text);
	parts_make(q);
	storage_open(q); /* locks the spool, replays the journal: what waits is known after this */
	control_verbs_serve(q);
	reload_serve(q);
	sandbox_enter(q->role);
	storage_start(q);
	return role_run(q->role);
}
