#include "bucket.h"

enum { MINUTE_MS = 60 * 1000 };

uint64_t
bucket_wait_ms(struct bucket *b, uint64_t count, uint64_t per_s, uint64_t now)
{
	double per_ms = (double)count / ((double)per_s * 1000.0);
	double most = per_ms * 1000.0 > 1.0 ? per_ms * 1000.0 : 1.0;

	if (b->at_ms == 0)
		b->tokens = most;
	else
		b->tokens += (double)(now - b->at_ms) * per_ms;
	b->at_ms = now;
	if (b->tokens > most)
		b->tokens = most;
	return b->tokens >= 1.0 ? 0 : (uint64_t)((1.0 - b->tokens) / per_ms) + 1;
}

void
bucket_take(struct bucket *b)
{
	if (b->at_ms != 0)
		b->tokens -= 1;
}

void
bucket_give_back(struct bucket *b)
{
	if (b->at_ms != 0)
		b->tokens += 1;
}

void
bucket_rest(struct bucket *b)
{
	*b = (struct bucket){ 0 };
}

void
minute_count(struct minute *m, uint64_t now)
{
	if (m->at_ms == 0 || now - m->at_ms >= MINUTE_MS) {
		m->last = m->at_ms != 0 && now - m->at_ms < 2 * MINUTE_MS ? m->n : 0;
		m->n = 0;
		m->at_ms = now;
	}
	m->n++;
}

uint32_t
minute_rate(const struct minute *m, uint64_t now)
{
	if (m->at_ms == 0 || now - m->at_ms >= 2 * MINUTE_MS)
		return 0;
	if (now - m->at_ms >= MINUTE_MS)
		return m->n;
	return m->last > m->n ? m->last : m->n;
}
