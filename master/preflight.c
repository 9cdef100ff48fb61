#include "preflight.h"

/* A file that is empty, or whose blocks were all commented out, is hardly what was meant. */
static void
listener_check(struct conf *conf)
{
	const struct conf_block *top = conf_top(conf);

	if (conf_first(top, "listener") == NULL && conf_first(top, "tracking") == NULL)
		conf_complain(conf, top, NULL,
		    "there is no listener, so no mail can come in; write, for example: "
		    "listener main { address 127.0.0.1:25 }");
}

void
preflight(struct conf *conf, enum preflight how, const char *libexec)
{
	listener_check(conf);
	preflight_keys(conf, how);
	preflight_net(conf, how);
	if (how == PREFLIGHT_CHECK)
		preflight_files(conf, libexec);
}
