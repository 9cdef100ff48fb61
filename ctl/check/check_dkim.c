#include "check.h"
#include "buf.h"
#include "dkim_record.h"

#include "../dkim_files.h"

enum { RECORD_BYTES = 8 * 1024 };

static struct span
zone_line(struct check *c, const struct dkim_key *key, const struct dkim_file *f)
{
	struct span line = { NULL, 0 };
	struct err err;
	struct buf b;

	buf_init(&b, RECORD_BYTES);
	if (dkim_key_zone_line(key, span_str(f->selector), span_str(f->domain), &b, &err) == 0)
		line = arena_span(c->arena, span_trim(buf_all(&b)));
	buf_free(&b);
	return line;
}

static void
compared(struct check *c, const struct dkim_key *key, struct span name, const struct dkim_file *f,
    struct span published)
{
	struct buf wanted;
	struct err err;
	enum dkim_record r;

	buf_init(&wanted, RECORD_BYTES);
	(void)dkim_key_record(key, &wanted, &err);
	r = dkim_record_compare(published, buf_all(&wanted));
	buf_free(&wanted);
	if (r == DKIM_RECORD_GOOD)
		report(c->report, CHECK_PASS, "dkim", "%.*s holds the public half of our key",
		    SPAN(name));
	else
		report_with(c->report, r == DKIM_RECORD_TESTING ? CHECK_WARN : CHECK_FAIL, "dkim",
		    zone_line(c, key, f), "%.*s: %s; publish instead", SPAN(name),
		    dkim_record_words(r));
}

static void
missing(struct check *c, const struct dkim_key *key, struct span name, const struct dkim_file *f)
{
	static const char *const why[] = {
		"has no record, so no signature of it verifies; publish",
		"has no record yet; publish it before the key signs",
		"has no record any more; mail signed with it may still be under way; publish again"
	};

	report_with(c->report, f->state == DKIM_ACTIVE ? CHECK_FAIL : CHECK_WARN, "dkim",
	    zone_line(c, key, f), "%.*s %s", SPAN(name), why[f->state]);
}

static void
key_check(struct check *c, const struct dkim_file *f)
{
	struct span name =
	    span_str(arena_printf(c->arena, "%s._domainkey.%s", f->selector, f->domain));
	struct err err = { "" };
	struct dkim_key *key = dkim_file_key(c->ctl, f, &err);
	struct answer a;

	if (key == NULL) {
		report(c->report, CHECK_FAIL, "dkim", "%s", err.text);
		return;
	}
	check_ask(c, name, ANSWER_TXT, &a);
	if (a.status == ANSWER_FAILED)
		report(c->report, CHECK_FAIL, "dkim", "%.*s: DNS does not answer", SPAN(name));
	else if (a.n == 0)
		missing(c, key, name, f);
	else if (a.n > 1)
		report(c->report, CHECK_FAIL, "dkim",
		    "%.*s has %u TXT records where one may be: which one counts is anybody's guess",
		    SPAN(name), a.n);
	else
		compared(c, key, name, f, a.at[0].data);
	dkim_key_free(key);
}

/* How many of them sign. */
static unsigned
keys_check(struct check *c, struct span domain, size_t *n)
{
	struct dkim_file *files;
	unsigned active = 0;

	*n = dkim_files(c->ctl, conf_name(c->tenant), arena_cstr(c->arena, domain), &files);
	for (size_t i = 0; i < *n; i++) {
		active += files[i].state == DKIM_ACTIVE;
		key_check(c, &files[i]);
	}
	return active;
}

void
check_dkim(struct check *c)
{
	const char *tenant = conf_name(c->tenant), *domain = arena_cstr(c->arena, c->domain);
	struct span at = c->domain;
	size_t n, above;
	unsigned active = keys_check(c, at, &n);

	while (active == 0 && span_find(at, '.') >= 0) { /* where the signer looks too */
		(void)span_cut(at, '.', &at);
		active = keys_check(c, at, &above);
	}
	if (active > 0)
		c->signs = at;
	if (active == 0)
		report_with(c->report, CHECK_FAIL, "dkim",
		    span_str(arena_printf(c->arena, "posthouse dkim %s %s %s",
			n == 0 ? "new" : "activate", tenant, domain)),
		    "no key signs for %s; %s", domain,
		    n == 0 ? "make one with" : "publish its record, then");
	else if (!conf_bool(c->tenant, "sign"))
		report(c->report, CHECK_FAIL, "dkim",
		    "tenant %s says sign no: its mail is not signed", tenant);
}
