#include "listing.h"
#include "selector.h"
#include "verb.h"

enum { LIMIT_DEFAULT = 100 };

struct args {
	struct selector which;
	uint64_t limit;
};

static const struct opt opts[] = {
	SELECTOR_OPTS,
	{ "state", 0, OPT_TEXT, offsetof(struct args, which.state), "STATE",
	    "in this state: lane, sending, deferred, held ..." },
	{ "limit", 'n', OPT_NUMBER, offsetof(struct args, limit), "N",
	    "at most N rows (100; 0: all)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct column columns[] = {
	{ "message", "ID", COLUMN_TEXT },
	{ "tenant", NULL, COLUMN_TEXT },
	{ "from", NULL, COLUMN_TEXT },
	{ "recipient", "TO", COLUMN_TEXT },
	{ "site", NULL, COLUMN_TEXT },
	{ "state", NULL, COLUMN_TEXT },
	{ "size", "BYTES", COLUMN_NUMBER },
	{ "received_ms", "AGE_S", COLUMN_SINCE },
	{ "attempts", "TRIES", COLUMN_NUMBER },
	{ "next_ms", "NEXT_S", COLUMN_UNTIL },
	{ "code+status+reply", "WHY", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static int
queue(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns, "Nothing like that waits in the queue." };
	static const struct listing all = { columns, "The queue is empty." };
	struct args args = { .limit = LIMIT_DEFAULT };
	json_t *request;
	struct err err;

	if (verb_words(c, v, &args, argc, argv, 0, 1) == 1)
		args.which.id = argv[0];
	if (selector_check(&args.which, &err) == -1)
		return ctl_fail(2, "%s", err.text);
	request = json_pack("{ssss*sI}", "verb", "queue", "state", args.which.state, "limit",
	    (json_int_t)(args.limit == 0 ? UINT32_MAX : args.limit));
	selector_put(&args.which, request);
	if (selector_is_empty(&args.which) && args.which.state == NULL)
		return listing_show_any(c, ask(c, "queued", ASK_VIEW, request), &all);
	return listing_show(c, ask(c, "queued", ASK_VIEW, request), &listing);
}

const struct verb verb_queue = {
	.name = "queue",
	.words = "[options] [ID]",
	.help = "Show the deliveries that wait.",
	.opts = opts,
	.run = queue,
};
