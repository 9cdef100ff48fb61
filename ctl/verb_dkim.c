#include "changed.h"
#include "dkim_files.h"
#include "dkim_list.h"
#include "dkim_turn.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PEM_BYTES = 64 * 1024, NAME_MAX_BYTES = 253, LABEL_MAX = 63 };

struct args {
	const char *selector, *algorithm;
	bool force, beside, no_dns, no_reload;
};

static const struct opt opts[] = {
	{ "selector", 's', OPT_TEXT, offsetof(struct args, selector), "NAME",
	    "name of the key in DNS (of new: default ph and the year and month)" },
	{ "algorithm", 'a', OPT_TEXT, offsetof(struct args, algorithm), "WORD",
	    "of new: rsa (default, 2048 bits) or ed25519" },
	{ "beside", 'b', OPT_FLAG, offsetof(struct args, beside), NULL,
	    "activate: let keys of the same algorithm sign too" },
	{ "force", 0, OPT_FLAG, offsetof(struct args, force), NULL,
	    "activate: whatever DNS says; retire: though nothing signs then" },
	{ "no-dns", 0, OPT_FLAG, offsetof(struct args, no_dns), NULL, "list: do not ask DNS" },
	{ "no-reload", 0, OPT_FLAG, offsetof(struct args, no_reload), NULL,
	    "do not tell a house that runs" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* ---- names ---- */

/* Labels of letters, digits, dashes and underscores, as DNS has them; they become names of folders and files too. */
static bool
is_name(const char *s)
{
	struct span rest = span_str(s);

	if (rest.n == 0 || rest.n > NAME_MAX_BYTES || s[rest.n - 1] == '.')
		return false;
	while (rest.n > 0) {
		struct span label = span_cut(rest, '.', &rest);

		if (label.n == 0 || label.n > LABEL_MAX || label.p[0] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++) {
			char low = label.p[i] | 32;

			if (!((low >= 'a' && low <= 'z') ||
				(label.p[i] >= '0' && label.p[i] <= '9') || label.p[i] == '-' ||
				label.p[i] == '_'))
				return false;
		}
	}
	return true;
}

/* In words; 0: all is well. The domain is made lower case, as the signer compares it. */
static int
words_check(struct ctl *c, char **words, const char *selector)
{
	const struct conf_block *tenant;

	if (!is_name(words[2]))
		return ctl_fail(
		    2, "\"%s\" is no domain (an international one as xn--...)", words[2]);
	if (selector != NULL && !is_name(selector))
		return ctl_fail(
		    2, "\"%s\" is no selector: letters, digits and dashes, dots between", selector);
	tenant = conf_find(conf_top(ctl_conf(c)), "tenant", span_str(words[1]));
	if (tenant == NULL)
		return ctl_fail(1, "%s has no block tenant %s", c->conf_path, words[1]);
	for (size_t i = 0; i < conf_count(tenant, "domain"); i++)
		if (span_is_nocase(span_str(words[2]), conf_str_at(tenant, "domain", i)))
			return 0;
	return ctl_fail(
	    1, "tenant %s does not send as %s: its block names no such domain", words[1], words[2]);
}

/* ---- new ---- */

/* DNS has one place for the name, so that no two keys can have it, whoever's they are. */
static int
taken(struct ctl *c, const char *domain, const char *selector)
{
	struct dkim_file *files;
	size_t n = dkim_files(c, NULL, domain, &files);

	for (size_t i = 0; i < n; i++)
		if (span_is_nocase(span_str(selector), files[i].selector))
			return ctl_fail(1,
			    "tenant %s has a key %s of %s already (%s): a new key needs a new "
			    "selector",
			    files[i].tenant, selector, domain, dkim_state_word(files[i].state));
	return 0;
}

static int
zone_print(const struct dkim_key *key, const struct dkim_file *f, struct err *err)
{
	struct buf line;
	int made;

	buf_init(&line, PEM_BYTES);
	made = dkim_key_zone_line(key, span_str(f->selector), span_str(f->domain), &line, err);
	if (made == 0)
		printf("%.*s\n", SPAN(span_trim(buf_all(&line))));
	buf_free(&line);
	return made;
}

static int
key_make(struct ctl *c, const struct dkim_file *f, enum dkim_algorithm algorithm, struct err *err)
{
	struct dkim_key *key = dkim_key_new(algorithm, err);
	struct buf pem;
	int made = -1;

	if (key == NULL)
		return -1;
	buf_init(&pem, PEM_BYTES);
	if (dkim_key_pem(key, &pem, err) == 0 && dkim_file_write(c, f, buf_all(&pem), err) == 0)
		made = zone_print(key, f, err);
	explicit_bzero(pem.p, pem.n);
	buf_free(&pem);
	dkim_key_free(key);
	return made;
}

static const char *
usual_selector(struct ctl *c, bool rsa)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "ph%Y%m", gmtime_r(&now, &tm));
	return arena_printf(c->arena, "%s%s", text, rsa ? "" : "e");
}

static int new (struct ctl *c, struct args *args, char **words)
{
	bool rsa = strcmp(args->algorithm, "rsa") == 0;
	struct dkim_file f = { words[1], words[2], args->selector, DKIM_NEW, 0 };
	struct err err = { "" };
	int bad;

	if (!rsa && strcmp(args->algorithm, "ed25519") != 0)
		return ctl_fail(2, "the algorithm is rsa or ed25519, not \"%s\"", args->algorithm);
	if (f.selector == NULL)
		f.selector = usual_selector(c, rsa);
	bad = words_check(c, words, f.selector);
	if (bad == 0)
		bad = taken(c, f.domain, f.selector);
	if (bad != 0)
		return bad;
	if (key_make(c, &f, rsa ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	changed_event(c, "dkim-new", dkim_file_name(c, &f));
	fprintf(stderr,
	    "It signs nothing yet. Publish this record, then: posthouse dkim activate -s %s %s "
	    "%s\n",
	    f.selector, f.tenant, f.domain);
	return 0;
}

/* ---- dns ---- */

/* The key that is meant: by its selector, or the only one in a state. NULL: said why. */
static const struct dkim_file *
choose(struct ctl *c, const struct args *args, char **words, unsigned states)
{
	struct dkim_file *files;
	size_t n = dkim_files(c, words[1], words[2], &files);
	const struct dkim_file *one = NULL;

	for (size_t i = 0; i < n; i++) {
		if (args->selector != NULL ? strcmp(files[i].selector, args->selector) != 0
					   : (states & (1U << files[i].state)) == 0)
			continue;
		if (one != NULL) {
			ctl_fail(1, "there are several: --selector %s or %s?", one->selector,
			    files[i].selector);
			return NULL;
		}
		one = &files[i];
	}
	if (one == NULL)
		ctl_fail(1, "tenant %s has no such key for %s", words[1], words[2]);
	return one;
}

static int
dns(struct ctl *c, struct args *args, char **words)
{
	struct dkim_file *files;
	size_t n = dkim_files(c, words[1], words[2], &files), shown = 0;
	struct err err = { "" };

	for (size_t i = 0; i < n; i++) {
		struct dkim_key *key;
		int printed;

		if (args->selector != NULL && strcmp(files[i].selector, args->selector) != 0)
			continue;
		key = dkim_file_key(c, &files[i], &err);
		printed = key == NULL ? -1 : zone_print(key, &files[i], &err);
		dkim_key_free(key);
		if (printed == -1)
			return ctl_fail(1, "%s", err.text);
		shown++;
	}
	return shown > 0 ? 0 : ctl_fail(1, "tenant %s has no such key for %s", words[1], words[2]);
}

/* ---- activate, retire, list ---- */

static int
activate(struct ctl *c, struct args *args, char **words)
{
	const struct dkim_file *f;
	int bad = words_check(c, words, args->selector);

	if (bad != 0)
		return bad;
	f = choose(c, args, words, 1U << DKIM_NEW);
	bad = f == NULL ? 1 : dkim_activate(c, f, args->force, args->beside);
	return bad != 0 ? bad : changed_reload(c, "DKIM key activated", args->no_reload);
}

static int
retire(struct ctl *c, struct args *args, char **words)
{
	const struct dkim_file *f = choose(c, args, words, 1U << DKIM_ACTIVE);
	int bad = f == NULL ? 1 : dkim_retire(c, f, args->force);

	return bad != 0 ? bad : changed_reload(c, "DKIM key retired", args->no_reload);
}

static int
list(struct ctl *c, struct args *args, char **words)
{
	(void)words;
	return dkim_list(c, !args->no_dns);
}

static const struct sub {
	const char *name;
	int words;
	int (*run)(struct ctl *, struct args *, char **words);
} subs[] = { { "new", 3, new }, { "list", 1, list }, { "dns", 3, dns }, { "activate", 3, activate },
	{ "retire", 3, retire } };

static int
dkim(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .algorithm = "rsa" };
	int n = verb_words(c, v, &args, argc, argv, 1, 3);

	if (n == 3) /* a domain's folder is in lower case */
		for (char *p = argv[2]; *p != '\0'; p++)
			*p = span_low(*p);
	for (unsigned i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		if (strcmp(argv[0], subs[i].name) == 0 && n == subs[i].words)
			return subs[i].run(c, &args, argv);
	verb_usage(v, stderr);
	return 2;
}

const struct verb verb_dkim = { .name = "dkim",
	.words = "new TENANT DOMAIN | list | dns TENANT DOMAIN | activate TENANT DOMAIN | retire "
		 "TENANT DOMAIN",
	.help =
	    "Keys that sign mail: make them, print their records, and change from one to the next.",
	.opts = opts,
	.run = dkim };
