#include "dkim_turn.h"
#include "changed.h"
#include "dkim_dns.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400 };

static int
published_check(struct ctl *c, const struct dkim_file *f, const struct dkim_key *key)
{
	static const char *const why[] = {
		[DKIM_MISSING] = "DNS has no record",
		[DKIM_OTHER] = "DNS has another key",
		[DKIM_UNUSABLE] = "DNS has no record that can be used",
		[DKIM_NO_ANSWER] = "DNS gives no answer",
	};
	struct err err = { "" };
	struct lookup *lookup = lookup_new(ctl_conf(c), c->arena, &err);
	enum dkim_published there;

	if (lookup == NULL)
		return ctl_fail(1, "%s", err.text);
	there = dkim_dns_look(lookup, f, key, c->arena);
	lookup_free(lookup);
	if (there == DKIM_PUBLISHED)
		return 0;
	return ctl_fail(1,
	    "%s for %s._domainkey.%s: mail would fail where it is verified. posthouse dkim dns "
	    "shows the record; --force activates all the same",
	    why[there], f->selector, f->domain);
}

static int
turn(struct ctl *c, const struct dkim_file *f, enum dkim_state state, const char *verb)
{
	struct err err = { "" };

	if (dkim_file_turn(c, f, state, &err) == -1)
		return ctl_fail(1, "%s", err.text);
	changed_event(c, verb, dkim_file_name(c, f));
	if (state == DKIM_ACTIVE)
		printf("%s signs from now on.\n", dkim_file_name(c, f));
	else
		printf("%s signs no more; keep its record until %s.\n", dkim_file_name(c, f),
		    ctl_day(c, (uint64_t)time(NULL) + (uint64_t)DKIM_RECORD_KEPT_DAYS * DAY_S));
	return 0;
}

/* The ones it takes the place of: those that sign for the same domain with the same algorithm. */
static int
others_retire(struct ctl *c, const struct dkim_file *f, enum dkim_algorithm algorithm)
{
	struct dkim_file *files;
	size_t n = dkim_files(c, f->tenant, f->domain, &files);
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		struct dkim_key *key;
		bool same;

		if (files[i].state != DKIM_ACTIVE || strcmp(files[i].selector, f->selector) == 0)
			continue;
		key = dkim_file_key(c, &files[i], NULL);
		same = key != NULL && dkim_key_algorithm(key) == algorithm;
		dkim_key_free(key);
		if (same && turn(c, &files[i], DKIM_RETIRED, "dkim-retire") != 0)
			failed = 1;
	}
	return failed;
}

static size_t
count_active(struct ctl *c, const char *tenant, const char *domain)
{
	struct dkim_file *files;
	size_t n = dkim_files(c, tenant, domain, &files), active = 0;

	for (size_t i = 0; i < n; i++)
		active += files[i].state == DKIM_ACTIVE;
	return active;
}

/* No more than sign a message. Those it takes the place of go. */
static int
room_check(struct ctl *c, const struct dkim_file *f, bool beside)
{
	size_t active = count_active(c, f->tenant, f->domain);

	if (!beside || active < DKIM_ACTIVE_MOST)
		return 0;
	return ctl_fail(1, "%zu keys sign for %s, and %d is the most: retire one first", active,
	    f->domain, DKIM_ACTIVE_MOST);
}

int
dkim_activate(struct ctl *c, const struct dkim_file *f, bool force, bool beside)
{
	enum dkim_algorithm algorithm;
	struct dkim_key *key;
	struct err err = { "" };
	int bad;

	if (f->state == DKIM_ACTIVE)
		return ctl_fail(
		    1, "%s signs already, since %s", dkim_file_name(c, f), ctl_day(c, f->since_s));
	bad = room_check(c, f, beside);
	if (bad != 0)
		return bad;
	key = dkim_file_key(c, f, &err);
	if (key == NULL)
		return ctl_fail(1, "%s", err.text);
	algorithm = dkim_key_algorithm(key);
	bad = force ? 0 : published_check(c, f, key);
	dkim_key_free(key);
	/* First the new one, then the old ones: in between both sign, and mail is never without. */
	if (bad == 0)
		bad = turn(c, f, DKIM_ACTIVE, "dkim-activate");
	return bad != 0 || beside ? bad : others_retire(c, f, algorithm);
}

int
dkim_retire(struct ctl *c, const struct dkim_file *f, bool force)
{
	if (f->state != DKIM_ACTIVE)
		return ctl_fail(1, "%s does not sign: it is %s", dkim_file_name(c, f),
		    dkim_state_word(f->state));
	if (!force && count_active(c, f->tenant, f->domain) == 1)
		return ctl_fail(1,
		    "it is the last that signs for %s, mail would go unsigned: activate another "
		    "first, or say --force",
		    f->domain);
	return turn(c, f, DKIM_RETIRED, "dkim-retire");
}
