/* smtpd: takes mail from the network. One worker a core.
 *
 * Clients talk to it in SMTP; it asks smtpd-auth about logins, asks queued what only queued knows, and hands queued each
 * message. It says 250 when queued says that the message is on disk. It can reach no file; a large message goes into a
 * descriptor that queued opened.
 *
 * Read session.c (what is awaited, and the driver), mail_rcpt.c and content.c (a transaction), policy.c (who may), data.c
 * (line ends and dots), submit_client.c (the way to queued). smtpd-auth is in auth/. */
#include "auth_client.h"
#include "listener.h"
#include "role.h"
#include "sandbox.h"
#include "smtpd_conf.h"
#include "submit_client.h"
#include "worker.h"

#include <sys/resource.h>

/* Thousands of sessions a worker: as many descriptors as we may have. */
static void
descriptors_raise(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_SMTPD, argc, argv);
	const struct conf *conf = role_conf(role, &smtpd_table);
	struct worker *worker = worker_new(role, conf);

	descriptors_raise();
	listeners_adopt(worker, conf); /* and the last to see a key */
	role_on_peer(role, ROLE_QUEUED, submit_connected, worker->submit);
	role_on_peer(role, ROLE_AUTH, auth_client_connected, worker->auth);
	role_on_stop(role, worker_stop, worker);
	sandbox_enter(role);
	return role_run(role);
}
