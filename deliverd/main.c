/* deliverd: hands mail to servers. One worker a core.
 *
 * queued opens sessions on it and feeds each transactions; it answers with one result a recipient and keeps that until queued
 * says that it is durable. It talks to the network and to queued, and can reach no file.
 *
 * Read worker.c (what queued says), session.c (the states of a dialogue), greet.c and dialogue.c (what replies mean),
 * wire.c (bytes in and out). Where mail goes is found by deliverd-resolve, in resolve/. */
#include "deliverd_conf.h"
#include "log.h"
#include "role.h"
#include "sandbox.h"
#include "worker.h"

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_DELIVERD, argc, argv);
	struct delivery conf;
	struct worker *worker;
	struct tls *tls;
	struct err err;

	delivery_read(role_conf(role, &deliverd_table), &conf);
	tls = tls_new(conf.ca_file, &err); /* the last to see a file */
	if (err.text[0] != '\0')
		log_warn("tls", "why=\"%s\"", err.text);
	worker = worker_new(role, &conf, tls);
	role_on_peer(role, ROLE_QUEUED, worker_queued, worker);
	role_on_stop(role, worker_stop, worker);
	sandbox_enter(role);
	return role_run(role);
}
