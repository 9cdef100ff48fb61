/* trackd-web: answers tracking links over plain HTTP; a proxy in front speaks TLS.
 *
 * listener.c accepts, server.c decides who may stay, connection.c reads, answers and waits, exchange.c takes a request out:
 * http.c and http_body.c read it, client.c says whose it is, answer.c checks the token, writes the event and says where to
 * go, http_answer.c writes that down. networks.c holds what one network may take.
 * It touches no file; its event file is append-only. */
#include "answer.h"
#include "listener.h"
#include "role.h"
#include "sandbox.h"
#include "../trackd_conf.h"

int
main(int argc, char **argv)
{
	struct role *role = role_start(ROLE_WEB, argc, argv);
	const struct conf *conf = role_conf(role, &web_table);

	answer_start(role, conf);
	listener_start(role, conf);
	sandbox_enter(role);
	return role_run(role);
}
