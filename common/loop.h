/* loop.h: a process's event loop, a thin coat over libevent.
 *
 * A turn takes everything that is ready, then runs the turn-end hooks once: there what a turn gathered (packets,
 * log lines, events) leaves in one write each. Roles use libevent's event_new() on loop_base() themselves. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct event_base;

void loop_init(void);
struct event_base *loop_base(void);
/* Hooks run in the order they were added; ones added twice run twice. Those of turn_last run behind all others:
 * there packets and log lines leave. */
void loop_at_turn_end(void (*hook)(void *), void *ctx);
void loop_at_turn_last(void (*hook)(void *), void *ctx);
void loop_run(void);  /* until loop_stop() */
void loop_stop(void); /* after this turn and its hooks */

/* Time as of this turn's beginning. */
uint64_t loop_now_ms(void);                  /* monotonic */
uint32_t loop_seconds_until(uint64_t at_ms); /* of that clock, rounded up; 0: it is past */
uint64_t loop_wall_ms(void);                 /* since 1970 */

/* One-shot timers. The callback may set its own timer anew or free it. */
struct timer;
struct timer *timer_new(void (*fire)(void *), void *ctx);
void timer_free(struct timer *); /* NULL is fine */
void timer_set_ms(struct timer *, uint64_t ms);
void timer_clear(struct timer *);
