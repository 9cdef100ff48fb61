#include "message.h"
#include "err.h"
#include "final.h"
#include "lane.h"

#include <stdlib.h>
#include <string.h>

static void
deliveries_make(struct messages *ms, struct message *m)
{
	const struct envelope *e = m->envelope;

	m->deliveries = arena_alloc(m->arena, sizeof(*m->deliveries) * e->rcpts_n);
	for (uint32_t i = 0; i < e->rcpts_n; i++) {
		struct delivery *d = &m->deliveries[i];

		d->message = m;
		d->index = i;
		d->state = e->rcpts[i].mark == MARK_OPEN ? DELIVERY_NEW : DELIVERY_ENDED;
		m->in[d->state]++;
		if (e->rcpts[i].mark == MARK_DROPPED)
			d->final = FINAL_DROPPED;
		m->open += d->state != DELIVERY_ENDED;
	}
	ms->deliveries += m->open;
}

static struct span
copied(struct span bytes)
{
	char *p;

	if (bytes.n == 0)
		return span_of(NULL, 0);
	p = malloc(bytes.n);
	if (p == NULL)
		fatal("out of memory for a message");
	memcpy(p, bytes.p, bytes.n);
	return span_of(p, bytes.n);
}

void
message_drop_bytes(struct message *m)
{
	free((void *)m->bytes.p);
	m->bytes = span_of(NULL, 0);
}

struct message *
message_new(struct messages *ms, const struct queued_conf *conf, const struct envelope *e,
    const struct facts *f, struct span bytes)
{
	struct arena *a = arena_new(0);
	struct message *m = arena_alloc(a, sizeof(*m));

	m->arena = a;
	m->envelope = envelope_copy(e, a);
	m->facts = *f;
	m->bytes = copied(bytes);
	m->tenant = conf_tenant(conf, e->tenant);
	m->stream = conf_stream(conf, e->stream, m->tenant);
	deliveries_make(ms, m);
	table_put(&ms->by_id, &m->by_id, id_hash(e->id));
	return m;
}

void
message_free(struct messages *ms, struct message *m)
{
	for (uint32_t i = 0; i < m->envelope->rcpts_n; i++) {
		struct delivery *d = &m->deliveries[i];

		must(d->item.in == NULL && !schedule_has(&d->due) && d->transaction == NULL);
		lane_forget(d);
		free(d->last);
	}
	ms->deliveries -= m->open;
	message_drop_bytes(m);
	table_remove(&ms->by_id, &m->by_id);
	arena_free(m->arena);
}

void
messages_conf(struct messages *ms, const struct queued_conf *conf)
{
	for (struct table_node *n = table_each(&ms->by_id, NULL); n != NULL;
	     n = table_each(&ms->by_id, n)) {
		struct message *m = TABLE_OF(n, struct message, by_id);

		m->tenant = conf_tenant(conf, m->envelope->tenant);
		m->stream = conf_stream(conf, m->envelope->stream, m->tenant);
	}
}
