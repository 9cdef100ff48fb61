#include "load.h"
#include "err.h"
#include "tick.h"

#include <stdlib.h>

enum { PAUSE_MS = 200 }; /* before a message that failed is tried again */

struct load {
	struct load_style style;
	const struct mail_maker *maker;
	uint64_t start;
	uint64_t next;          /* number of the next fresh message */
	struct mail_job *again; /* a ring, in the order put back */
	size_t again_at, again_n, again_room;
	uint32_t *latency_us;
	size_t latency_n, latency_room;
	bool sorted;
	struct buf address;
	struct load_sums sums;
};

struct load *
load_new(const struct load_style *style, const struct mail_maker *maker, uint64_t now)
{
	struct load *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fatal("out of memory");
	l->style = *style;
	l->maker = maker;
	l->start = now;
	l->next = 1;
	buf_init(&l->address, 1024);
	return l;
}

void
load_free(struct load *l)
{
	free(l->again);
	free(l->latency_us);
	buf_free(&l->address);
	free(l);
}

/* Doubles what a growing array has room for. */
static void *
grown(void *p, size_t *room, size_t size)
{
	*room = *room == 0 ? 1024 : *room * 2;
	p = realloc(p, *room * size);
	if (p == NULL)
		fatal("out of memory");
	return p;
}

static bool
time_over(const struct load *l, uint64_t now)
{
	return l->style.seconds > 0 && tick_seconds(now - l->start) >= l->style.seconds;
}

static bool
fresh_left(const struct load *l, uint64_t now)
{
	return !time_over(l, now) && (l->style.count == 0 || l->next <= l->style.count);
}

static uint64_t
fresh_due(const struct load *l, uint64_t now)
{
	if (l->style.rate <= 0)
		return now;
	return l->start + (uint64_t)((double)(l->next - 1) / l->style.rate * (double)TICKS_PER_S);
}

static uint64_t
all_done(const struct load *l)
{
	unsigned n = l->style.recipients;

	return n >= 64 ? UINT64_MAX : (1ull << n) - 1;
}

uint64_t
load_due(const struct load *l, uint64_t now)
{
	uint64_t due = fresh_left(l, now) ? fresh_due(l, now) : UINT64_MAX;

	if (l->again_n > l->again_at && l->again[l->again_at].due < due)
		due = l->again[l->again_at].due;
	return due;
}

bool
load_over(const struct load *l, uint64_t now)
{
	return l->again_n == l->again_at && !fresh_left(l, now);
}

bool
load_take(struct load *l, uint64_t now, struct mail_job *job)
{
	if (l->again_n > l->again_at && l->again[l->again_at].due <= now) {
		*job = l->again[l->again_at++];
		if (l->again_at == l->again_n)
			l->again_at = l->again_n = 0;
		return true;
	}
	if (!fresh_left(l, now) || fresh_due(l, now) > now)
		return false;
	*job = (struct mail_job){
		.number = l->next, .recipients = l->style.recipients, .due = fresh_due(l, now)
	};
	l->next++;
	return true;
}

static void
record(struct load *l, const char *word, const struct mail_job *job, uint64_t mask, unsigned code)
{
	if (l->style.record == NULL)
		return;
	for (unsigned k = 0; k < job->recipients; k++) {
		if (!(mask >> k & 1))
			continue;
		buf_reset(&l->address);
		mail_address(l->maker, job, k, &l->address);
		fprintf(l->style.record, "%s %u-%llu %.*s", word, l->style.run,
		    (unsigned long long)job->number, SPAN(buf_all(&l->address)));
		if (code > 0)
			fprintf(l->style.record, " %u", code);
		putc('\n', l->style.record);
	}
}

void
load_ok(struct load *l, const struct mail_job *job, uint64_t accepted, uint64_t now)
{
	uint64_t us = (now - job->due) / 1000;

	if (l->latency_n == l->latency_room)
		l->latency_us = grown(l->latency_us, &l->latency_room, sizeof(*l->latency_us));
	l->latency_us[l->latency_n++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	l->sums.messages++;
	l->sums.ok += (unsigned)__builtin_popcountll(accepted);
	record(l, "ok", job, accepted, 0);
}

void
load_maybe(struct load *l, const struct mail_job *job, uint64_t accepted)
{
	l->sums.maybe += (unsigned)__builtin_popcountll(accepted);
	record(l, "maybe", job, accepted, 0);
}

void
load_refused(struct load *l, struct mail_job *job, uint64_t mask, unsigned code)
{
	if (l->style.retry && code < 500)
		return;
	job->done |= mask;
	l->sums.refused += (unsigned)__builtin_popcountll(mask);
	record(l, "refused", job, mask, code);
}

void
load_end(struct load *l, const struct mail_job *job, uint64_t now)
{
	if (job->done == all_done(l) || time_over(l, now))
		return;
	if (l->again_n == l->again_room)
		l->again = grown(l->again, &l->again_room, sizeof(*l->again));
	l->again[l->again_n] = *job;
	l->again[l->again_n++].due = now + PAUSE_MS * (TICKS_PER_S / 1000);
	l->sums.again++;
}

struct load_sums
load_sums(const struct load *l)
{
	return l->sums;
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

double
load_latency_s(struct load *l, double quantile)
{
	if (l->latency_n == 0)
		return 0;
	if (!l->sorted)
		qsort(l->latency_us, l->latency_n, sizeof(*l->latency_us), by_value);
	l->sorted = true;
	return l->latency_us[(size_t)(quantile * (double)(l->latency_n - 1))] / 1e6;
}
