/* Which rule decides a visit: the first, in order of rank, whose conditions all hold. */
#include "visitors_inside.h"

enum { AGENT_BYTES = 512 }; /* what is longer says the rest in vain */

/* A visit made ready for many rules; what costs something is made when the first rule asks. */
struct looked {
	const struct visitors *v;
	const struct visit *visit;
	const struct visit_past *past;
	struct pattern_words agent, purpose;
	uint64_t networks;
	bool networks_known;
};

static bool
is_from(struct looked *l, uint64_t wanted)
{
	struct ip ip;

	if (!l->networks_known && ip_read(l->visit->client, &ip) == 0)
		for (size_t i = 0; i < l->v->networks_n; i++)
			if (visitor_nets_have(l->v->networks[i], &ip))
				l->networks |= (uint64_t)1 << i;
	l->networks_known = true;
	return (l->networks & wanted) != 0;
}

static bool
age_holds(const struct visitor_rule *r, int64_t age_ms)
{
	if (r->sooner_ms == 0 && r->later_ms == 0)
		return true;
	if (age_ms == VISIT_AGE_UNKNOWN)
		return false;
	return (r->sooner_ms == 0 || age_ms < r->sooner_ms) && age_ms >= r->later_ms;
}

static bool
links_hold(const struct visitor_rule *r, const struct visit_past *past)
{
	return r->links == 0 ||
	       (past->links_n + 1 >= r->links && past->links_ms[r->links - 2] <= r->span_ms);
}

static bool
is_among(uint16_t number, const struct visitor_rule *r)
{
	for (size_t i = 0; i < r->follows_n; i++)
		if (r->follows[i] == number)
			return true;
	return false;
}

static bool
follows_hold(const struct visitor_rule *r, const struct visit_past *past)
{
	for (unsigned i = 0; i < past->rules_n; i++)
		if (past->rules[i].ago_ms <= r->span_ms && is_among(past->rules[i].rule, r))
			return true;
	return r->follows_n == 0;
}

/* The cheap ones first. */
static bool
holds(const struct visitor_rule *r, struct looked *l)
{
	const struct visit *visit = l->visit;

	return (r->kinds == 0 || (r->kinds >> visit->kind & 1) != 0) &&
	       (r->method == -1 || r->method == (int)visit->method) &&
	       (!r->no_language || visit->no_language) && age_holds(r, visit->age_ms) &&
	       links_hold(r, l->past) && follows_hold(r, l->past) &&
	       (r->purpose == NULL || pattern_match(r->purpose, &l->purpose) > 0) &&
	       (r->from == 0 || is_from(l, r->from)) &&
	       (r->agent == NULL || pattern_match(r->agent, &l->agent) > 0) &&
	       (r->but_not == NULL || pattern_match(r->but_not, &l->agent) == 0);
}

const struct visitor_rule *
visitors_find(const struct visitors *v, const struct visit *visit, const struct visit_past *past)
{
	struct looked l = { .v = v, .visit = visit, .past = past };

	pattern_words(&l.agent, span_first(visit->agent, AGENT_BYTES));
	pattern_words(&l.purpose, span_first(visit->purpose, AGENT_BYTES));
	for (size_t i = 0; i < v->rules_n; i++)
		if (holds(&v->rules[i], &l))
			return &v->rules[i];
	return NULL;
}

struct judgement
visitors_judge(struct visitors *v, const struct visit *visit, const struct visit_past *past)
{
	const struct visitor_rule *r = visitors_find(v, visit, past);

	if (r == NULL)
		return (struct judgement){ .machine = MACHINE_NO, .rule = JUDGEMENT_NO_RULE };
	return (struct judgement){ .machine = r->machine,
		.rule = r->number,
		.reason = r->reason,
		.back_ms = r->back_ms,
		.span_ms = r->back_ms > 0 ? r->span_ms : 0 };
}
