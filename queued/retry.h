/* retry.h: when a delivery that failed is tried again (pure): exponential with jitter, per stream.
 *
 * The n-th wait is first * 2^(n-1), at most `most`, give or take a sixth, so that what failed together does not come
 * back together. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct retry_rule {
	uint32_t first_s, most_s, expire_s;
};

/* attempts: made so far, at least 1. random: any 32 bits. advice_s: what the verdict asks for at least, 0: nothing. */
uint32_t
retry_wait_s(const struct retry_rule *, unsigned attempts, uint32_t random, uint32_t advice_s);
/* Whether a delivery whose message came in at received_ms is past its time at now_ms (both since 1970). */
bool retry_expired(const struct retry_rule *, uint64_t received_ms, uint64_t now_ms);
/* The wait, cut so that the last attempt falls before expiry, by a twentieth of all the time and at most a minute: it is to be
 * made, not to find that its time is over; ms since 1970. */
uint64_t
retry_at_ms(const struct retry_rule *, uint64_t received_ms, uint64_t now_ms, uint32_t wait_s);
