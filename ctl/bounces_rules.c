#include "bounces_rules.h"
#include "listing.h"
#include "table.h"

#include <string.h>

struct args {
	uint64_t limit;
	bool forget, unused;
};

static const struct opt unknown_opts[] = {
	{ "limit", 'n', OPT_NUMBER, offsetof(struct args, limit), "N",
	    "at most N of them, the most frequent first (default 50; 0: all)" },
	{ "forget", 0, OPT_FLAG, offsetof(struct args, forget), NULL, "forget all of them" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct opt rules_opts[] = {
	{ "unused", 'u', OPT_FLAG, offsetof(struct args, unused), NULL,
	    "only those that decided nothing yet" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct column rule_columns[] = {
	{ "hits", NULL, COLUMN_NUMBER },
	{ "rule", NULL, COLUMN_TEXT },
	{ "category", NULL, COLUMN_TEXT },
	{ "provider", NULL, COLUMN_TEXT },
	{ "rank", NULL, COLUMN_NUMBER },
	{ "file", NULL, COLUMN_TEXT },
	{ "line", NULL, COLUMN_NUMBER },
	{ NULL, NULL, COLUMN_TEXT },
};

/* Many lines: each may be put into a rules file as it stands. */
static void
draft_print(struct span draft)
{
	while (draft.n > 0) {
		struct span line = span_cut(draft, '\n', &draft);

		for (; line.n > 0 && line.p[0] == '\t'; line = span_from(line, 1))
			putchar('\t');
		text_print(line, stdout);
		putchar('\n');
	}
}

/* As a piece of a rules file: what was seen stands as comments. */
static void
unknown_print(struct ctl *c, const json_t *row)
{
	uint64_t count = row_num(row, "count");

	printf("# seen %llu %s, %s to %s", (unsigned long long)count, count == 1 ? "time" : "times",
	    row_str(row, "first"), row_str(row, "last"));
	if (row_str(row, "from")[0] != '\0') {
		fputs(", from ", stdout);
		text_print(row_text(row, "from", c->arena), stdout);
	}
	printf("\n# guessed: %s (%llu %%)\n", row_str(row, "category"),
	    (unsigned long long)row_num(row, "confidence"));
	draft_print(row_text(row, "draft", c->arena));
	putchar('\n');
}

static int
unknown_list(struct ctl *c, const struct args *args)
{
	struct ask *a = ask(c, "bouncd", ASK_VIEW,
	    json_pack("{sssI}", "verb", "bounces-unknown", "limit", (json_int_t)args->limit));
	const json_t *row;
	size_t rows = 0;
	int exit_code;

	for (; (row = ask_row(a)) != NULL; rows++) {
		if (c->json)
			printf("%.*s\n", SPAN(ask_line(a)));
		else
			unknown_print(c, row);
	}
	exit_code = ask_end(a);
	if (exit_code == 0 && rows == 0 && !c->json)
		puts("Every reply so far was known.");
	return exit_code == 0 && rows == 0 ? 1 : exit_code;
}

static int
unknown_forget(struct ctl *c)
{
	struct ask *a =
	    ask(c, "bouncd", ASK_OPS, json_pack("{ss}", "verb", "bounces-unknown-forget"));
	const json_t *row = ask_row(a);
	uint64_t n = row == NULL ? 0 : row_num(row, "forgotten");
	int exit_code = ask_end(a);

	if (exit_code == 0 && !c->json)
		printf("%llu unknown %s forgotten.\n", (unsigned long long)n,
		    n == 1 ? "reply" : "replies");
	return exit_code;
}

static const struct verb verb_unknown = { .name = "bounces unknown",
	.words = "[--limit N] | --forget",
	.help = "Show replies that no rule knows, each with a rule drafted for it.",
	.opts = unknown_opts };
static const struct verb verb_rules = { .name = "bounces rules",
	.words = "[--unused]",
	.help = "Show the rules that say what replies mean, and how often each decided.",
	.opts = rules_opts };

static int
unknown(struct ctl *c, int argc, char **argv)
{
	struct args args = { .limit = 50 };

	verb_words(c, &verb_unknown, &args, argc, argv, 0, 0);
	return args.forget ? unknown_forget(c) : unknown_list(c, &args);
}

static int
rules(struct ctl *c, int argc, char **argv)
{
	static const struct listing listing = { rule_columns, "Every rule decided something." };
	struct args args = { .limit = 0 };

	verb_words(c, &verb_rules, &args, argc, argv, 0, 0);
	return listing_show(c,
	    ask(c, "bouncd", ASK_VIEW,
		json_pack("{sssb}", "verb", "bounces-rules", "unused", args.unused)),
	    &listing);
}

int
bounces_rules(struct ctl *c, int argc, char **argv)
{
	if (argc < 1 || (strcmp(argv[0], "unknown") != 0 && strcmp(argv[0], "rules") != 0))
		return -1;
	return argv[0][0] == 'u' ? unknown(c, argc, argv) : rules(c, argc, argv);
}
