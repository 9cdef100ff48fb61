#include "loop.h"
#include "err.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <time.h>

enum { HOOKS_MAX = 32 };

struct hooks {
	struct {
		void (*run)(void *);
		void *ctx;
	} at[HOOKS_MAX];
	unsigned n;
};

/* One loop a process. */
static struct {
	struct event_base *base;
	struct hooks end, last;
	bool stop;
	uint64_t now_ms, wall_ms;
} loop;

struct timer {
	struct event ev;
	void (*fire)(void *);
	void *ctx;
};

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
clock_read(void)
{
	loop.now_ms = clock_ms(CLOCK_MONOTONIC);
	loop.wall_ms = clock_ms(CLOCK_REALTIME);
}

void
loop_init(void)
{
	struct event_config *cfg = event_config_new();

	if (cfg == NULL)
		fatal("out of memory for the event loop");
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	loop.base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	if (loop.base == NULL)
		fatal("cannot make an event loop");
	clock_read();
}

struct event_base *
loop_base(void)
{
	return loop.base;
}

static void
hook_add(struct hooks *h, void (*hook)(void *), void *ctx)
{
	must(h->n < HOOKS_MAX);
	h->at[h->n].run = hook;
	h->at[h->n++].ctx = ctx;
}

static void
hooks_run(const struct hooks *h)
{
	for (unsigned i = 0; i < h->n; i++)
		h->at[i].run(h->at[i].ctx);
}

void
loop_at_turn_end(void (*hook)(void *), void *ctx)
{
	hook_add(&loop.end, hook, ctx);
}

void
loop_at_turn_last(void (*hook)(void *), void *ctx)
{
	hook_add(&loop.last, hook, ctx);
}

/* libevent calls this between waiting and running callbacks only through timers, so the clock is read by the
 * first who asks in a turn. */
uint64_t
loop_now_ms(void)
{
	if (loop.now_ms == 0)
		clock_read();
	return loop.now_ms;
}

uint32_t
loop_seconds_until(uint64_t at_ms)
{
	uint64_t now = loop_now_ms();

	return at_ms > now ? (uint32_t)((at_ms - now + 999) / 1000) : 0;
}

uint64_t
loop_wall_ms(void)
{
	if (loop.now_ms == 0)
		clock_read();
	return loop.wall_ms;
}

void
loop_run(void)
{
	loop.stop = false;
	hooks_run(&loop.end); /* what the start gathered leaves before the first wait */
	hooks_run(&loop.last);
	while (!loop.stop) {
		loop.now_ms = 0;
		if (event_base_loop(loop.base, EVLOOP_ONCE) == -1)
			fatal("the event loop failed");
		hooks_run(&loop.end);
		hooks_run(&loop.last);
	}
}

void
loop_stop(void)
{
	loop.stop = true;
	event_base_loopbreak(loop.base);
}

static void
on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct timer *t = ctx;

	(void)fd;
	(void)what;
	t->fire(t->ctx);
}

struct timer *
timer_new(void (*fire)(void *), void *ctx)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory for a timer");
	t->fire = fire;
	t->ctx = ctx;
	evtimer_assign(&t->ev, loop.base, on_timer, t);
	return t;
}

void
timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	evtimer_del(&t->ev);
	free(t);
}

void
timer_set_ms(struct timer *t, uint64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	if (evtimer_add(&t->ev, &tv) == -1)
		fatal("cannot set a timer");
}

void
timer_clear(struct timer *t)
{
	evtimer_del(&t->ev);
}
