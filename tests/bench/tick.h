/* tick.h: the monotonic clock that generator and sinks share; nanoseconds, comparable between processes. */
#pragma once

#include <stdint.h>
#include <time.h>

#define TICKS_PER_S 1000000000ull

static inline uint64_t
tick_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * TICKS_PER_S + (uint64_t)ts.tv_nsec;
}

static inline double
tick_seconds(uint64_t ticks)
{
	return (double)ticks / (double)TICKS_PER_S;
}
