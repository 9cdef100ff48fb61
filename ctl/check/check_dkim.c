#include "check.h"
#include "buf.h"
#include "dkim_record.h"

#include "../../trackd/sign/dkim_key.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEM_BYTES = 64 * 1024, RECORD_BYTES = 8 * 1024 };

/* A key's file says by its name what it does (posthouse-keys: .pem signs). */
enum key_state { KEY_ACTIVE, KEY_NEW, KEY_RETIRED, KEY_NONE };

static enum key_state
state_of(struct span name, struct span *selector)
{
	static const char *const ends[] = { ".pem", ".new", ".retired" };

	for (unsigned i = 0; i < 3; i++)
		if (span_ends_nocase(name, ends[i])) {
			*selector = span_first(name, name.n - strlen(ends[i]));
			return (enum key_state)i;
		}
	return KEY_NONE;
}

static struct dkim_key *
key_read(const char *path, struct err *err)
{
	char *pem = malloc(PEM_BYTES);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct dkim_key *key = NULL;
	ssize_t n;

	if (pem == NULL)
		fatal("out of memory for a key");
	n = fd == -1 ? -1 : read(fd, pem, PEM_BYTES);
	if (n == -1)
		err_sys(err, "read %s", path);
	else
		key = dkim_key_load(span_of(pem, (size_t)n), err);
	if (fd != -1)
		close(fd);
	explicit_bzero(pem, PEM_BYTES);
	free(pem);
	return key;
}

static struct span
zone_line(struct check *c, const struct dkim_key *key, struct span selector)
{
	struct span line = { NULL, 0 };
	struct err err;
	struct buf b;

	buf_init(&b, RECORD_BYTES);
	if (dkim_key_zone_line(key, selector, c->domain, &b, &err) == 0)
		line = arena_span(c->arena, span_trim(buf_all(&b)));
	buf_free(&b);
	return line;
}

static void
compared(struct check *c, const struct dkim_key *key, struct span name, struct span selector,
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
		    zone_line(c, key, selector), "%.*s: %s; publish instead", SPAN(name),
		    dkim_record_words(r));
}

static void
missing(struct check *c, const struct dkim_key *key, struct span name, struct span selector,
    enum key_state state)
{
	static const char *const why[] = {
		"has no record, so no signature of it verifies; publish",
		"has no record yet; publish it before the key signs",
		"has no record any more; mail signed with it may still be under way; publish again"
	};

	report_with(c->report, state == KEY_ACTIVE ? CHECK_FAIL : CHECK_WARN, "dkim",
	    zone_line(c, key, selector), "%.*s %s", SPAN(name), why[state]);
}

static void
key_check(struct check *c, const char *path, struct span selector, enum key_state state)
{
	struct span name = span_str(
	    arena_printf(c->arena, "%.*s._domainkey.%.*s", SPAN(selector), SPAN(c->domain)));
	struct err err = { "" };
	struct dkim_key *key = key_read(path, &err);
	struct answer a;

	if (key == NULL) {
		report(c->report, CHECK_FAIL, "dkim", "%s", err.text);
		return;
	}
	check_ask(c, name, ANSWER_TXT, &a);
	if (a.status == ANSWER_FAILED)
		report(c->report, CHECK_FAIL, "dkim", "%.*s: DNS does not answer", SPAN(name));
	else if (a.n == 0)
		missing(c, key, name, selector, state);
	else if (a.n > 1)
		report(c->report, CHECK_FAIL, "dkim",
		    "%.*s has %u TXT records where one may be: which one counts is anybody's guess",
		    SPAN(name), a.n);
	else
		compared(c, key, name, selector, a.at[0].data);
	dkim_key_free(key);
}

void
check_dkim(struct check *c)
{
	char *folder = arena_printf(c->arena, "%s/dkim/%s/%.*s", ctl_path(c->ctl, "keys"),
	    conf_name(c->tenant), SPAN(c->domain));
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	unsigned active = 0;

	for (int i = 0; i < n; i++) {
		struct span selector;
		enum key_state state = state_of(span_str(names[i]->d_name), &selector);

		active += state == KEY_ACTIVE;
		if (state != KEY_NONE)
			key_check(c, arena_printf(c->arena, "%s/%s", folder, names[i]->d_name),
			    selector, state);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (active == 0)
		report_with(c->report, CHECK_FAIL, "dkim",
		    span_str(arena_printf(c->arena, "posthouse dkim new %s %.*s",
			conf_name(c->tenant), SPAN(c->domain))),
		    "no key signs for %.*s; make one with", SPAN(c->domain));
	else if (!conf_bool(c->tenant, "sign"))
		report(c->report, CHECK_FAIL, "dkim",
		    "tenant %s says sign no: its mail is not signed", conf_name(c->tenant));
}
