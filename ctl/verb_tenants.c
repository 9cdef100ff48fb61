#include "err.h"
#include "listing.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
	{ "tenant", NULL, COLUMN_TEXT },
	{ "state", NULL, COLUMN_TEXT },
	{ "delivered", NULL, COLUMN_NUMBER },
	{ "bounced", NULL, COLUMN_NUMBER },
	{ "bounced_late", "LATE", COLUMN_NUMBER },
	{ "complaints", NULL, COLUMN_NUMBER },
	{ "bounce_percent", "BOUNCES %", COLUMN_NUMBER },
	{ "complaint_percent", "COMPLAINTS %", COLUMN_NUMBER },
	{ "since_ms", "PAUSED", COLUMN_SINCE },
	{ "why", NULL, COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

struct args {
	const char *reason;
};

static const struct opt opts[] = {
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, reason), "TEXT", "why, for the event" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct {
	const char *word, *verb, *done;
} acts[] = {
	{ "pause", "tenant-pause", "paused: its mail waits" },
	{ "release", "tenant-release", "released: its mail goes, and is counted anew" },
};

static int
act(struct ctl *c, unsigned which, const char *tenant, const char *reason)
{
	struct ask *a = ask(c, "queued", ASK_OPS,
	    json_pack("{ssssss*}", "verb", acts[which].verb, "tenant", tenant, "reason", reason));
	int exit_code = ask_end(a);

	if (exit_code == 0 && !c->json)
		printf("%s is %s.\n", tenant, acts[which].done);
	return exit_code;
}

static int
tenants(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns, "The configuration names no tenant." };
	struct args args = { NULL };
	int n = verb_words(c, v, &args, argc, argv, 0, 2);

	for (unsigned i = 0; n == 2 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(argv[0], acts[i].word) == 0)
			return act(c, i, argv[1], args.reason);
	if (n > 0)
		return ctl_fail(2, "tenants is followed by nothing, pause NAME or release NAME");
	return listing_show_any(
	    c, ask(c, "queued", ASK_VIEW, json_pack("{ss}", "verb", "tenants")), &listing);
}

const struct verb verb_tenants = { .name = "tenants",
	.words = "[pause|release NAME] [--reason TEXT]",
	.help = "Show how each tenant's mail of the last day fared; pause one, or release it.",
	.opts = opts,
	.run = tenants };
