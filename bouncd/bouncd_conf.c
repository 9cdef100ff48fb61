#include "bouncd_conf.h"
#include "dead.h"
#include "verdict.h"

static const struct conf_setting provider_settings[] = {
	{ .name = "mx",
	    .type = CONF_GLOB,
	    .list = true,
	    .help = "Host names of this provider's servers." },
	{ .name = "match",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "Words that only this provider's replies have." },
	{ 0 },
};

static const struct conf_setting rule_settings[] = {
	{ .name = "provider", .type = CONF_STRING, .help = "Only replies of this provider." },
	{ .name = "code", .type = CONF_STRING, .help = "Reply code: 550, 55x, 5xx." },
	{ .name = "status", .type = CONF_STRING, .help = "Enhanced status: 5.1.1, 5.1.*, *.7.1." },
	{ .name = "match",
	    .type = CONF_REGEX,
	    .list = true,
	    .help = "The reply's words match one of these patterns, without regard to case." },
	{ .name = "but-not", .type = CONF_REGEX, .list = true, .help = "and none of these." },
	{ .name = "rank",
	    .type = CONF_NUMBER,
	    .def = "5",
	    .min = 1,
	    .max = 9,
	    .help = "The higher rank wins before all else." },
	{ .name = "class",
	    .type = CONF_CHOICE,
	    .choices = "hard soft",
	    .help = "soft: whatever the digits say. hard: its words alone say who is dead. Unset: "
		    "by category, code and words." },
	{ .name = "category",
	    .type = CONF_CHOICE,
	    .choices = category_choices,
	    .required = true,
	    .help = "Why." },
	{ .name = "advice",
	    .type = CONF_CHOICE,
	    .choices = advice_choices,
	    .help = "What to do. Unset: by class and category." },
	{ .name = "retry",
	    .type = CONF_DURATION,
	    .max = 7 * 86400,
	    .help = "With advice retry-later: how much later." },
	{ .name = "fix", .type = CONF_STRING, .help = "With advice fix: what, in one word." },
	{ .name = "example",
	    .type = CONF_STRING,
	    .list = true,
	    .required = true,
	    .help = "A reply this rule must win, checked at load." },
	{ .name = "source", .type = CONF_STRING, .help = "Where the meaning is documented." },
	{ 0 },
};

static const struct conf_setting mask_settings[] = {
	{ .name = "match",
	    .type = CONF_REGEX,
	    .list = true,
	    .required = true,
	    .help = "What stands where a recipient's name does; \\K begins it." },
	{ .name = "example",
	    .type = CONF_STRING,
	    .list = true,
	    .required = true,
	    .help = "A reply with such a name, checked at load." },
	{ 0 },
};

static const struct conf_table mask_table = {
	.name = "mask",
	.named = true,
	.help = "Which words of a reply are a name.",
	.settings = mask_settings,
};

static const struct conf_table provider_table = {
	.name = "provider",
	.named = true,
	.help = "Whose replies these are.",
	.settings = provider_settings,
};

static const struct conf_table rule_table = {
	.name = "rule",
	.named = true,
	.help = "What a reply means.",
	.settings = rule_settings,
};

static const struct conf_setting no_settings[] = { { 0 } };
static const struct conf_table *const top_blocks[] = { &provider_table, &rule_table, &mask_table,
	&dead_table, &doubt_table, NULL };

const struct conf_table bounces_conf = {
	.help = "What providers' replies mean.",
	.settings = no_settings,
	.blocks = top_blocks,
};
