/* smtpd: receives mail from the network. One worker a core, thousands of sessions each.
 *
 * It can reach no file: large messages go into drafts that queued opened; logins are checked by smtpd-auth. Read session.c
 * (the dialogue's states), mail_rcpt.c and policy.c (who may send what to whom), data.c and content.c (the message),
 * submit_client.c (what queued is told: 250 is said after its acknowledgement and not before). */
#include "auth_client.h"
#include "listener.h"
#include "role.h"
#include "sandbox.h"
#include "submit_client.h"
#include "worker.h"

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_SMTPD, argc, argv);
	struct conf *conf = role_conf(role, &smtpd_table);
	struct worker *worker = worker_new(role, conf);

	listeners_adopt(worker, conf); /* the last to see a key */
	role_on_peer(role, ROLE_QUEUED, submit_connected, worker->submit);
	role_on_peer(role, ROLE_AUTH, auth_client_connected, worker->auth);
	role_on_stop(role, worker_stop, worker);
	sandbox_enter(role);
	return role_run(role);
}
