#include "dkim_list.h"
#include "dkim_dns.h"
#include "table.h"

#include <jansson.h>
#include <stdio.h>

/* A name server that is gone is not waited for at every key; a domain that is broken does not stop the rest. */
enum { CELLS = 8, DAY_S = 86400, UNANSWERED_MAX = 4 };

static const struct table_column columns[CELLS] = { { "TENANT", false }, { "DOMAIN", false },
	{ "SELECTOR", false }, { "ALGORITHM", false }, { "STATE", false }, { "SINCE", false },
	{ "KEEP RECORD UNTIL", false }, { "IN DNS", false } };
static const char *const names[CELLS] = { "tenant", "domain", "selector", "algorithm", "state",
	"since", "keep_until", "in_dns" };

static void
row_show(struct table *t, const char *const cells[CELLS])
{
	json_t *row;

	for (unsigned i = 0; t != NULL && i < CELLS; i++)
		table_cell(t, span_str(cells[i]));
	if (t != NULL)
		return;
	row = json_object();
	for (unsigned i = 0; i < CELLS; i++)
		json_object_set_new(row, names[i], json_string(cells[i]));
	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(row);
}

/* In DNS: "" without a lookup, or without a key to look for. False: DNS was asked and did not answer. */
static bool
key_show(struct ctl *c, struct table *t, const struct dkim_file *f, struct lookup *lookup)
{
	struct err err = { "" };
	struct dkim_key *key = dkim_file_key(c, f, &err);
	bool asked = key != NULL && lookup != NULL;
	enum dkim_published there =
	    asked ? dkim_dns_look(lookup, f, key, c->arena) : DKIM_NO_ANSWER;
	const char *cells[CELLS] = { f->tenant, f->domain, f->selector, err.text,
		dkim_state_word(f->state), ctl_day(c, f->since_s),
		f->state == DKIM_RETIRED
		    ? ctl_day(c, f->since_s + (uint64_t)DKIM_RECORD_KEPT_DAYS * DAY_S)
		    : "",
		asked ? dkim_published_word(there) : "" };

	if (key != NULL)
		cells[3] = dkim_key_algorithm(key) == DKIM_ED25519_SHA256 ? "ed25519" : "rsa";
	row_show(t, cells);
	dkim_key_free(key);
	return !asked || there != DKIM_NO_ANSWER;
}

int
dkim_list(struct ctl *c, bool ask_dns)
{
	struct dkim_file *files;
	size_t n = dkim_files(c, NULL, NULL, &files);
	struct table *t = c->json ? NULL : table_new(columns, CELLS, ctl_colour(), stdout);
	struct err err = { "" };
	struct lookup *lookup = ask_dns && n > 0 ? lookup_new(ctl_conf(c), c->arena, &err) : NULL;
	unsigned unanswered = 0; /* in a row */

	if (err.text[0] != '\0')
		ctl_fail(1, "%s", err.text);
	for (size_t i = 0; i < n; i++) {
		unanswered = key_show(c, t, &files[i], lookup) ? 0 : unanswered + 1;
		if (unanswered == UNANSWERED_MAX) {
			lookup_free(lookup);
			lookup = NULL;
		}
	}
	lookup_free(lookup);
	if (t != NULL)
		table_end(t);
	if (n == 0 && !c->json)
		puts("There is no DKIM key yet.");
	return n == 0;
}
