#include "listing.h"
#include "verb.h"

#include <stdio.h>

static const struct column columns[] = {
	{ "role", NULL, COLUMN_TEXT },
	{ "worker", NULL, COLUMN_NUMBER },
	{ "pid", NULL, COLUMN_NUMBER },
	{ "state", NULL, COLUMN_TEXT },
	{ "generation", "GEN", COLUMN_NUMBER },
	{ "up_s", "UP", COLUMN_LASTS },
	{ "restarts", NULL, COLUMN_NUMBER },
	{ "selftest", NULL, COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

/* The first row is the house itself. */
static void
house_print(const json_t *row)
{
	printf("The house is %s, generation %llu, configuration %s.\n\n", row_str(row, "house"),
	    (unsigned long long)row_num(row, "generation"), row_str(row, "configuration"));
}

/* The queue's counters: behind the table, if queued answers. */
static int
counters(struct ctl *c)
{
	struct ask *a = ask(c, "queued", ASK_VIEW, json_pack("{ss}", "verb", "status"));

	if (!c->json)
		puts("\nQueue:");
	return listing_blocks(c, a, "Nothing is counted yet.");
}

static int
status(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	static const struct listing listing = { columns, "No role runs." };
	struct ask *a;
	const json_t *row;
	int exit_code;

	verb_words(c, v, NULL, argc, argv, 0, 0);
	a = ask(c, "posthoused", ASK_VIEW, json_pack("{ss}", "verb", "status"));
	row = ask_row(a);
	if (row != NULL && c->json)
		printf("%.*s\n", SPAN(ask_line(a)));
	else if (row != NULL)
		house_print(row);
	exit_code = listing_show(c, a, &listing);
	return exit_code != 0 ? exit_code : counters(c);
}

const struct verb verb_status = {
	.name = "status",
	.words = "",
	.help = "Show what runs, what its self-test found, and the queue's counters.",
	.run = status,
};
