/* bouncd-train: makes the weights of etc/bounces.model, and says what they are worth.
 *
 *	bouncd-train [-o FILE] [-x] [-m] [-p PHRASES] [-r RULES] REPLIES.jsonl [MAILS.jsonl FOLDER]
 *
 * It learns from replies and mails of which the truth is known (items.h), which stay where they are: the file has hashes
 * and numbers only. -o writes it; -x prints the cross-validation; -m with each miss;
 * -s NAME=NUMBER changes a setting of fit.h. `make model TRUTH=...` is how the shipped ones are made. Read next: fit.h, table.h. */
#include "table.h"

#include "../shipped_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
	const char *out, *phrases, *rules;
	bool table, misses;
};

static int
usage(void)
{
	fputs("usage: bouncd-train [-o FILE] [-x] [-m] [-p PHRASES] [-r RULES] REPLIES [MAILS "
	      "FOLDER]\n",
	    stderr);
	return 2;
}

/* name=number, for trying things. */
static bool
setting(struct fit_settings *set, const char *text)
{
	const char *eq = strchr(text, '=');
	double v = eq == NULL ? 0 : strtod(eq + 1, NULL);
	struct span name = span_of(text, eq == NULL ? 0 : (size_t)(eq - text));

	if (span_is(name, "rounds"))
		set->rounds = (unsigned)v;
	else if (span_is(name, "rows"))
		set->rows = (unsigned)v;
	else if (span_is(name, "rate"))
		set->rate = v;
	else if (span_is(name, "decay"))
		set->decay = v;
	else if (span_is(name, "sharpness"))
		set->sharpness = v;
	else if (span_is(name, "own"))
		set->own = v;
	else
		return false;
	return true;
}

static int
read_items(
    struct items *all, const struct args *a, struct rules *rs, int n, char **paths, struct err *err)
{
	items_init(all);
	if (items_replies(all, paths[0], err) == -1 ||
	    (n == 3 && items_mails(all, paths[1], paths[2], err) == -1) ||
	    (a->phrases != NULL && items_phrases(all, a->phrases, err) == -1))
		return -1;
	items_examples(all, rs);
	items_group(all);
	return 0;
}

static int
write_out(
    const struct items *all, struct rules *rs, const struct fit_settings *set, const char *path)
{
	FILE *f = fopen(path, "we");
	struct buf bytes;
	bool bad;

	buf_init(&bytes, 64 << 20);
	fit(all, rs, -1, set, &bytes);
	bad = f == NULL || fwrite(bytes.p, 1, bytes.n, f) != bytes.n;
	if (f != NULL && fclose(f) != 0)
		bad = true;
	if (bad)
		perror(path);
	else
		printf("%s: %zu bytes from %zu items\n", path, bytes.n, all->n);
	buf_free(&bytes);
	return bad;
}

int
main(int argc, char **argv)
{
	struct fit_settings set = fit_defaults;
	struct args a = { 0 };
	struct rules *rs;
	struct items all;
	struct err err;
	int opt;

	while ((opt = getopt(argc, argv, "o:xmp:r:s:")) != -1) {
		if (opt == 'o')
			a.out = optarg;
		else if (opt == 'x')
			a.table = true;
		else if (opt == 'm')
			a.table = a.misses = true;
		else if (opt == 'p')
			a.phrases = optarg;
		else if (opt == 'r')
			a.rules = optarg;
		else if (opt != 's' || !setting(&set, optarg))
			return usage();
	}
	if (argc - optind != 1 && argc - optind != 3)
		return usage();
	rs = rules_load(a.rules == NULL ? "bounces.conf" : a.rules,
	    a.rules == NULL ? shipped_rules() : span_of(NULL, 0), NULL, &err);
	if (rs == NULL || read_items(&all, &a, rs, argc - optind, argv + optind, &err) == -1) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (a.table)
		table_print(&all, rs, &set, a.misses);
	return a.out != NULL ? write_out(&all, rs, &set, a.out) : 0;
}
