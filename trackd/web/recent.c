#include "recent.h"
#include "err.h"
#include "visitor_nets.h"
#include "siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { WAYS = 8, SETS = RECENT_MESSAGES / WAYS };

struct past_visit {
	uint64_t at_ms, visitor;
	struct id event;
	uint32_t link; /* 0: the pixel */
	uint16_t rule;
	uint8_t kind, machine;
};

/* A ring of the last visits to one recipient's message. */
struct seen {
	uint64_t key; /* 0: free */
	uint64_t touched_ms;
	unsigned n, next;
	struct past_visit visits[RECENT_VISITS];
};

struct recent {
	struct siphash_key secret; /* strangers choose agents, and could steer a hash they know */
	struct seen *seen;
};

struct recent *
recent_new(void)
{
	struct recent *r = calloc(1, sizeof(*r));

	if (r == NULL || (r->seen = calloc(RECENT_MESSAGES, sizeof(*r->seen))) == NULL)
		fatal("out of memory for recent visits");
	if (getrandom(&r->secret, sizeof(r->secret), 0) != sizeof(r->secret))
		r->secret.k0 = 1;
	return r;
}

void
recent_free(struct recent *r)
{
	if (r != NULL)
		free(r->seen);
	free(r);
}

static uint64_t
key_of(const struct recent *r, const struct recent_key *k)
{
	uint8_t b[ID_BYTES + 4];
	uint64_t key;

	memcpy(b, k->message.b, ID_BYTES);
	memcpy(b + ID_BYTES, &k->recipient, 4);
	key = siphash(&r->secret, span_of(b, sizeof(b)));
	return key == 0 ? 1 : key;
}

/* A /24 or /48 and an agent: farms of scanners share both, and so do a person's visits on the move. */
static uint64_t
visitor_of(const struct recent *r, const struct recent_key *k)
{
	struct ip ip;
	uint64_t net = 0;

	if (ip_read(k->client, &ip) == 0) {
		ip_unmap(&ip);
		memcpy(&net, ip.bytes, ip.family == AF_INET ? 3 : 6);
	}
	return siphash(&r->secret, k->agent) ^ (net * 0x9e3779b97f4a7c15U);
}

static uint32_t
link_of(const struct recent *r, struct span link)
{
	uint32_t h = link.n == 0 ? 0 : (uint32_t)siphash(&r->secret, link);

	return link.n > 0 && h == 0 ? 1 : h;
}

static struct seen *
find(const struct recent *r, uint64_t key)
{
	struct seen *set = &r->seen[key % SETS * WAYS];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

static struct seen *
find_or_make(struct recent *r, uint64_t key)
{
	struct seen *s = find(r, key), *set = &r->seen[key % SETS * WAYS];

	if (s != NULL)
		return s;
	s = set;
	for (unsigned i = 1; i < WAYS; i++)
		if (set[i].touched_ms < s->touched_ms)
			s = &set[i];
	*s = (struct seen){ .key = key };
	return s;
}

/* The i-th from the last. */
static struct past_visit *
from_last(struct seen *s, unsigned i)
{
	return &s->visits[(s->next + RECENT_VISITS - 1 - i) % RECENT_VISITS];
}

static uint32_t
ago(const struct past_visit *p, uint64_t now_ms)
{
	uint64_t ms = now_ms > p->at_ms ? now_ms - p->at_ms : 0;

	return ms > RECENT_MS ? RECENT_MS : (uint32_t)ms;
}

void
recent_past(
    const struct recent *r, const struct recent_key *k, uint64_t now_ms, struct visit_past *past)
{
	struct seen *s = find(r, key_of(r, k));
	uint32_t link = link_of(r, k->link), links[RECENT_VISITS] = { 0 };
	uint64_t visitor = visitor_of(r, k);

	*past = (struct visit_past){ .links_n = 0 };
	for (unsigned i = 0; s != NULL && i < s->n; i++) {
		const struct past_visit *p = from_last(s, i);
		bool known = p->link == 0 || p->link == link || link == 0;

		if (ago(p, now_ms) >= RECENT_MS)
			break;
		for (unsigned j = 0; !known && j < past->links_n; j++)
			known = links[j] == p->link;
		if (!known) {
			links[past->links_n] = p->link;
			past->links_ms[past->links_n++] = ago(p, now_ms);
		}
		if (p->visitor == visitor && p->rule != JUDGEMENT_NO_RULE) {
			past->rules[past->rules_n].rule = p->rule;
			past->rules[past->rules_n++].ago_ms = ago(p, now_ms);
		}
	}
}

/* Was it made by what just gave itself away? */
static bool
is_of(const struct past_visit *p, uint64_t visitor, const struct judgement *j, uint32_t ago_ms)
{
	return (p->visitor == visitor && ago_ms <= j->back_ms) ||
	       (p->link != 0 && j->span_ms > 0 && ago_ms <= j->span_ms);
}

static unsigned
revise(struct seen *s, uint64_t visitor, uint64_t now_ms, const struct judgement *j,
    struct recent_revised revised[RECENT_VISITS])
{
	unsigned n = 0;

	for (unsigned i = 0; j->machine == MACHINE_YES && i < s->n; i++) {
		struct past_visit *p = from_last(s, i);

		if (p->machine == MACHINE_YES || !is_of(p, visitor, j, ago(p, now_ms)))
			continue;
		revised[n++] = (struct recent_revised){ .event = p->event,
			.kind = (enum visit_kind)p->kind,
			.was = (enum machine)p->machine };
		p->machine = MACHINE_YES;
		p->rule = j->rule;
	}
	return n;
}

unsigned
recent_note(struct recent *r, const struct recent_key *k, uint64_t now_ms, enum visit_kind kind,
    const struct judgement *j, struct id event, struct recent_revised revised[RECENT_VISITS])
{
	struct seen *s = find_or_make(r, key_of(r, k));
	uint64_t visitor = visitor_of(r, k);
	unsigned n = revise(s, visitor, now_ms, j, revised);

	s->visits[s->next] = (struct past_visit){ .at_ms = now_ms,
		.visitor = visitor,
		.event = event,
		.link = link_of(r, k->link),
		.rule = j->rule,
		.kind = (uint8_t)kind,
		.machine = (uint8_t)j->machine };
	s->next = (s->next + 1) % RECENT_VISITS;
	s->n += s->n < RECENT_VISITS;
	s->touched_ms = now_ms;
	return n;
}
