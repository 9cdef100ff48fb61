/* trackd-rewrite: puts tracking links, the open pixel and signatures into messages, each in a worker without a file.
 *
 * As a role: worker.h talks to queued and to trackd-sign. As a command: batch.h. What it does to a message: rewrite.h, and
 * from there scan.h, layout.h; for servers without 8BITMIME sevenbit.h. */
#include "batch.h"
#include "role.h"
#include "sandbox.h"
#include "worker.h"
#include "../trackd_conf.h"

int
main(int argc, char **argv)
{
	struct role *role;

	if (argc > 1)
		return rewrite_batch(argc, argv);
	role = role_start(ROLE_REWRITE, argc, argv);
	worker_start(role, role_conf(role, &rewrite_table));
	sandbox_enter(role);
	return role_run(role);
}
