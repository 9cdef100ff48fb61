/* The tables of etc/visitors.conf. */
#include "visitors.h"

static const struct conf_setting network_settings[] = {
	{ .name = "address",
	    .type = CONF_NETWORK,
	    .list = true,
	    .required = true,
	    .help = "Networks that belong to it." },
	{ .name = "source",
	    .type = CONF_STRING,
	    .required = true,
	    .help = "Where they are published." },
	{ 0 },
};

static const struct conf_setting rule_settings[] = {
	{ .name = "kind",
	    .type = CONF_CHOICE,
	    .choices = "open click unsubscribe trap",
	    .list = true,
	    .help = "Only visits of these kinds." },
	{ .name = "method",
	    .type = CONF_CHOICE,
	    .choices = "get head post",
	    .help = "Only requests of this method." },
	{ .name = "agent",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "The agent matches one of these patterns, without regard to case." },
	{ .name = "but-not", .type = CONF_REGEX, .list = true, .help = "and none of these." },
	{ .name = "purpose",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "The value of Sec-Purpose, Purpose, X-Purpose or X-Moz matches one of these." },
	{ .name = "from",
	    .type = CONF_STRING,
	    .list = true,
	    .help = "The client is in one of these network blocks." },
	{ .name = "language",
	    .type = CONF_CHOICE,
	    .choices = "none",
	    .help = "none: it asks for a page as browsers do, but names no language." },
	{ .name = "sooner-than",
	    .type = CONF_DURATION,
	    .min = 1,
	    .help = "It comes less than this after the mail was handed to its server." },
	{ .name = "later-than",
	    .type = CONF_DURATION,
	    .min = 1,
	    .help = "It comes this long after that, or later." },
	{ .name = "links",
	    .type = CONF_NUMBER,
	    .min = 2,
	    .max = VISIT_LINKS_MAX + 1,
	    .help = "With this one, so many different links of the mail were followed within "
		    "span." },
	{ .name = "follows",
	    .type = CONF_STRING,
	    .list = true,
	    .help = "One of these rules decided a visit of the same visitor to the same mail "
		    "within span." },
	{ .name = "span",
	    .type = CONF_DURATION,
	    .min = 1,
	    .max = 3600,
	    .help = "The time that links and follows look back." },
	{ .name = "rank",
	    .type = CONF_NUMBER,
	    .def = "5",
	    .min = 1,
	    .max = 9,
	    .help = "The higher rank decides; of one rank the first in the file." },
	{ .name = "machine",
	    .type = CONF_CHOICE,
	    .choices = "no unsure yes",
	    .required = true,
	    .help = "What such a visit is." },
	{ .name = "reason",
	    .type = CONF_STRING,
	    .help = "The word events give for it; the rule's name where unset." },
	{ .name = "back",
	    .type = CONF_DURATION,
	    .max = 3600,
	    .help = "Earlier visits of the same visitor to the same mail are revised so far back, "
		    "and within span all visits to its links." },
	{ .name = "example",
	    .type = CONF_STRING,
	    .list = true,
	    .required = true,
	    .help = "A visit this rule must decide, checked at load." },
	{ .name = "source", .type = CONF_STRING, .help = "Where such visitors are described." },
	{ 0 },
};

static const struct conf_table network_table = {
	.name = "network",
	.named = true,
	.help = "Whose addresses these are.",
	.settings = network_settings,
};

static const struct conf_table rule_table = {
	.name = "rule",
	.named = true,
	.help = "Which visits these are, and whose.",
	.settings = rule_settings,
};

static const struct conf_setting no_settings[] = { { 0 } };
static const struct conf_table *const top_blocks[] = { &network_table, &rule_table, NULL };

const struct conf_table visitors_conf = {
	.help = "Which visits are a machine's.",
	.settings = no_settings,
	.blocks = top_blocks,
};
