#include "verb.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

const struct verb *const verbs[] = { &verb_status, &verb_start, &verb_stop, &verb_reload, &verb_log,
	&verb_rollback, &verb_setup, &verb_conf, &verb_queue, &verb_trace, &verb_why, &verb_hold,
	&verb_release, &verb_retry, &verb_drop, &verb_undrop, &verb_bounce, &verb_expire,
	&verb_recover, &verb_lanes, &verb_tenants, &verb_suppress, &verb_forget, &verb_links,
	&verb_stats, &verb_bounces, &verb_user, &verb_dkim, &verb_check, &verb_keys, &verb_classify,
	&verb_parse, &verb_rewrite, &verb_untrack, &verb_test, &verb_help, NULL };

struct common_opts {
	const char *conf;
	bool json, help, version;
};

static const struct opt common_opts[] = {
	{ "conf", 'c', OPT_TEXT, offsetof(struct common_opts, conf), "FILE",
	    "configuration of the house that is meant" },
	{ "json", 'j', OPT_FLAG, offsetof(struct common_opts, json), NULL,
	    "one JSON object a line" },
	{ "help", 'h', OPT_FLAG, offsetof(struct common_opts, help), NULL, "this text" },
	{ "version", 0, OPT_FLAG, offsetof(struct common_opts, version), NULL, "which this is" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

const struct verb *
verb_find(const char *name)
{
	for (const struct verb *const *v = verbs; *v != NULL; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

/* How many letters are to be put in, taken out, changed or swapped with the next. */
static unsigned
distance(const char *a, const char *b)
{
	enum { MOST = 24 };
	unsigned row[3][MOST + 1] = { { 0 } }, n = (unsigned)strlen(a), m = (unsigned)strlen(b);

	if (n > MOST || m > MOST)
		return MOST;
	for (unsigned j = 0; j <= m; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= n; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned changed = last[j - 1] + (a[i - 1] != b[j - 1]);

			now[j] = last[j] < now[j - 1] ? last[j] + 1 : now[j - 1] + 1;
			now[j] = changed < now[j] ? changed : now[j];
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
	}
	return row[n % 3][m];
}

const char *
verb_near(const char *word)
{
	unsigned nearest = strlen(word) < 5 ? 1 : 2; /* of a short word more is another word */
	const char *name = NULL;

	for (const struct verb *const *v = verbs; *v != NULL; v++) {
		unsigned d = distance(word, (*v)->name);

		if (d > nearest || (name != NULL && d == nearest))
			continue;
		nearest = d;
		name = (*v)->name;
	}
	return name;
}

void
verb_usage(const struct verb *v, FILE *out)
{
	fprintf(out, "usage: posthouse %s%s%s\n%s\n", v->name, v->words[0] == '\0' ? "" : " ",
	    v->words, v->help);
	if (v->opts != NULL)
		opts_help(v->opts, out);
	opts_help(common_opts, out);
}

static void
usage_exit(const struct verb *v, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "posthouse %s: %s\n", v->name, why);
	verb_usage(v, stderr);
	exit(2);
}

int
verb_words(
    struct ctl *c, const struct verb *v, void *into, int argc, char **argv, int least, int most)
{
	struct common_opts common = { .conf = c->conf_path, .json = c->json };
	struct opt_set sets[] = { { common_opts, &common }, { v->opts, into }, { NULL, NULL } };
	struct err err;
	int n = opts_take(sets, argc - 1, argv + 1, &err);

	if (n == -1)
		usage_exit(v, err.text);
	if (common.version) {
		puts("posthouse " POSTHOUSE_VERSION);
		exit(0);
	}
	if (common.help) {
		verb_usage(v, stdout);
		exit(0);
	}
	if (n < least || (most >= 0 && n > most))
		usage_exit(v, n < least ? "a word is missing" : "too many words");
	c->conf_path = common.conf;
	c->json = common.json;
	memmove(argv, argv + 1, sizeof(*argv) * ((size_t)n + 1));
	return n;
}
