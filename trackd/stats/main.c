/* trackd-stats: the numbers: counts events, finds a message's events, and knows which delivery was which.
 *
 * It reads the event files (follow.c, observe.c) and keeps counters (counters.c) and an index of the last days'
 * deliveries (deliveries.c) in LMDB; both can be rebuilt by removing the databases. posthouse stats, bounces and trace
 * ask it (verbs.c), and bouncd does about mail that came back (lookup.c). */
#include "follow.h"
#include "lookup.h"
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
	struct conf *conf;

	conf = role_conf(role, &stats_table);
	follow_open(role, stats_index_bytes(conf), stats_index_age_s(conf));
	verbs_serve(role);
	lookup_serve(role);
	role_on_reload(role, reload_prepare, reload_done, reload_done, NULL);
	sandbox_enter(role);
	follow_run();
	return role_run(role);
}
