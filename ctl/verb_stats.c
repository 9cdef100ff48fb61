#include "listing.h"
#include "verb.h"

#include <string.h>

static const struct column columns[] = {
	{ "tenant", NULL, false },
	{ "campaign", NULL, false },
	{ "received", "SENT", true },
	{ "delivered", NULL, true },
	{ "deferred", NULL, true },
	{ "bounced_hard", "HARD", true },
	{ "bounced_soft", "SOFT", true },
	{ "expired", NULL, true },
	{ "suppressed", NULL, true },
	{ "dropped", NULL, true },
	{ "complaint", "COMPLAINTS", true },
	{ "opened", NULL, true },
	{ "clicked", NULL, true },
	{ "unsubscribed", "UNSUB", true },
	{ "autoreply", "AUTO", true },
	{ NULL, NULL, false },
};

struct args {
	const char *by, *tenant, *campaign;
};

static const struct opt opts[] = {
	{ "by", 'b', OPT_TEXT, offsetof(struct args, by), "WHAT", "tenant (default) or campaign" },
	{ "tenant", 't', OPT_TEXT, offsetof(struct args, tenant), "NAME", "of this tenant" },
	{ "campaign", 0, OPT_TEXT, offsetof(struct args, campaign), "NAME", "of this campaign" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static int
stats(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns, "Nothing was sent yet." };
	struct args args = { "tenant", NULL, NULL };

	verb_words(c, v, &args, argc, argv, 0, 0);
	if (strcmp(args.by, "tenant") != 0 && strcmp(args.by, "campaign") != 0)
		return ctl_fail(2, "stats are by tenant or by campaign, not by \"%s\"", args.by);
	return listing_show(c,
	    ask(c, "trackd-stats", ASK_VIEW,
		json_pack("{ssssss*ss*}", "verb", "stats", "by", args.by, "tenant", args.tenant,
		    "campaign", args.campaign)),
	    &listing);
}

const struct verb verb_stats = { .name = "stats",
	.words = "[--by tenant|campaign] [--tenant NAME] [--campaign NAME]",
	.help = "Count what was sent, delivered, bounced, opened and clicked.",
	.opts = opts,
	.run = stats };
