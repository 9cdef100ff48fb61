#include "policy.h"

#include <stdio.h>

enum { LIKELY_AFTER = 2 }; /* messages */

struct policy
policy_read(const struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "bounces"), *f;
	struct policy p = { .hard_after = 1, .soft_after = 5, .soft_over_days = 14 };

	p.for_s[SUPPRESSED_SOFT_BOUNCES] = 30 * 86400;
	if (b == NULL)
		return p;
	p.hard_after = (uint32_t)conf_num(b, "suppress-hard-after");
	p.soft_after = (uint32_t)conf_num(b, "suppress-soft-after");
	p.soft_over_days = (uint32_t)((conf_num(b, "suppress-soft-over") + 86399) / 86400);
	p.hashed = span_is(span_str(conf_str(b, "suppression-store")), "hashed");
	f = conf_first(b, "suppress-for");
	for (int i = 0; f != NULL && i < SUPPRESSION_REASONS; i++)
		p.for_s[i] = conf_num(f, suppression_reason_word((enum suppression_reason)i));
	return p;
}

static bool
is_about_recipient(enum category c)
{
	switch (c) {
	case CATEGORY_BAD_MAILBOX:
	case CATEGORY_BAD_DOMAIN:
	case CATEGORY_INACTIVE:
	case CATEGORY_MOVED:
	case CATEGORY_NOT_ACCEPTING:
	case CATEGORY_MAILBOX_FULL:
		return true;
	default:
		return false;
	}
}

/* Nobody there for days is about the recipient's domain, once it ended the delivery. */
static bool
may_be_about_recipient(enum category c)
{
	return c == CATEGORY_NETWORK || c == CATEGORY_EXPIRED || c == CATEGORY_OTHER ||
	       c == CATEGORY_NONE;
}

enum policy_result
policy_counts(const struct verdict *v, bool final)
{
	if (v->class == CLASS_HARD)
		return v->advice != ADVICE_SUPPRESS && v->advice != ADVICE_NONE ? RESULT_NONE
		       : v->agreed                                              ? RESULT_HARD
										: RESULT_LIKELY;
	if (is_about_recipient(v->category) || (final && may_be_about_recipient(v->category)))
		return RESULT_SOFT;
	return RESULT_NONE;
}

/* Days behind the window fall out. */
static void
soft_day(struct suppression_counts *c, uint32_t today, uint32_t over_days)
{
	uint32_t passed = today > c->last_day ? today - c->last_day : 0;

	if (c->last_day > today + 1) { /* the clock was ahead: of its days nothing is known */
		c->soft_days = 0;
		c->last_day = today;
	}
	if (over_days > POLICY_SOFT_DAYS_MAX)
		over_days = POLICY_SOFT_DAYS_MAX;
	c->soft_days = passed >= POLICY_SOFT_DAYS_MAX ? 0 : c->soft_days << passed;
	c->soft_days |= 1;
	if (over_days < POLICY_SOFT_DAYS_MAX)
		c->soft_days &= ((uint64_t)1 << over_days) - 1;
	c->last_day = c->last_day > today ? c->last_day : today;
}

static bool
hard_one(const struct policy *p, struct suppression_counts *c, bool likely, uint64_t message,
    uint32_t today)
{
	uint32_t needed = likely && p->hard_after < LIKELY_AFTER ? LIKELY_AFTER : p->hard_after;

	if (c->last_hard_day + POLICY_HARD_DAYS < today)
		c->hard = 0;
	if (c->hard == 0 || c->last_message != message)
		c->hard++;
	c->last_hard_day = today;
	c->last_message = message;
	return c->hard >= needed;
}

bool
policy_count(const struct policy *p, struct suppression_counts *c, enum policy_result r,
    uint64_t message, uint32_t today)
{
	if ((r == RESULT_HARD || r == RESULT_LIKELY) && p->hard_after > 0)
		return hard_one(p, c, r == RESULT_LIKELY, message, today);
	if (r == RESULT_SOFT && p->soft_after > 0) {
		soft_day(c, today, p->soft_over_days);
		return (uint32_t)__builtin_popcountll(c->soft_days) >= p->soft_after;
	}
	return false;
}

uint32_t
policy_keeps_from(const struct policy *p, uint32_t today)
{
	uint32_t keep = p->soft_over_days > POLICY_HARD_DAYS ? p->soft_over_days : POLICY_HARD_DAYS;

	return today > keep ? today - keep : 0; /* a clock that begins in 1970 forgets nothing */
}

uint64_t
policy_expiry(const struct policy *p, enum suppression_reason r, uint64_t now_s)
{
	return p->for_s[r] == 0 ? 0 : now_s + p->for_s[r];
}
