/* What bouncd reads of posthouse.conf(5). */
#include "bouncd_conf.h"
#include "house_conf.h"

static const struct conf_setting suppress_for_settings[] = {
	{ .name = "hard-bounce",
	    .type = CONF_DURATION,
	    .def = "0s",
	    .help = "A server said that the address will never work; 0 for ever." },
	{ .name = "soft-bounces",
	    .type = CONF_DURATION,
	    .def = "30d",
	    .help = "Too many soft results over days; 0 for ever." },
	{ .name = "complaint",
	    .type = CONF_DURATION,
	    .def = "0s",
	    .help = "The recipient called a mail spam; 0 for ever." },
	{ .name = "unsubscribed",
	    .type = CONF_DURATION,
	    .def = "0s",
	    .help = "The recipient unsubscribed; 0 for ever." },
	{ .name = "by-hand",
	    .type = CONF_DURATION,
	    .def = "0s",
	    .help = "An operator added it without saying until when; 0 for ever." },
	{ .name = "imported",
	    .type = CONF_DURATION,
	    .def = "0s",
	    .help = "A file that was imported did not say until when; 0 for ever." },
	{ .name = NULL },
};

static const struct conf_table suppress_for_table = {
	.name = "suppress-for",
	.single = true,
	.help = "How long an entry of the suppression list holds, by its reason.",
	.settings = suppress_for_settings,
};

static const struct conf_setting bounces_settings[] = {
	{ .name = "rules",
	    .type = CONF_PATH,
	    .help = "File of rules that say what replies mean, posthouse-bounces(5); the shipped "
		    "ones where unset." },
	{ .name = "suppress-hard-after",
	    .type = CONF_NUMBER,
	    .def = "1",
	    .max = 1000,
	    .help = "How many hard results put an address on the tenant's suppression list; "
		    "two messages at least where the reply's words and its enhanced status "
		    "do not both say it; 0: none do." },
	{ .name = "suppress-soft-after",
	    .type = CONF_NUMBER,
	    .def = "5",
	    .max = 64,
	    .help = "On how many days of suppress-soft-over a soft result about the recipient "
		    "must have come to do the same; 0: never." },
	{ .name = "suppress-soft-over",
	    .type = CONF_DURATION,
	    .def = "14d",
	    .min = 86400,
	    .max = 64 * 86400,
	    .help = "The days that are looked at for suppress-soft-after." },
	{ .name = "suppression-store",
	    .type = CONF_CHOICE,
	    .choices = "plain hashed",
	    .def = "plain",
	    .restart = true,
	    .help = "hashed keeps no address of the suppression list, only a keyed hash; those "
		    "that are there lose theirs at the next start." },
	{ .name = "suppress-untokened",
	    .type = CONF_BOOL,
	    .def = "no",
	    .help =
		"Suppress also for what is tied to its delivery by Message-ID and address alone, "
		"which whoever got the mail can forge." },
	{ .name = "list-size",
	    .type = CONF_SIZE,
	    .def = "8G",
	    .min = 1 << 20,
	    .restart = true,
	    .help = "Most bytes the suppression list may take on disk." },
	{ .name = NULL },
};

static const struct conf_table *const bounces_blocks[] = { &suppress_for_table, NULL };

static const struct conf_table bounces_table = {
	.name = "bounces",
	.single = true,
	.help = "What is done about bounces.",
	.settings = bounces_settings,
	.blocks = bounces_blocks,
};

static const struct conf_table *const blocks[] = { &tenant_table, &bounces_table, NULL };

const struct conf_table bouncd_table = { .settings = house_settings, .blocks = blocks };
