#include "conf_amount.h"
#include "listing.h"
#include "suppress_bulk.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct column columns[] = {
	{ "address", NULL, COLUMN_TEXT },
	{ "scope", NULL, COLUMN_TEXT },
	{ "reason", NULL, COLUMN_TEXT },
	{ "time", "SINCE", COLUMN_TEXT },
	{ "expires", "UNTIL", COLUMN_TEXT },
	{ "event", NULL, COLUMN_TEXT },
	{ NULL, NULL, COLUMN_TEXT },
};

static const struct listing listing = { columns, "Nobody is suppressed." };

enum { LIST_MOST = 1000 };

struct args {
	struct suppress_bulk bulk;
	const char *lasts;
	uint64_t limit;
	bool without_copy;
};

static const struct opt opts[] = {
	{ "scope", 's', OPT_TEXT, offsetof(struct args, bulk.scope), "SCOPE",
	    "a tenant, or tenant/list; without it: for everybody (list: all scopes)" },
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, bulk.reason), "WORD",
	    "hard-bounce, soft-bounces, complaint, unsubscribed, by-hand (default of add), "
	    "imported "
	    "(of import)" },
	{ "for", 'f', OPT_TEXT, offsetof(struct args, lasts), "TIME",
	    "how long, 30d; 0 for ever; without it as the settings say" },
	{ "note", 0, OPT_TEXT, offsetof(struct args, bulk.note), "TEXT", "why, for the event" },
	{ "limit", 'n', OPT_NUMBER, offsetof(struct args, limit), "N",
	    "at most N rows (1000 without it)" },
	{ "skip-bad", 0, OPT_FLAG, offsetof(struct args, bulk.skip_bad), NULL,
	    "import: say nothing of bad lines" },
	{ "replace", 0, OPT_FLAG, offsetof(struct args, bulk.replace), NULL,
	    "import: take the file's entry where the one that stands holds as long or longer" },
	{ "dry-run", 0, OPT_FLAG, offsetof(struct args, bulk.dry_run), NULL,
	    "import: look at all lines, take none" },
	{ "without-copy", 0, OPT_FLAG, offsetof(struct args, without_copy), NULL,
	    "restore: there is none; the list is good as it is now" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* Empty values are left out. */
static json_t *
request(const char *verb, const struct args *args, const char *address)
{
	json_t *r = json_pack("{ssssssss*}", "verb", verb, "address", address, "scope",
	    args->bulk.scope, "note", args->bulk.note);

	if (args->bulk.reason[0] != '\0')
		json_object_set_new(r, "reason", json_string(args->bulk.reason));
	if (args->limit > 0)
		json_object_set_new(r, "limit", json_integer((json_int_t)args->limit));
	return r;
}

static int
changed(struct ctl *c, json_t *r, const char *address, const char *done)
{
	int exit_code = ask_end(ask(c, "bouncd", ASK_OPS, r));

	if (exit_code == 0 && !c->json)
		printf("%s %s.\n", address, done);
	return exit_code;
}

static int
add(struct ctl *c, struct args *args, const char *address)
{
	json_t *r = request("suppress-add", args, address);
	uint64_t lasts_s, per_s;

	if (args->lasts != NULL) {
		if (conf_amount_parse(CONF_DURATION, span_str(args->lasts), &lasts_s, &per_s) ==
		    -1) {
			json_decref(r);
			return ctl_fail(
			    2, "--for wants a time as 30d or 12h, not \"%s\"", args->lasts);
		}
		json_object_set_new(r, "expires_s",
		    json_integer(lasts_s == 0 ? 0 : (json_int_t)time(NULL) + (json_int_t)lasts_s));
	}
	return changed(c, r, address, "is not mailed any more");
}

static int
rm(struct ctl *c, struct args *args, const char *address)
{
	int exit_code = ask_end(ask(c, "bouncd", ASK_OPS, request("suppress-rm", args, address)));
	struct ask *a;
	const json_t *row;
	size_t left = 0;

	if (exit_code != 0 || c->json)
		return exit_code;
	a = ask(
	    c, "bouncd", ASK_VIEW, json_pack("{ssss}", "verb", "suppress-why", "address", address));
	for (; (row = ask_row(a)) != NULL; left++) {
		printf("%s%s is still suppressed for %s: %s, since %s.\n",
		    left == 0 ? "That entry is gone. " : "", address,
		    row_str(row, "scope")[0] == '\0' ? "everybody" : row_str(row, "scope"),
		    row_str(row, "reason"), row_str(row, "time"));
	}
	ask_free(a);
	if (left == 0)
		printf("%s may be mailed again.\n", address);
	return 0;
}

static int
why(struct ctl *c, struct args *args, const char *address)
{
	static const struct listing none = { columns, "That address is not suppressed." };

	return listing_show(
	    c, ask(c, "bouncd", ASK_VIEW, request("suppress-why", args, address)), &none);
}

static int
list(struct ctl *c, struct args *args, const char *unused)
{
	uint64_t most = args->limit == 0 ? LIST_MOST : args->limit;
	size_t rows;
	int exit_code;

	(void)unused;
	args->limit = most + 1; /* one more says that there are more */
	exit_code = listing_most(c, ask(c, "bouncd", ASK_VIEW, request("suppress-list", args, "")),
	    &listing, most, &rows);
	if (rows > most && !c->json)
		printf("\nThere are more than these %llu: --limit N shows more, suppress export "
		       "all.\n",
		    (unsigned long long)most);
	return exit_code;
}

static int
import(struct ctl *c, struct args *args, const char *path)
{
	return suppress_import(c, &args->bulk, path);
}

static int export(struct ctl *c, struct args *args, const char *unused)
{
	(void)unused;
	return suppress_export(c, &args->bulk);
}

/* The list was lost: bulk mail waits for this. */
static int
restore(struct ctl *c, struct args *args, const char *unused)
{
	json_t *r = request("suppress-restore", args, "");
	struct ask *a;
	const json_t *row;
	int exit_code;

	(void)unused;
	json_object_set_new(r, "without_copy", json_boolean(args->without_copy));
	a = ask(c, "bouncd", ASK_OPS, r);
	row = ask_row(a);
	if (row != NULL && c->json)
		printf("%.*s\n", SPAN(ask_line(a)));
	else if (row != NULL)
		printf("The suppression list is back, with %llu entries; bulk mail goes on.\n",
		    (unsigned long long)row_num(row, "entries"));
	exit_code = ask_end(a);
	return exit_code;
}

static const struct sub {
	const char *name;
	int words; /* behind it */
	bool optional;
	int (*run)(struct ctl *, struct args *, const char *address);
} subs[] = {
	{ "add", 1, false, add },
	{ "rm", 1, false, rm },
	{ "why", 1, false, why },
	{ "list", 0, false, list },
	{ "import", 1, true, import },
	{ "export", 0, false, export },
	{ "restore", 0, false, restore },
};

static int
suppress(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .bulk = { .scope = "", .reason = "" } };
	int n = verb_words(c, v, &args, argc, argv, 1, 2);

	for (unsigned i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(subs[i].name, argv[0]) == 0 &&
		    (n - 1 == subs[i].words || (n == 1 && subs[i].optional)))
			return subs[i].run(c, &args, n > 1 ? argv[1] : "");
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_suppress = { .name = "suppress",
	.words = "add|rm|why ADDRESS | list | import [FILE] | export | restore",
	.help = "Look into and change the list of those who are not mailed.",
	.opts = opts,
	.run = suppress };
