#include "listing.h"
#include "verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 10000 };

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

struct args {
	const char *scope, *reason;
	uint64_t limit;
};

static const struct opt opts[] = {
	{ "scope", 's', OPT_TEXT, offsetof(struct args, scope), "SCOPE",
	    "a tenant, or tenant/list; without it: for everybody" },
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, reason), "WORD",
	    "hard-bounce, complaint, unsubscribed, by-hand (default of add), imported (of "
	    "import)" },
	{ "limit", 'n', OPT_NUMBER, offsetof(struct args, limit), "N", "at most N rows (0: all)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* Empty values are left out. */
static json_t *
request(const char *verb, const struct args *args, const char *address)
{
	json_t *r = json_pack("{ssssss}", "verb", verb, "address", address, "scope", args->scope);

	if (args->reason[0] != '\0')
		json_object_set_new(r, "reason", json_string(args->reason));
	if (args->limit > 0)
		json_object_set_new(r, "limit", json_integer((json_int_t)args->limit));
	return r;
}

static int
changed(
    struct ctl *c, const char *verb, const struct args *args, const char *address, const char *done)
{
	int exit_code = ask_end(ask(c, "bouncd", ASK_OPS, request(verb, args, address)));

	if (exit_code == 0 && !c->json)
		printf("%s %s.\n", address, done);
	return exit_code;
}

static int
add(struct ctl *c, struct args *args, const char *address)
{
	if (args->reason[0] == '\0')
		args->reason = "by-hand";
	return changed(c, "suppress-add", args, address, "is not mailed any more");
}

static int
rm(struct ctl *c, struct args *args, const char *address)
{
	return changed(c, "suppress-rm", args, address, "may be mailed again");
}

static struct ask *
look(struct ctl *c, const char *verb, const struct args *args, const char *address)
{
	return ask(c, "bouncd", ASK_VIEW, request(verb, args, address));
}

static int
why(struct ctl *c, struct args *args, const char *address)
{
	static const struct listing none = { columns, "That address is not suppressed." };

	return listing_show(c, look(c, "suppress-why", args, address), &none);
}

static int
list(struct ctl *c, struct args *args, const char *unused)
{
	(void)unused;
	return listing_show(c, look(c, "suppress-list", args, ""), &listing);
}

/* A field of CSV in quotes where it needs them (RFC 4180). */
static void
csv_field(struct span s, char behind)
{
	if (span_find(s, ',') < 0 && span_find(s, '"') < 0 && span_find(s, '\n') < 0)
		printf("%.*s%c", SPAN(s), behind);
	else {
		putchar('"');
		for (size_t i = 0; i < s.n; i++)
			printf(s.p[i] == '"' ? "\"\"" : "%c", s.p[i]);
		printf("\"%c", behind);
	}
}

static void
entry_export(struct ctl *c, struct ask *a, const json_t *row)
{
	if (c->json) {
		printf("%.*s\n", SPAN(ask_line(a)));
		return;
	}
	csv_field(row_text(row, "address", c->arena), ',');
	csv_field(row_text(row, "scope", c->arena), ',');
	csv_field(row_text(row, "reason", c->arena), '\n');
}

/* One page, from behind the last entry of the one before, which it replaces in *address and *scope. How many, or -1. */
static long
page(struct ctl *c, const struct args *args, const char **address, const char **scope)
{
	json_t *r = request("suppress-list", args, "");
	const json_t *row;
	struct ask *a;
	long rows = 0;

	json_object_set_new(r, "limit", json_integer(PAGE_ROWS));
	if (*address != NULL) {
		json_object_set_new(r, "from-address", json_string(*address));
		json_object_set_new(r, "from-scope", json_string(*scope));
	}
	a = ask(c, "bouncd", ASK_VIEW, r);
	for (; (row = ask_row(a)) != NULL; rows++) {
		entry_export(c, a, row);
		if (rows + 1 < PAGE_ROWS)
			continue;
		*address = arena_strdup(c->arena, row_str(row, "address"));
		*scope = arena_strdup(c->arena, row_str(row, "scope"));
	}
	return ask_end(a) == 0 ? rows : -1;
}

static int export(struct ctl *c, struct args *args, const char *unused)
{
	const char *address = NULL, *scope = NULL;
	long rows;

	(void)unused;
	if (!c->json)
		puts("address,scope,reason");
	do
		rows = page(c, args, &address, &scope);
	while (rows == PAGE_ROWS);
	return rows == -1;
}

struct import {
	unsigned long line, taken, refused;
};

/* The next field of a line of CSV: address[,scope[,reason]]. In quotes a comma is none, and "" is a quote (RFC 4180). */
static const char *
csv_take(struct span *line, struct arena *arena)
{
	struct span s = span_trim(*line);
	char *field = arena_alloc(arena, s.n + 1);
	bool quoted = s.n > 0 && s.p[0] == '"';
	size_t i = quoted, n = 0;

	if (!quoted)
		return arena_cstr(arena, span_trim(span_cut(*line, ',', line)));
	for (; i < s.n; i++) {
		if (s.p[i] == '"' && (++i == s.n || s.p[i] != '"'))
			break;
		field[n++] = s.p[i];
	}
	span_cut(span_from(s, i), ',', line);
	return field;
}

/* A line of CSV or a JSON object; what it leaves out is as the options say. */
static void
import_line(struct ctl *c, const struct args *args, struct import *im, struct span line)
{
	json_t *o = line.p[0] == '{' ? json_loadb(line.p, line.n, 0, NULL) : NULL;
	const char *address = o != NULL ? row_str(o, "address") : csv_take(&line, c->arena);
	const char *scope = o != NULL ? row_str(o, "scope") : csv_take(&line, c->arena);
	const char *reason = o != NULL ? row_str(o, "reason") : csv_take(&line, c->arena);
	struct args own = { scope[0] != '\0' ? scope : args->scope,
		reason[0] != '\0' ? reason : args->reason, 0 };
	struct ask *a = ask(c, "bouncd", ASK_OPS, request("suppress-add", &own, address));

	while (ask_row(a) != NULL)
		continue;
	if (ask_error(a) == NULL)
		im->taken++;
	else {
		im->refused++;
		fprintf(stderr, "line %lu: %s\n", im->line, ask_error(a));
	}
	ask_free(a);
	json_decref(o);
}

static int
import(struct ctl *c, struct args *args, const char *path)
{
	FILE *in = path[0] == '\0' || strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct import im = { 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (in == NULL)
		return ctl_fail(1, "cannot read %s", path);
	if (args->reason[0] == '\0')
		args->reason = "imported";
	while ((n = getline(&line, &size, in)) != -1) {
		struct span s = span_trim(span_of(line, (size_t)n));

		im.line++;
		if (s.n > 0 && !(im.line == 1 && span_starts_nocase(s, "address")))
			import_line(c, args, &im, s);
	}
	free(line);
	if (in != stdin)
		fclose(in);
	printf("%lu taken, %lu refused.\n", im.taken, im.refused);
	return im.refused > 0 || im.taken == 0;
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
};

static int
suppress(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .scope = "", .reason = "" };
	int n = verb_words(c, v, &args, argc, argv, 1, 2);

	for (unsigned i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(subs[i].name, argv[0]) == 0 &&
		    (n - 1 == subs[i].words || (n == 1 && subs[i].optional)))
			return subs[i].run(c, &args, n > 1 ? argv[1] : "");
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_suppress = { .name = "suppress",
	.words = "add|rm|why ADDRESS | list | import [FILE] | export",
	.help = "Look into and change the list of those who are not mailed.",
	.opts = opts,
	.run = suppress };
