#include "listing.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
	{ "kind", NULL, COLUMN_TEXT },
	{ "value", "WHAT", COLUMN_TEXT },
	{ "time", "SINCE", COLUMN_TEXT },
	{ "actor", "BY", COLUMN_NUMBER },
	{ "reason", NULL, COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

struct args {
	const char *reason;
};

static const struct opt opts[] = {
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, reason), "TEXT",
	    "why, for the list and the event" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* words: [target|campaign|tenant] WHAT. The answer's row says what it was understood as. */
static int
change(struct ctl *c, const char *verb, const struct args *args, char **words, int n)
{
	struct ask *a = ask(c, "bouncd", ASK_OPS,
	    json_pack("{ssssssss*}", "verb", verb, "kind", n > 1 ? words[0] : "target", "what",
		words[n - 1], "reason", args->reason));
	bool off = strcmp(verb, "links-block") == 0;
	const json_t *row;

	while ((row = ask_row(a)) != NULL)
		if (c->json)
			printf("%.*s\n", SPAN(ask_line(a)));
		else
			printf("Links %s %s %s.\n",
			    strcmp(row_str(row, "kind"), "target") == 0 ? "to" : "of",
			    row_str(row, "value"), off ? "are switched off" : "work again");
	return ask_end(a);
}

static int
links(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns, "No links are switched off." };
	struct args args = { NULL };
	int n = verb_words(c, v, &args, argc, argv, 1, 3);

	if (n == 1 && strcmp(argv[0], "list") == 0)
		return listing_show_any(c,
		    ask(c, "bouncd", ASK_VIEW, json_pack("{ss}", "verb", "links-list")), &listing);
	if (n > 1 && strcmp(argv[0], "block") == 0)
		return change(c, "links-block", &args, argv + 1, n - 1);
	if (n > 1 && strcmp(argv[0], "unblock") == 0)
		return change(c, "links-unblock", &args, argv + 1, n - 1);
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_links = { .name = "links",
	.words = "block|unblock [target|campaign|tenant] WHAT | list",
	.help = "Switch tracking links off, where they lead to harm, and on again.",
	.opts = opts,
	.run = links };
