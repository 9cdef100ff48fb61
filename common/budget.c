#include "budget.h"

#include <time.h>

/* A look at the clock costs less than a microsecond, as much as a kilobyte of work. Processor time costs a system call, and no
 * job takes more of it than has passed: it is asked for only once an eighth of the job's time has passed. */
enum { LOOK_BYTES = 16 * 1024, STEP_BYTES = 64, SAY_NS = 1000000000, SURELY = 8 };

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
budget_init(struct budget *b, void (*alive)(void *), void *ctx)
{
	*b = (struct budget){ .said_ns = clock_ns(CLOCK_MONOTONIC), .alive = alive, .ctx = ctx };
}

void
budget_begin(struct budget *b, uint64_t cpu_ms)
{
	b->limit_ns = cpu_ms * 1000000u;
	b->begun_ns = clock_ns(CLOCK_MONOTONIC);
	b->until_ns = 0;
	b->unlooked = LOOK_BYTES; /* the first step looks */
	b->spent = false;
}

static bool
is_spent(struct budget *b, uint64_t now_ns)
{
	uint64_t surely = b->limit_ns / SURELY, cpu_ns;

	if (now_ns - b->begun_ns < surely)
		return false;
	cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (b->until_ns == 0)
		b->until_ns = cpu_ns + b->limit_ns - surely;
	return cpu_ns >= b->until_ns;
}

static void
look(struct budget *b)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	b->unlooked = 0;
	b->spent = b->spent || is_spent(b, now_ns);
	if (now_ns - b->said_ns < SAY_NS)
		return;
	b->said_ns = now_ns;
	b->alive(b->ctx);
}

bool
budget_left(struct budget *b, size_t bytes)
{
	if (b == NULL)
		return true;
	b->unlooked += STEP_BYTES + bytes;
	if (b->unlooked >= LOOK_BYTES)
		look(b);
	return !b->spent;
}
