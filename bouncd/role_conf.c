/* What bouncd reads of posthouse.conf(5). */
#include "bouncd_conf.h"
#include "house_conf.h"

static const struct conf_setting bounces_settings[] = {
	{ .name = "rules",
	    .type = CONF_PATH,
	    .help = "File of rules that say what replies mean, posthouse-bounces(5); the shipped "
		    "ones where unset." },
	{ .name = "suppress-hard",
	    .type = CONF_BOOL,
	    .def = "yes",
	    .help = "Put an address on the tenant's suppression list when a server says it will "
		    "never work." },
	{ .name = "suppress-for",
	    .type = CONF_DURATION,
	    .def = "0s",
	    .help = "How long a hard bounce suppresses; 0 for ever." },
	{ .name = "list-size",
	    .type = CONF_SIZE,
	    .def = "8G",
	    .min = 1 << 20,
	    .restart = true,
	    .help = "Most bytes the suppression list may take on disk." },
	{ .name = NULL },
};

static const struct conf_table bounces_table = {
	.name = "bounces",
	.single = true,
	.help = "What is done about bounces.",
	.settings = bounces_settings,
};

static const struct conf_table *const blocks[] = { &tenant_table, &bounces_table, NULL };

const struct conf_table bouncd_table = { .settings = house_settings, .blocks = blocks };
