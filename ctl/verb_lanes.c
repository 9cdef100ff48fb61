#include "listing.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
	{ "site", NULL, COLUMN_TEXT },
	{ "source", NULL, COLUMN_TEXT },
	{ "limits", NULL, COLUMN_TEXT },
	{ "state", NULL, COLUMN_TEXT },
	{ "minute", "TAKEN/MIN", COLUMN_NUMBER },
	{ "rate_per_minute", "HELD TO", COLUMN_NUMBER },
	{ "share", "SHARE/1000", COLUMN_NUMBER },
	{ "waiting", NULL, COLUMN_NUMBER },
	{ "connections", NULL, COLUMN_NUMBER },
	{ "connections_max", "MOST", COLUMN_NUMBER },
	{ "delivered", NULL, COLUMN_NUMBER },
	{ "deferred", NULL, COLUMN_NUMBER },
	{ "bounced", NULL, COLUMN_NUMBER },
	{ "held_by", "HELD BY", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

struct args {
	const char *site, *reason;
};

static const struct opt opts[] = {
	{ "site", 's', OPT_TEXT, offsetof(struct args, site), "NAME", "of this site" },
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, reason), "TEXT",
	    "why it is released, for the event" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* As configured again: cuts, suspensions and back-off forgotten. */
static int
release(struct ctl *c, const char *site, const char *reason)
{
	struct ask *a = ask(c, "queued", ASK_OPS,
	    json_pack("{ssssss*}", "verb", "lane-release", "site", site, "reason", reason));
	int exit_code = ask_end(a);

	if (exit_code == 0 && !c->json)
		printf("The lanes to %s go as configured.\n", site);
	return exit_code;
}

static int
lanes(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns,
		"No mail was on its way to anywhere yet." };
	struct args args = { NULL, NULL };
	int n = verb_words(c, v, &args, argc, argv, 0, 2);

	if (n == 2 && strcmp(argv[0], "release") == 0)
		return release(c, argv[1], args.reason);
	if (n > 0)
		return ctl_fail(2, "lanes is followed by nothing, or by release SITE");
	return listing_show(c,
	    ask(c, "queued", ASK_VIEW, json_pack("{ssss*}", "verb", "lanes", "site", args.site)),
	    &listing);
}

const struct verb verb_lanes = { .name = "lanes",
	.words = "[--site NAME] | release SITE [--reason TEXT]",
	.help = "Show each pair of source and site: how it does, and what holds it; release one.",
	.opts = opts,
	.run = lanes };
