#include "progress.h"

#include <stddef.h>
#include <time.h>
#include <unistd.h>

static struct {
	void (*tell)(void *, const char *);
	void *ctx;
	pid_t thread; /* the one that may tell */
	time_t told_s;
} to;

static time_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

void
progress(const char *what)
{
	time_t now;

	if (to.tell == NULL)
		return;
	now = now_s();
	if (now == to.told_s || gettid() != to.thread)
		return;
	to.told_s = now;
	to.tell(to.ctx, what);
}

void
progress_to(void (*tell)(void *, const char *), void *ctx)
{
	to.tell = tell;
	to.ctx = ctx;
	to.thread = gettid();
	to.told_s = now_s(); /* a quick start has nothing to tell */
}
