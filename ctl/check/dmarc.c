#include "dmarc.h"
#include "tags.h"

bool
dmarc_is(struct span txt)
{
	struct span rest = txt, name, value;

	return tags_next(&rest, &name, &value) == 1 && span_is(name, "v") &&
	       span_is(value, "DMARC1");
}

static int
policy_read(struct span s, enum dmarc_policy *p)
{
	static const char *const words[] = { "none", "quarantine", "reject" };

	for (unsigned i = 0; i < 3; i++)
		if (span_is_nocase(s, words[i])) {
			*p = (enum dmarc_policy)i;
			return 0;
		}
	return -1;
}

/* RFC 7489 6.3: what is wrong in other tags counts as their default. */
static bool
is_strict(struct span record, const char *tag)
{
	struct span v;

	return tags_find(record, tag, &v) == 1 && span_is_nocase(v, "s");
}

/* Is there an address that reports can be sent to? */
static bool
has_reports(struct span rua)
{
	while (rua.n > 0) {
		struct span uri = span_trim(span_cut(rua, ',', &rua));

		if (span_starts_nocase(uri, "mailto:") && span_find(uri, '@') > 0)
			return true;
	}
	return false;
}

/* What is wrong with the tags that say what is to be done; NULL: nothing. follows: the policy itself is one. */
static const char *
policies_read(struct span txt, struct dmarc_record *d, bool *follows)
{
	struct span v;
	uint64_t percent;

	if (tags_find(txt, "p", &v) != 1)
		return "it has no p=";
	if (policy_read(v, &d->policy) == -1)
		return "its p= is none of none, quarantine and reject";
	d->subdomains = d->policy;
	if (tags_find(txt, "sp", &v) == 1 && policy_read(v, &d->subdomains) == -1)
		return "its sp= is none of none, quarantine and reject";
	*follows = true;
	if (tags_find(txt, "pct", &v) == 1) {
		if (span_u64(v, 100, &percent) == -1)
			return "its pct= is not a number from 0 to 100";
		d->percent = (unsigned)percent;
	}
	return NULL;
}

static bool
tags_are_sound(struct span txt)
{
	static const char *const once[] = { "p", "sp", "pct", "adkim", "aspf", "rua" };
	struct span v;

	for (unsigned i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (tags_find(txt, once[i], &v) == -1)
			return false;
	return true;
}

int
dmarc_read(struct span txt, struct dmarc_record *d)
{
	bool follows = false;

	*d = (struct dmarc_record){ .percent = 100 };
	if (!dmarc_is(txt) || !tags_are_sound(txt))
		return -1;
	if (tags_find(txt, "rua", &d->rua) != 1)
		d->rua = span_of(NULL, 0);
	d->strict_dkim = is_strict(txt, "adkim");
	d->strict_spf = is_strict(txt, "aspf");
	d->instead = policies_read(txt, d, &follows);
	if (d->instead == NULL)
		return 0;
	d->policy = d->subdomains = DMARC_NONE;
	return follows || has_reports(d->rua) ? 0 : -1;
}

bool
dmarc_aligned(const struct suffixes *s, struct span from, struct span other, bool strict)
{
	if (strict || from.n == 0 || other.n == 0)
		return from.n > 0 && span_eq_nocase(from, other);
	return span_eq_nocase(suffixes_organisation(s, from), suffixes_organisation(s, other));
}
