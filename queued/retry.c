#include "retry.h"

enum { LAST_MS = 60 * 1000 };

uint32_t
retry_wait_s(const struct retry_rule *r, unsigned attempts, uint32_t random, uint32_t advice_s)
{
	uint64_t wait = r->first_s;
	uint64_t spread;

	for (unsigned i = 1; i < attempts && wait < r->most_s; i++)
		wait *= 2;
	if (wait > r->most_s)
		wait = r->most_s;
	spread = wait / 3;
	if (spread > 0)
		wait = wait - spread / 2 + random % (spread + 1);
	if (wait < advice_s) /* not before that, and not all at once behind it */
		wait = advice_s + random % (advice_s / 6 + 1);
	return wait == 0 ? 1 : (uint32_t)wait;
}

bool
retry_expired(const struct retry_rule *r, uint64_t received_ms, uint64_t now_ms)
{
	return now_ms >= received_ms + (uint64_t)r->expire_s * 1000;
}

uint64_t
retry_at_ms(const struct retry_rule *r, uint64_t received_ms, uint64_t now_ms, uint32_t wait_s)
{
	uint64_t at = now_ms + (uint64_t)wait_s * 1000;
	uint64_t end = received_ms + (uint64_t)r->expire_s * 1000;

	uint64_t before = (uint64_t)r->expire_s * 1000 / 20;
	uint64_t last = end - (before < LAST_MS ? before : LAST_MS);

	if (at <= last || end <= now_ms)
		return at;
	return last > now_ms ? last : end;
}
