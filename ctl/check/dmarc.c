#include "dmarc.h"
#include "err.h"
#include "tags.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 256 };

struct dmarc_suffixes {
	psl_ctx_t *psl;
};

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

struct dmarc_suffixes *
dmarc_suffixes_load(void)
{
	struct dmarc_suffixes *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the public suffixes");
	s->psl = psl_latest(NULL); /* the distribution's file, or what the library brings */
	return s;
}

void
dmarc_suffixes_free(struct dmarc_suffixes *s)
{
	psl_free(s->psl);
	free(s);
}

struct span
dmarc_organisation(const struct dmarc_suffixes *s, struct span domain)
{
	char name[NAME_BYTES] = "";
	const char *found;

	if (domain.n == 0 || domain.n >= sizeof(name) || s->psl == NULL ||
	    memchr(domain.p, '\0', domain.n) != NULL)
		return domain;
	memcpy(name, domain.p, domain.n);
	found = psl_registrable_domain(s->psl, name);
	return found == NULL ? domain : span_from(domain, (size_t)(found - name));
}

bool
dmarc_aligned(const struct dmarc_suffixes *s, struct span from, struct span other, bool strict)
{
	if (strict || from.n == 0 || other.n == 0)
		return from.n > 0 && span_eq_nocase(from, other);
	return span_eq_nocase(dmarc_organisation(s, from), dmarc_organisation(s, other));
}
