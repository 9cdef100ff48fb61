/* policy.h: which results put an address on the suppression list, and for how long. Pure but for reading the settings.
 *
 * A hard result counts one; where words and enhanced status do not both say it, a second message must get one too before the
 * address goes on the list. A message counts once. A soft one counts for its day, however often it came on it: a message that is tried twenty
 * times against a full mailbox says it once a day. Only what is about the recipient counts: a blocked source, content or
 * rates say nothing about the address. A delivery takes no count back (bouncd is not told of deliveries): the window
 * forgets. */
#pragma once

#include "conf.h"
#include "suppression.h"
#include "verdict.h"

enum { POLICY_HARD_DAYS = 180, POLICY_SOFT_DAYS_MAX = 64 };

struct policy {
	uint32_t hard_after; /* 0: never */
	uint32_t soft_after; /* days; 0: never */
	uint32_t soft_over_days;
	uint64_t for_s[SUPPRESSION_REASONS]; /* 0: for ever */
	bool hashed;
};

/* LIKELY: hard by words or by status alone. */
enum policy_result { RESULT_NONE, RESULT_HARD, RESULT_LIKELY, RESULT_SOFT };

struct policy policy_read(const struct conf *);
/* What a verdict counts as. final: it ended the delivery. */
enum policy_result policy_counts(const struct verdict *, bool final);
/* Counts it; true: the address is to be suppressed. message: which one got it. today: days since 1970. */
bool policy_count(const struct policy *, struct suppression_counts *, enum policy_result,
    uint64_t message, uint32_t today);
/* Counts whose last day is before it are forgotten. */
uint32_t policy_keeps_from(const struct policy *, uint32_t today);
/* When an entry made now expires; 0: never. */
uint64_t policy_expiry(const struct policy *, enum suppression_reason, uint64_t now_s);
