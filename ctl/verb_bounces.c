/* bounces: what replies no rule knows, how often each rule decided. */
#include "bounces_rules.h"

static int
bounces(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	int exit_code = bounces_rules(c, argc - 1, argv + 1);

	if (exit_code != -1)
		return exit_code;
	verb_words(c, v, NULL, argc, argv, 0, 0);
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_bounces = { .name = "bounces",
	.words = "unknown [--limit N] [--forget] | rules [--unused]",
	.help = "Show which replies no rule knows, and how often each rule decided.",
	.run = bounces };
