/* trackd-stats: the numbers: counts events by tenant and campaign, and finds a message's events.
 *
 * It reads the event files (follow.c) and keeps counters (counters.c) in LMDB; both can be rebuilt by removing the
 * database. posthouse stats and posthouse trace ask it (verbs.c). */
#include "follow.h"
#include "role.h"
#include "sandbox.h"
#include "verbs.h"
#include "../trackd_conf.h"

/* Its folders stay as they are until a restart; nothing else of the configuration concerns it. */
static int
reload_prepare(void *ctx, struct conf *conf, struct err *err)
{
	(void)ctx;
	(void)err;
	conf_free(conf);
	return 0;
}

static void
reload_done(void *ctx)
{
	(void)ctx;
}

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_STATS, argc, argv);

	(void)role_conf(role, &stats_table);
	follow_start(role);
	verbs_serve(role);
	role_on_reload(role, reload_prepare, reload_done, reload_done, NULL);
	sandbox_enter(role);
	return role_run(role);
}
