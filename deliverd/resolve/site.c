#include "site.h"
#include "err.h"

#include <inttypes.h>
#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 100, HOST_BYTES = 256 };

struct site_suffixes {
	psl_ctx_t *psl;
};

struct site_suffixes *
site_suffixes_load(void)
{
	struct site_suffixes *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the public suffixes");
	s->psl = psl_latest(NULL); /* the distribution's file, or what the library brings */
	return s;
}

void
site_suffixes_free(struct site_suffixes *s)
{
	psl_free(s->psl);
	free(s);
}

/* The organisational domain, or the host itself where it has none above it. */
static struct span
organisation(const struct site_suffixes *s, struct span host)
{
	char name[HOST_BYTES];
	const char *domain;

	if (host.n >= sizeof(name) || host.n == 0 || s->psl == NULL)
		return host;
	if (host.p[host.n - 1] >= '0' && host.p[host.n - 1] <= '9')
		return host; /* an address: no top-level domain ends so */
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	domain = psl_registrable_domain(s->psl, name);
	return domain == NULL ? host : span_from(host, (size_t)(domain - name));
}

static int
by_name(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

static void
join(struct span *hosts, unsigned n, struct buf *out)
{
	struct buf all;

	buf_init(&all, (size_t)HOSTS_MAX * HOST_BYTES);
	qsort(hosts, n, sizeof(hosts[0]), by_name);
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&all, '+');
		buf_span(&all, hosts[i]);
	}
	if (all.n <= SITE_NAME_MAX)
		buf_span(out, buf_all(&all));
	else
		buf_printf(out, "%.*s+%.*s+%016" PRIx64, SPAN(span_first(hosts[0], 48)),
		    SPAN(span_first(hosts[1], 48)), span_hash(buf_all(&all)));
	buf_free(&all);
}

void
site_name(const struct site_suffixes *s, const struct span *hosts, unsigned n, struct buf *out)
{
	struct span sorted[HOSTS_MAX], first;
	bool one = true;

	if (n > HOSTS_MAX)
		n = HOSTS_MAX;
	if (n == 0)
		return;
	first = organisation(s, hosts[0]);
	for (unsigned i = 0; i < n; i++) {
		sorted[i] = hosts[i];
		one = one && span_eq_nocase(organisation(s, hosts[i]), first);
	}
	if (one)
		buf_span(out, first);
	else
		join(sorted, n, out);
}
