#include "site.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_MAX = 100, HOST_BYTES = 256 };

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
site_name(const struct suffixes *s, const struct span *hosts, unsigned n, struct buf *out)
{
	struct span sorted[HOSTS_MAX], first;
	bool one = true;

	if (n > HOSTS_MAX)
		n = HOSTS_MAX;
	if (n == 0)
		return;
	first = suffixes_organisation(s, hosts[0]);
	for (unsigned i = 0; i < n; i++) {
		sorted[i] = hosts[i];
		one = one && span_eq_nocase(suffixes_organisation(s, hosts[i]), first);
	}
	if (one)
		buf_span(out, first);
	else
		join(sorted, n, out);
}
