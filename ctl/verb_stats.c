#include "listing.h"
#include "verb.h"

#include <string.h>

static const struct column columns[] = {
	{ "tenant", NULL, COLUMN_TEXT },
	{ "campaign", NULL, COLUMN_TEXT },
	{ "received", "SENT", COLUMN_NUMBER },
	{ "delivered", NULL, COLUMN_NUMBER },
	{ "deferred", NULL, COLUMN_NUMBER },
	{ "bounced_hard", "HARD", COLUMN_NUMBER },
	{ "bounced_soft", "SOFT", COLUMN_NUMBER },
	{ "expired", NULL, COLUMN_NUMBER },
	{ "suppressed", NULL, COLUMN_NUMBER },
	{ "dropped", NULL, COLUMN_NUMBER },
	{ "complaint", "COMPLAINTS", COLUMN_NUMBER },
	{ "opened", NULL, COLUMN_NUMBER },
	{ "opened_person", "BY PERSONS", COLUMN_NUMBER },
	{ "opened_unsure", "UNSURE", COLUMN_NUMBER },
	{ "open_percent", "OPEN %", COLUMN_NUMBER },
	{ "open_person_percent", "PERSONS %", COLUMN_NUMBER },
	{ "clicked", NULL, COLUMN_NUMBER },
	{ "clicked_person", "CLICKS BY PERSONS", COLUMN_NUMBER },
	{ "clicked_unsure", "UNSURE", COLUMN_NUMBER },
	{ "click_percent", "CLICK %", COLUMN_NUMBER },
	{ "click_person_percent", "PERSONS %", COLUMN_NUMBER },
	{ "unsubscribed", "UNSUB", COLUMN_NUMBER },
	{ "autoreply", "AUTO", COLUMN_NUMBER },
	{ "late_hard", "LATE HARD", COLUMN_NUMBER },
	{ "late_soft", "LATE SOFT", COLUMN_NUMBER },
	{ "reply", "REPLIES", COLUMN_NUMBER },
	{ NULL, NULL, COLUMN_TEXT },
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
