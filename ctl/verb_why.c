/* why: what deliveries wait for: those of a message, to or from an address, of a tenant, or for a site. */
#include "id.h"
#include "listing.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_DEFAULT = 20 };

struct args {
	uint64_t limit;
};

static const struct opt opts[] = {
	{ "limit", 'n', OPT_NUMBER, offsetof(struct args, limit), "N",
	    "at most N deliveries (20; 0: all)" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* What a word may be, in the order in which it is tried; "shop" may be a tenant and the beginning of an id. */
struct meaning {
	const char *key;
	bool (*may)(struct ctl *, const char *word);
};

static bool
may_address(struct ctl *c, const char *word)
{
	(void)c;
	return strchr(word, '@') != NULL;
}

static bool
may_tenant(struct ctl *c, const char *word)
{
	return strchr(word, '@') == NULL &&
	       conf_find(conf_top(ctl_conf(c)), "tenant", span_str(word)) != NULL;
}

static bool
may_id(struct ctl *c, const char *word)
{
	struct id lo, hi;

	(void)c;
	return id_prefix(span_str(word), &lo, &hi) == 0;
}

static bool
may_site(struct ctl *c, const char *word)
{
	(void)c;
	return strchr(word, '@') == NULL && strlen(word) < ID_CHARS;
}

static const struct meaning meanings[] = {
	{ "to", may_address },
	{ "from", may_address },
	{ "tenant", may_tenant },
	{ "id", may_id },
	{ "site", may_site },
};

enum { MEANINGS = sizeof(meanings) / sizeof(meanings[0]) };

static json_t *
request(const char *verb, const char *key, const char *word)
{
	return json_pack("{ssss}", "verb", verb, key, word);
}

/* How many wait; -1: exit_code says what went wrong, after it was said. */
static int64_t
waiting(struct ctl *c, const char *key, const char *word, int *exit_code)
{
	json_t *r = request("queue", key, word);
	const json_t *row;
	struct ask *a;
	int64_t n = 0;

	json_object_set_new(r, "count", json_true());
	a = ask(c, "queued", ASK_VIEW, r);
	while ((row = ask_row(a)) != NULL)
		n += (int64_t)row_num(row, "count");
	*exit_code = ask_end(a);
	return *exit_code == 0 ? n : -1;
}

/* What holds the site as a whole. Lanes that no mail ever went to are not known. */
static void
lanes_show(struct ctl *c, const char *site)
{
	struct ask *a = ask(c, "queued", ASK_VIEW, request("lanes", "site", site));
	const json_t *row;

	while (!c->json && (row = ask_row(a)) != NULL)
		printf("The lane to %s from %s is %s, %llu wait; held by: %s\n\n",
		    row_str(row, "site"), row_str(row, "source"), row_str(row, "state"),
		    (unsigned long long)row_num(row, "waiting"), row_str(row, "held_by"));
	ask_free(a);
}

static int
show(struct ctl *c, const char *key, const char *word, uint64_t limit, uint64_t n)
{
	json_t *r = request("why", key, word);
	int exit_code;

	json_object_set_new(
	    r, "limit", json_integer((json_int_t)(limit == 0 ? UINT32_MAX : limit)));
	if (strcmp(key, "site") == 0)
		lanes_show(c, word);
	exit_code = listing_blocks(c, ask(c, "queued", ASK_VIEW, r), "Nothing like that waits.");
	if (exit_code == 0 && limit > 0 && n > limit && !c->json)
		printf("\n%llu of %llu deliveries are shown; --limit 0 shows all.\n",
		    (unsigned long long)limit, (unsigned long long)n);
	return exit_code;
}

static int
why(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .limit = LIMIT_DEFAULT };
	int exit_code;

	verb_words(c, v, &args, argc, argv, 1, 1);
	for (unsigned i = 0; i < MEANINGS; i++) {
		int64_t n;

		if (!meanings[i].may(c, argv[0]))
			continue;
		n = waiting(c, meanings[i].key, argv[0], &exit_code);
		if (n == -1)
			return exit_code;
		if (n > 0)
			return show(c, meanings[i].key, argv[0], args.limit, (uint64_t)n);
	}
	return ctl_fail(
	    1, "nothing waits of a message, an address, a tenant or a site \"%s\"", argv[0]);
}

const struct verb verb_why = { .name = "why",
	.words = "[--limit N] ID|ADDRESS|TENANT|SITE",
	.help = "Say what deliveries wait for, and which limit holds them.",
	.opts = opts,
	.run = why };
