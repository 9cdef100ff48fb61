#include "listing.h"
#include "verb.h"

static const struct column columns[] = {
	{ "site", NULL, false },
	{ "source", NULL, false },
	{ "state", NULL, false },
	{ "rate|rate_s", "RATE/S", true },
	{ "waiting", NULL, true },
	{ "sessions|connections", "SESSIONS", true },
	{ "limit|connections_max", "LIMIT", true },
	{ "delivered", NULL, true },
	{ "deferred", NULL, true },
	{ "bounced", NULL, true },
	{ "held_by|place", "HELD BY", false },
	{ "reply", NULL, false },
	{ NULL, NULL, false },
};

struct args {
	const char *site;
};

static const struct opt opts[] = {
	{ "site", 's', OPT_TEXT, offsetof(struct args, site), "NAME", "of this site" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static int
lanes(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns,
		"No mail was on its way to anywhere yet." };
	struct args args = { NULL };

	verb_words(c, v, &args, argc, argv, 0, 0);
	return listing_show(c,
	    ask(c, "queued", ASK_VIEW, json_pack("{ssss*}", "verb", "lanes", "site", args.site)),
	    &listing);
}

const struct verb verb_lanes = { .name = "lanes",
	.words = "[--site NAME]",
	.help = "Show each pair of source and site: how it does, and what holds it.",
	.opts = opts,
	.run = lanes };
