/* bounces: what became of mail, by provider, category, tenant, campaign, source or site, with shares; and, in
 * bounces_rules.c, what replies no rule knows and how often each rule decided. */
#include "bounces_rules.h"
#include "conf_amount.h"
#include "err.h"
#include "listing.h"
#include "verb.h"

#include <string.h>

enum { SINCE_S = 7 * 86400 };

static const struct column columns[] = {
	{ "name", NULL, COLUMN_TEXT }, /* its heading is what was asked for */
	{ "delivered", NULL, COLUMN_NUMBER },
	{ "hard", NULL, COLUMN_NUMBER },
	{ "soft", NULL, COLUMN_NUMBER },
	{ "deferred", "DEFERRALS", COLUMN_NUMBER },
	{ "late", NULL, COLUMN_NUMBER },
	{ "complaints", NULL, COLUMN_NUMBER },
	{ "bounce_percent", "BOUNCED %", COLUMN_NUMBER },
	{ "complaint_percent", "COMPLAINTS %", COLUMN_NUMBER },
	{ NULL, NULL, COLUMN_TEXT },
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct args {
	const char *by, *since;
};

static const struct opt opts[] = {
	{ "by", 'b', OPT_TEXT, offsetof(struct args, by), "WHAT",
	    "provider (default), category, tenant, campaign, source or site" },
	{ "since", 's', OPT_TEXT, offsetof(struct args, since), "AGE",
	    "of whole days (UTC) back to then; 7d where unset" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* The heading of the first column: the dimension, in the words of the listings. */
static const char *
heading(const char *by)
{
	static const char *const known[][2] = { { "provider", "PROVIDER" },
		{ "category", "CATEGORY" }, { "tenant", "TENANT" }, { "campaign", "CAMPAIGN" },
		{ "source", "SOURCE" }, { "site", "SITE" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(by, known[i][0]) == 0)
			return known[i][1];
	return NULL;
}

static int
bounces(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct column own[COLUMNS];
	struct listing listing = { own, "Nothing was delivered or bounced in that time." };
	struct args args = { "provider", NULL };
	uint64_t since_s = SINCE_S;
	int exit_code = bounces_rules(c, argc - 1, argv + 1);

	if (exit_code != -1)
		return exit_code;
	verb_words(c, v, &args, argc, argv, 0, 0);
	memcpy(own, columns, sizeof(own));
	own[0].heading = heading(args.by);
	if (own[0].heading == NULL)
		return ctl_fail(2,
		    "bounces are by provider, category, tenant, campaign, source or site, not by "
		    "\"%s\"",
		    args.by);
	if (args.since != NULL &&
	    conf_amount_parse(CONF_DURATION, span_str(args.since), &since_s, NULL) == -1)
		return ctl_fail(2, "\"%s\" is no age as 7d or 12h", args.since);
	return listing_show(c,
	    ask(c, "trackd-stats", ASK_VIEW,
		json_pack(
		    "{sssssI}", "verb", "bounces", "by", args.by, "since_s", (json_int_t)since_s)),
	    &listing);
}

const struct verb verb_bounces = { .name = "bounces",
	.words = "[--by WHAT] [--since AGE] | unknown [--limit N] [--forget] | rules [--unused]",
	.help =
	    "Count what was delivered, bounced, bounced late and complained about, with shares; or "
	    "show which replies no rule knows, and how often each rule decided.",
	.opts = opts,
	.run = bounces };
