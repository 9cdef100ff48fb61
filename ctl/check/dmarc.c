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

static int
strict_read(struct span record, const char *tag, bool *strict)
{
	struct span v;
	int n = tags_find(record, tag, &v);

	*strict = n == 1 && span_is_nocase(v, "s");
	return n == -1 || (n == 1 && !*strict && !span_is_nocase(v, "r")) ? -1 : 0;
}

int
dmarc_read(struct span txt, struct dmarc_record *d)
{
	struct span v;
	uint64_t percent = 100;
	int n;

	*d = (struct dmarc_record){ 0 };
	if (!dmarc_is(txt) || tags_find(txt, "p", &v) != 1 || policy_read(v, &d->policy) == -1)
		return -1;
	d->subdomains = d->policy;
	if ((n = tags_find(txt, "sp", &v)) == -1 ||
	    (n == 1 && policy_read(v, &d->subdomains) == -1))
		return -1;
	if (strict_read(txt, "adkim", &d->strict_dkim) == -1 ||
	    strict_read(txt, "aspf", &d->strict_spf) == -1)
		return -1;
	if ((n = tags_find(txt, "pct", &v)) == -1 || (n == 1 && span_u64(v, 100, &percent) == -1))
		return -1;
	d->percent = (unsigned)percent;
	return tags_find(txt, "rua", &d->rua) == -1 ? -1 : 0;
}

bool
dmarc_aligned(const struct suffixes *s, struct span from, struct span other, bool strict)
{
	if (strict || from.n == 0 || other.n == 0)
		return from.n > 0 && span_eq_nocase(from, other);
	return span_eq_nocase(suffixes_organisation(s, from), suffixes_organisation(s, other));
}
