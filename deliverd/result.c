#include "result.h"
#include "err.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>
#include <string.h>

struct kept {
	STAILQ_ENTRY(kept) link;
	struct deliver_result r; /* spans into bytes */
	char bytes[];
};

struct results {
	STAILQ_HEAD(, kept) list; /* by number */
	uint64_t last;
	size_t n;
	struct chan *to;
};

struct results *
results_new(void)
{
	struct results *rs = calloc(1, sizeof(*rs));

	if (rs == NULL)
		fatal("out of memory for results");
	STAILQ_INIT(&rs->list);
	return rs;
}

static char *
span_move(struct span *s, char *to)
{
	if (s->n > 0)
		memcpy(to, s->p, s->n);
	s->p = to;
	return to + s->n;
}

static struct kept *
keep(const struct deliver_result *r)
{
	size_t n = r->enhanced.n + r->text.n + r->server.n + r->address.n + r->source.n + r->tls.n;
	struct kept *k = malloc(sizeof(*k) + n);
	char *at;

	if (k == NULL)
		fatal("out of memory for a result");
	k->r = *r;
	at = span_move(&k->r.enhanced, k->bytes);
	at = span_move(&k->r.text, at);
	at = span_move(&k->r.server, at);
	at = span_move(&k->r.address, at);
	at = span_move(&k->r.source, at);
	span_move(&k->r.tls, at);
	return k;
}

void
results_add(struct results *rs, const struct deliver_result *r)
{
	struct kept *k = keep(r);

	k->r.number = ++rs->last;
	STAILQ_INSERT_TAIL(&rs->list, k, link);
	rs->n++;
	if (rs->to != NULL)
		deliver_result_put(rs->to, &k->r);
}

void
results_ack(struct results *rs, uint64_t number)
{
	struct kept *k;

	while ((k = STAILQ_FIRST(&rs->list)) != NULL && k->r.number <= number) {
		STAILQ_REMOVE_HEAD(&rs->list, link);
		free(k);
		rs->n--;
	}
}

size_t
results_kept(const struct results *rs)
{
	return rs->n;
}

void
results_to(struct results *rs, struct chan *to)
{
	struct kept *k;

	rs->to = to;
	STAILQ_FOREACH (k, &rs->list, link) {
		k->r.transaction = 0;
		k->r.session = 0;
		if (to != NULL)
			deliver_result_put(to, &k->r);
	}
}
