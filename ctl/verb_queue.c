#include "listing.h"
#include "selector.h"
#include "verb.h"

enum { LIMIT_DEFAULT = 100 };

struct args {
	struct selector which;
	uint64_t limit;
	bool trash;
};

static const struct opt opts[] = {
	SELECTOR_OPTS,
	{ "trash", 0, OPT_FLAG, offsetof(struct args, trash), NULL,
	    "those that were dropped in the last 24 hours, in place of those that wait" },
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
	{ "received_ms", "AGE", COLUMN_SINCE },
	{ "attempts", "TRIES", COLUMN_NUMBER },
	{ "next_ms", "NEXT", COLUMN_UNTIL },
	{ "code+status+reply", "WHY", COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static json_t *
request(const struct args *args)
{
	json_t *r = json_pack("{sssb}", "verb", "queue", "trash", args->trash);

	selector_put(&args->which, r);
	return r;
}

/* Behind as many rows as were wanted: how many there are. */
static void
total_say(struct ctl *c, const struct args *args)
{
	json_t *r = request(args);
	const json_t *row;
	struct ask *a;
	uint64_t n = 0;

	json_object_set_new(r, "count", json_true());
	a = ask(c, "queued", ASK_VIEW, r);
	while ((row = ask_row(a)) != NULL)
		n += row_num(row, "count");
	ask_free(a);
	if (n > args->limit)
		printf("\n%llu of %llu deliveries are shown; --limit 0 shows all.\n",
		    (unsigned long long)args->limit, (unsigned long long)n);
}

static int
queue(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing some = { columns, "Nothing like that waits in the queue." };
	static const struct listing all = { columns, "The queue is empty." };
	static const struct listing trash = { columns, "Nothing like that is in the trash." };
	struct args args = { .limit = LIMIT_DEFAULT };
	const struct listing *l;
	bool everything;
	json_t *r;
	struct err err;
	size_t rows;
	int exit_code;

	if (verb_words(c, v, &args, argc, argv, 0, 1) == 1)
		args.which.id = argv[0];
	if (selector_check(&args.which, &err) == -1)
		return ctl_fail(2, "%s", err.text);
	everything = args.which.all || selector_is_empty(&args.which);
	l = args.trash ? &trash : everything ? &all : &some;
	r = request(&args);
	json_object_set_new(
	    r, "limit", json_integer((json_int_t)(args.limit == 0 ? UINT32_MAX : args.limit)));
	exit_code = listing_count(c, ask(c, "queued", ASK_VIEW, r), l, everything ? 0 : 1, &rows);
	if (exit_code == 0 && rows > 0 && rows == args.limit && !c->json)
		total_say(c, &args);
	return exit_code;
}

const struct verb verb_queue = {
	.name = "queue",
	.words = "[--trash] [--limit N] [options] [ID]",
	.help = "Show the deliveries that wait.",
	.opts = opts,
	.run = queue,
};
