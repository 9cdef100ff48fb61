#include "suffixes.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

enum { HOST_BYTES = 256 };

struct suffixes {
	psl_ctx_t *psl;
};

struct suffixes *
suffixes_load(void)
{
	struct suffixes *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for the public suffixes");
	s->psl = psl_latest(NULL);
	return s;
}

void
suffixes_free(struct suffixes *s)
{
	psl_free(s->psl);
	free(s);
}

struct span
suffixes_organisation(const struct suffixes *s, struct span host)
{
	char name[HOST_BYTES] = "";
	const char *found;

	if (host.n >= sizeof(name) || host.n == 0 || s->psl == NULL ||
	    memchr(host.p, '\0', host.n) != NULL)
		return host;
	if (host.p[host.n - 1] >= '0' && host.p[host.n - 1] <= '9')
		return host; /* an address: no top-level domain ends so */
	memcpy(name, host.p, host.n);
	found = psl_registrable_domain(s->psl, name);
	return found == NULL ? host : span_from(host, (size_t)(found - name));
}
