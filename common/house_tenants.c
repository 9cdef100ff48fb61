#include "err.h"
#include "house_conf.h"

#include <stdlib.h>
#include <string.h>

/* ---- blocks that others name ---- */

enum { NAMES_BYTES = 300 };

/* Those there are: "a, b, c ...". */
static void
names_put(const struct conf_block *top, const char *kind, struct buf *out)
{
	const struct conf_block *b = conf_first(top, kind);

	for (; b != NULL && out->n < NAMES_BYTES - 100; b = conf_next(b))
		buf_printf(out, "%s%.80s", out->n == 0 ? "" : ", ", conf_name(b));
	if (b != NULL)
		buf_str(out, " ...");
}

void
house_named_check(
    struct conf *conf, const struct conf_block *b, const char *setting, const char *kind)
{
	const char *name = conf_str(b, setting);
	struct buf there;

	if (name[0] == '\0' || conf_find(conf_top(conf), kind, span_str(name)) != NULL)
		return;
	buf_init(&there, NAMES_BYTES);
	names_put(conf_top(conf), kind, &there);
	if (there.n > 0)
		conf_complain(conf, b, setting, "there is no %s \"%s\"\nthere is: %.*s", kind, name,
		    SPAN(buf_all(&there)));
	else
		conf_complain(conf, b, setting, "there is no %s \"%s\"\nadd a block: %s %s { ... }",
		    kind, name, kind, name);
	buf_free(&there);
}

/* ---- who needs no login ---- */

enum {
	BITS_LEAST_4 = 8, /* 10.0.0.0/8 is the largest that is somebody's own */
	BITS_LEAST_6 = 7, /* fc00::/7 */
};

void
house_allow_check(struct conf *conf, const struct conf_block *b)
{
	for (size_t i = 0; i < conf_count(b, "allow"); i++) {
		const struct conf_network *n = conf_network_at(b, "allow", i);

		if (n->bits < (n->ip.family == AF_INET ? BITS_LEAST_4 : BITS_LEAST_6))
			conf_complain_at(conf, b, "allow", i,
			    "%s lets strangers send through this relay\n"
			    "name the networks of your own clients, or have them log in (auth)",
			    conf_str_at(b, "allow", i));
	}
}

/* ---- domains ---- */

struct domain {
	const char *name;
	const struct conf_block *tenant;
	size_t i;
};

/* In the order of the file where names are equal. */
static int
by_domain(const void *a, const void *b)
{
	const struct domain *x = a, *y = b;
	int order = strcasecmp(x->name, y->name);
	struct conf_place p, q;

	if (order != 0)
		return order;
	p = conf_block_place(x->tenant);
	q = conf_block_place(y->tenant);
	return p.line != q.line ? (p.line < q.line ? -1 : 1) : (x->i > y->i) - (x->i < y->i);
}

static struct domain *
domains_list(const struct conf_block *top, size_t *n)
{
	const struct conf_block *t;
	struct domain *list;
	size_t most = 0;

	for (t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		most += conf_count(t, "domain");
	list = calloc(most + 1, sizeof(*list));
	if (list == NULL)
		fatal("out of memory for the domains of tenants");
	*n = 0;
	for (t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		for (size_t i = 0; i < conf_count(t, "domain"); i++)
			list[(*n)++] = (struct domain){ conf_str_at(t, "domain", i), t, i };
	qsort(list, *n, sizeof(*list), by_domain);
	return list;
}

/* One that is called default is there without a block. */
static void
streams_check(struct conf *conf, const struct conf_block *top)
{
	for (const struct conf_block *t = conf_first(top, "tenant"); t != NULL; t = conf_next(t))
		if (strcasecmp(conf_str(t, "stream"), "default") != 0)
			house_named_check(conf, t, "stream", "stream");
}

/* A domain's keys, counts and reports are one tenant's. */
void
house_tenants_check(struct conf *conf, const struct conf_block *top)
{
	size_t n;
	struct domain *list = domains_list(top, &n);

	for (size_t i = 1; i < n; i++)
		if (list[i].tenant != list[i - 1].tenant &&
		    strcasecmp(list[i].name, list[i - 1].name) == 0)
			conf_complain_at(conf, list[i].tenant, "domain", list[i].i,
			    "%s is a domain of tenant %s too\nleave it to one of them",
			    list[i].name, conf_name(list[i - 1].tenant));
	free(list);
	streams_check(conf, top);
}
