#include "listing.h"
#include "verb.h"

static const struct column columns[] = {
	{ "site", NULL, COLUMN_TEXT },
	{ "source", NULL, COLUMN_TEXT },
	{ "state", NULL, COLUMN_TEXT },
	{ "minute", "RATE/MIN", COLUMN_NUMBER },
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
