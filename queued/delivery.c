#include "delivery.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "message.h"

#include <stdlib.h>
#include <string.h>

#define TO(state) (1u << DELIVERY_##state)

static const unsigned to_states[] = {
	[DELIVERY_NEW] = TO(CONFIRM) | TO(ROUTING) | TO(LANE) | TO(SENDING) | TO(DEFERRED) |
			 TO(PAUSED) | TO(HELD) | TO(RETURNED) | TO(NOTICE) | TO(ENDING) |
			 TO(VERDICT),
	[DELIVERY_CONFIRM] = TO(NEW) | TO(ROUTING) | TO(LANE) | TO(DEFERRED) | TO(NOTICE) |
			     TO(ENDING) | TO(HELD) | TO(PAUSED),
	[DELIVERY_ROUTING] = TO(LANE) | TO(VERDICT) | TO(DEFERRED) | TO(NOTICE) | TO(ENDING) |
			     TO(SENDING) | TO(HELD) | TO(PAUSED),
	[DELIVERY_LANE] = TO(REWRITING) | TO(SENDING) | TO(DEFERRED) | TO(HELD) | TO(VERDICT) |
			  TO(NOTICE) | TO(ENDING) | TO(NEW) | TO(CONFIRM) | TO(PAUSED),
	[DELIVERY_REWRITING] =
	    TO(SENDING) | TO(LANE) | TO(DEFERRED) | TO(NOTICE) | TO(ENDING) | TO(PAUSED) | TO(HELD),
	[DELIVERY_SENDING] =
	    TO(LANE) | TO(VERDICT) | TO(DEFERRED) | TO(NOTICE) | TO(ENDING) | TO(PAUSED) | TO(HELD),
	[DELIVERY_VERDICT] = TO(DEFERRED) | TO(NOTICE) | TO(ENDING) | TO(HELD),
	[DELIVERY_DEFERRED] =
	    TO(NEW) | TO(SENDING) | TO(VERDICT) | TO(HELD) | TO(NOTICE) | TO(ENDING),
	[DELIVERY_PAUSED] =
	    TO(NEW) | TO(SENDING) | TO(VERDICT) | TO(HELD) | TO(NOTICE) | TO(ENDING),
	[DELIVERY_HELD] = TO(NEW) | TO(NOTICE) | TO(ENDING) | TO(SENDING) | TO(VERDICT),
	[DELIVERY_RETURNED] = TO(NEW) | TO(DEFERRED) | TO(NOTICE) | TO(ENDING) | TO(HELD),
	[DELIVERY_NOTICE] = TO(ENDING),
	[DELIVERY_ENDING] = TO(ENDED),
	[DELIVERY_ENDED] = 0,
};

bool
delivery_may(enum delivery_state from, enum delivery_state to)
{
	return (to_states[from] & 1u << to) != 0;
}

enum delivery_state
delivery_shown(const struct delivery *d)
{
	return d->state == DELIVERY_LANE && d->unreached ? DELIVERY_DEFERRED
							 : (enum delivery_state)d->state;
}

/* Its message counts it where it stands. */
static void
counted(struct delivery *d, int more)
{
	d->message->in[d->state] += (uint32_t)more;
	if (d->state == DELIVERY_LANE && d->unreached)
		d->message->unreached += (uint32_t)more;
}

static void
put(struct delivery *d, enum delivery_state to)
{
	counted(d, -1);
	d->state = (uint8_t)to;
	counted(d, 1);
}

bool
delivery_move(struct delivery *d, enum delivery_state to)
{
	if (!delivery_may(d->state, to))
		return false;
	put(d, to);
	return true;
}

void
delivery_reopen(struct delivery *d)
{
	must(d->state == DELIVERY_ENDED);
	put(d, DELIVERY_NEW);
	d->given_up = false;
}

void
delivery_hold(struct delivery *d)
{
	put(d, DELIVERY_HELD);
	d->order = ORDER_NONE;
	d->given_up = false;
}

void
delivery_unreached(struct delivery *d, bool unreached)
{
	counted(d, -1);
	d->unreached = unreached;
	counted(d, 1);
}

uint64_t
delivery_age_ms(const struct delivery *d)
{
	uint64_t now = loop_wall_ms(), received = d->message->envelope->received_ms;

	return now > received ? now - received : 0;
}

struct span
delivery_address(const struct delivery *d)
{
	return d->message->envelope->rcpts[d->index].address;
}

struct span
delivery_domain(const struct delivery *d)
{
	struct span a = delivery_address(d);
	ptrdiff_t at = span_find_last(a, '@');

	return at < 0 ? span_of(NULL, 0) : span_from(a, (size_t)at + 1);
}

/* Copies the spans behind the attempt, in one piece of memory. */
static struct attempt *
copied(const struct attempt *from)
{
	const struct span *in[] = { &from->enhanced, &from->text, &from->server, &from->address,
		&from->source, &from->tls, &from->status, &from->words, &from->rule,
		&from->provider };
	size_t n = sizeof(*from);
	struct attempt *a;
	char *p;

	for (unsigned i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		n += in[i]->n;
	a = malloc(n);
	if (a == NULL)
		fatal("out of memory for an attempt");
	*a = *from;
	p = (char *)(a + 1);
	struct span *out[] = { &a->enhanced, &a->text, &a->server, &a->address, &a->source, &a->tls,
		&a->status, &a->words, &a->rule, &a->provider };
	for (unsigned i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		if (in[i]->n > 0)
			memcpy(p, in[i]->p, in[i]->n);
		*out[i] = span_of(p, in[i]->n);
		p += in[i]->n;
	}
	return a;
}

void
delivery_attempt(struct delivery *d, const struct deliver_result *r, uint64_t time_ms)
{
	struct attempt a = { .time_ms = time_ms,
		.outcome = r->outcome,
		.stage = r->stage,
		.code = r->code,
		.took_ms = r->took_ms,
		.enhanced = r->enhanced,
		.text = r->text,
		.server = r->server,
		.address = r->address,
		.source = r->source,
		.tls = r->tls };
	struct attempt *old = d->last;

	d->last = copied(&a);
	free(old);
}

void
delivery_judged(struct delivery *d, uint8_t class, uint8_t category, uint8_t advice,
    uint32_t advice_s, struct span status, struct span words)
{
	struct attempt a = *d->last, *old = d->last;

	a.judged = true;
	a.class = class;
	a.category = category;
	a.advice = advice;
	a.advice_s = advice_s;
	a.status = status;
	a.words = words;
	d->last = copied(&a);
	free(old);
}

void
delivery_ruled(struct delivery *d, struct span rule, struct span provider, uint8_t confidence)
{
	struct attempt a = *d->last, *old = d->last;

	a.rule = rule;
	a.provider = provider;
	a.confidence = confidence;
	d->last = copied(&a);
	free(old);
}
