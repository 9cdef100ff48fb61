#include "house_run.h"
#include "accepted.h"
#include "control.h"
#include "err.h"
#include "ground.h"
#include "log.h"
#include "notify.h"
#include "reload.h"
#include "role.h"
#include "seat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	PULSE_MS = 5000,  /* at most; with a short `silence` a fifth of that */
	LATE_MS = 1000,   /* what a busy machine delays a pulse by */
	STEADY_MS = 3000, /* a role that lived so long did not fail at its start */
	BACKOFF_MAX_S = 30,
	KILLED_MS = 5000, /* until those that were killed are killed again */
};

/* First nothing new comes in, then what goes out ends, then the queue closes. */
static const unsigned stop_order[] = { ROLE_BIT(ROLE_SMTPD) | ROLE_BIT(ROLE_WEB) |
					   ROLE_BIT(ROLE_AUTH),
	ROLE_BIT(ROLE_DELIVERD), ~0U };

/* What is heard of a child, or asked by people. */
struct heard {
	struct child *child;
	enum place place; /* where it sits, or sat */
	enum child_event event;
	const struct child_word *word;
	const char *path; /* reload */
	struct control_call *call;
};

static void (*on_started)(int);

void
house_on_started(void (*started)(int))
{
	on_started = started;
}

static void
tell_started(int exit_code)
{
	if (on_started != NULL)
		on_started(exit_code);
	on_started = NULL;
}

unsigned
house_workers(const struct conf *conf)
{
	uint64_t n = conf_num(conf_top(conf), "workers");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (n == 0)
		n = cores < 1 ? 1 : (uint64_t)cores;
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

/* ---- restart ---- */

static void
restart(void *ctx)
{
	struct seat *seat = ctx;
	struct house *h = seat->house;
	struct err err;

	if (h->state == HOUSE_STOPPING || seat->now != NULL)
		return;
	seat->restarts++;
	if (seat_start(h, &seat->now, seat, h->conf, h->generation, &err) == NULL) {
		log_error(
		    "role-restart-failed", "role=%s why=\"%s\"", role_name(seat->kind), err.text);
		timer_set_ms(seat->restart, BACKOFF_MAX_S * 1000);
	}
}

/* At once, and after 1, 2, 4 ... 30 s when it keeps failing. */
static void
restart_later(struct seat *seat)
{
	unsigned doublings = seat->failures < 2 ? 0 : seat->failures - 2;
	unsigned delay_s = seat->failures < 2 ? 0 : 1U << (doublings > 5 ? 5 : doublings);

	if (delay_s > BACKOFF_MAX_S)
		delay_s = BACKOFF_MAX_S;
	seat->failures++;
	if (seat->restart == NULL)
		seat->restart = timer_new(restart, seat);
	timer_set_ms(seat->restart, delay_s * 1000);
}

/* ---- steps: what the house does about what it hears, in which state ---- */

typedef enum house_state house_step(struct house *, const struct heard *);

static enum house_state
ignored(struct house *h, const struct heard *heard)
{
	(void)heard;
	return h->state;
}

static enum house_state
start_failed(struct house *h, int exit_code)
{
	if (h->exit_code == 0)
		h->exit_code = exit_code;
	tell_started(h->exit_code);
	seats_event(h, ~0U, CHILD_KILL, NULL);
	timer_set_ms(h->deadline, KILLED_MS);
	if (!seats_alive(h, ~0U))
		loop_stop();
	return HOUSE_STOPPING;
}

/* The next kind in order is told to stop once none of the one before is left. */
static enum house_state
stop_next(struct house *h, const struct heard *heard)
{
	(void)heard;
	for (unsigned i = 0; i < sizeof(stop_order) / sizeof(stop_order[0]); i++)
		if (seats_alive(h, stop_order[i])) {
			seats_event(h, stop_order[i], CHILD_STOP,
			    &(struct child_word){ .number = h->stop_deadline_s });
			return HOUSE_STOPPING;
		}
	loop_stop();
	return HOUSE_STOPPING;
}

static enum house_state
stop(struct house *h, const struct heard *heard)
{
	log_info("stopping", "deadline_s=%u", h->stop_deadline_s);
	notify("STOPPING=1");
	if (h->state == HOUSE_RELOADING)
		(void)reload_refused(h, "the relay is stopping");
	if (h->state == HOUSE_STARTING)
		tell_started(EX_TEMPFAIL);
	timer_set_ms(h->deadline, (h->stop_deadline_s + 5) * 1000ULL);
	return stop_next(h, heard);
}

static enum house_state
stop_overdue(struct house *h, const struct heard *heard)
{
	(void)heard;
	seats_event(h, ~0U, CHILD_KILL, NULL);
	if (!seats_alive(h, ~0U))
		loop_stop();
	timer_set_ms(h->deadline, KILLED_MS);
	return HOUSE_STOPPING;
}

static enum house_state
starting_ready(struct house *h, const struct heard *heard)
{
	(void)heard;
	if (!seats_ready(h))
		return HOUSE_STARTING;
	log_info(
	    "running", "pid=%d generation=%llu", (int)getpid(), (unsigned long long)h->generation);
	notify("READY=1");
	tell_started(0);
	return HOUSE_RUNNING;
}

static enum house_state
starting_failed(struct house *h, const struct heard *heard)
{
	fprintf(stderr, "posthoused: %s: %.*s\n", role_name(heard->child->seat->kind),
	    SPAN(heard->word->why));
	return start_failed(h, (int)heard->word->number);
}

static enum house_state
starting_lost(struct house *h, const struct heard *heard)
{
	fprintf(stderr, "posthoused: %s died while starting; see the log\n",
	    role_name(heard->child->seat->kind));
	return start_failed(h, EX_SOFTWARE);
}

/* Who sat on the seat is replaced; who was leaving it anyway is not. */
static enum house_state
running_lost(struct house *h, const struct heard *heard)
{
	struct seat *seat = heard->child->seat;

	if (heard->place != PLACE_NOW)
		return h->state;
	if (loop_now_ms() - heard->child->started_ms > STEADY_MS)
		seat->failures = 0;
	restart_later(seat);
	return h->state;
}

static enum house_state
running_reload(struct house *h, const struct heard *heard)
{
	return reload_start(h, heard->path, heard->call);
}

/* A person is told, a signal is kept: what it asks for is done as soon as it can be. */
static enum house_state
reload_later(struct house *h, const struct heard *heard)
{
	if (heard->call != NULL) {
		control_error(heard->call, 1, "not now: the relay is %s; try again",
		    house_state_name(h->state));
		return h->state;
	}
	log_info("reload-waits", "why=\"the relay is %s\"", house_state_name(h->state));
	h->reload_again = true;
	return h->state;
}

static enum house_state
reload_never(struct house *h, const struct heard *heard)
{
	if (heard->call != NULL)
		control_error(heard->call, 1, "not now: the relay is stopping");
	return h->state;
}

static enum house_state
reloading_progress(struct house *h, const struct heard *heard)
{
	(void)heard;
	return reload_complete(h) ? reload_commit(h) : HOUSE_RELOADING;
}

/* One of an old generation that fails now concerns nobody but its own seat. */
static enum house_state
reloading_refused(struct house *h, const struct heard *heard)
{
	char text[4096];

	if (heard->place != PLACE_NEXT && heard->event != CHILD_SAID_REFUSED)
		return HOUSE_RELOADING;
	snprintf(text, sizeof(text), "%s: %.*s", role_name(heard->child->seat->kind),
	    SPAN(heard->word->why));
	return reload_refused(h, text);
}

static enum house_state
reloading_lost(struct house *h, const struct heard *heard)
{
	(void)running_lost(h, heard);
	if (heard->place == PLACE_NEXT)
		return reload_refused(h, "a role of the new generation died; see the log");
	if (heard->place == PLACE_NOW && role_spec(heard->child->seat->kind)->keeps_state)
		return reload_refused(h, "a role died meanwhile; try again");
	return HOUSE_RELOADING;
}

static enum house_state
reloading_overdue(struct house *h, const struct heard *heard)
{
	(void)heard;
	return reload_refused(h, "not every role was ready within 60 s");
}

/* ---- the table ---- */

enum house_event {
	HEARD_READY,
	HEARD_PREPARED,
	HEARD_REFUSED,
	HEARD_FAILED,
	HEARD_LOST,
	ASKED_RELOAD,
	ASKED_STOP,
	DEADLINE_OVER,
	HOUSE_EVENTS
};

static house_step *const steps[HOUSE_STATES][HOUSE_EVENTS] = {
	[HOUSE_STARTING] = { [HEARD_READY] = starting_ready,
	    [HEARD_PREPARED] = ignored,
	    [HEARD_REFUSED] = ignored,
	    [HEARD_FAILED] = starting_failed,
	    [HEARD_LOST] = starting_lost,
	    [ASKED_RELOAD] = reload_later,
	    [ASKED_STOP] = stop,
	    [DEADLINE_OVER] = ignored },
	[HOUSE_RUNNING] = { [HEARD_READY] = ignored,
	    [HEARD_PREPARED] = ignored,
	    [HEARD_REFUSED] = ignored,
	    [HEARD_FAILED] = ignored,
	    [HEARD_LOST] = running_lost,
	    [ASKED_RELOAD] = running_reload,
	    [ASKED_STOP] = stop,
	    [DEADLINE_OVER] = ignored },
	[HOUSE_RELOADING] = { [HEARD_READY] = reloading_progress,
	    [HEARD_PREPARED] = reloading_progress,
	    [HEARD_REFUSED] = reloading_refused,
	    [HEARD_FAILED] = reloading_refused,
	    [HEARD_LOST] = reloading_lost,
	    [ASKED_RELOAD] = reload_later,
	    [ASKED_STOP] = stop,
	    [DEADLINE_OVER] = reloading_overdue },
	[HOUSE_STOPPING] = { [HEARD_READY] = ignored,
	    [HEARD_PREPARED] = ignored,
	    [HEARD_REFUSED] = ignored,
	    [HEARD_FAILED] = ignored,
	    [HEARD_LOST] = stop_next,
	    [ASKED_RELOAD] = reload_never,
	    [ASKED_STOP] = ignored,
	    [DEADLINE_OVER] = stop_overdue },
};

static const char *const state_names[HOUSE_STATES] = { "starting", "running", "reloading",
	"stopping" };

const char *
house_state_name(enum house_state state)
{
	return state_names[state];
}

static void
house_event(struct house *h, enum house_event event, const struct heard *heard)
{
	enum house_state was = h->state;

	h->state = steps[was][event](h, heard);
	if (h->state != was)
		log_debug(
		    "house-state", "state=%s next=%s", state_names[was], state_names[h->state]);
	if (h->state == HOUSE_RUNNING && h->reload_again) {
		h->reload_again = false;
		house_reload(h, h->conf_path, NULL);
	}
}

/* ---- what comes in ---- */

static void
told_log(const struct child *child, enum child_event event, const struct child_word *w)
{
	if (event == CHILD_SAID_READY) {
		log_info("role-ready", "role=%s instance=%u pid=%d %s",
		    role_name(child->seat->kind), child->instance, (int)child->pid,
		    child->selftest);
		return;
	}
	log_begin(LOG_LEVEL_ERROR, "role-failed");
	log_kvs("role", role_name(child->seat->kind));
	log_kv("why", w->why);
	log_end();
}

static void
death_log(const struct child *child, int status)
{
	log_begin(LOG_LEVEL_ERROR, "role-died");
	log_kvs("role", role_name(child->seat->kind));
	log_kvf("pid", "%d", (int)child->pid);
	if (WIFSIGNALED(status))
		log_kvf("signal", "%s", sigabbrev_np(WTERMSIG(status)));
	else
		log_kvf("exit", "%d", WEXITSTATUS(status));
	log_end();
}

/* A death is news unless it was ordered, or its reason was told already. */
static void
lost(struct house *h, struct child *child, enum child_state was, const struct child_word *w)
{
	struct heard heard = { .child = child, .place = seat_take_away(child), .word = w };

	if (was != CHILD_ENDING && (was != CHILD_DRAINING || w->number != 0) &&
	    (h->state != HOUSE_STOPPING || w->number != 0))
		death_log(child, (int)w->number);
	house_event(h, HEARD_LOST, &heard);
}

void
house_heard(struct house *h, struct child *child, enum child_event event, enum child_state was,
    const struct child_word *w)
{
	static const enum house_event as[CHILD_EVENTS] = { [CHILD_SAID_READY] = HEARD_READY,
		[CHILD_SAID_PREPARED] = HEARD_PREPARED,
		[CHILD_SAID_REFUSED] = HEARD_REFUSED,
		[CHILD_SAID_FAILED] = HEARD_FAILED };
	struct heard heard = {
		.child = child, .place = seat_place(child), .event = event, .word = w
	};

	if (child->state == was)
		return;
	if (event == CHILD_SAID_READY || event == CHILD_SAID_FAILED)
		told_log(child, event, w);
	if (event <= CHILD_SAID_REFUSED)
		house_event(h, as[event], &heard);
	else if (child->state == CHILD_GONE)
		lost(h, child, was, w);
}

static void
on_deadline(void *ctx)
{
	house_event(ctx, DEADLINE_OVER, &(struct heard){ .child = NULL });
}

void
house_reload(struct house *h, const char *path, struct control_call *call)
{
	house_event(h, ASKED_RELOAD, &(struct heard){ .path = path, .call = call });
}

void
house_stop(struct house *h)
{
	house_event(h, ASKED_STOP, &(struct heard){ .child = NULL });
}

/* ---- start ---- */

/* Often enough that one lost ping is no silence. */
static uint64_t
pulse_ms(const struct house *h)
{
	uint64_t fifth = conf_num(conf_top(h->conf), "silence") * 1000 / 5;

	return fifth < PULSE_MS ? fifth : PULSE_MS;
}

/* One that comes late says that this process was kept from running (a suspended machine), and then the roles were too:
 * nobody is held to have been silent. */
static void
pulse(void *ctx)
{
	struct house *h = ctx;
	uint64_t every_ms = pulse_ms(h), silence_ms = conf_num(conf_top(h->conf), "silence") * 1000;
	bool late = loop_now_ms() - h->pulsed_ms > 2 * every_ms + LATE_MS;

	h->pulsed_ms = loop_now_ms();
	seats_pulse(h, late ? UINT64_MAX : silence_ms);
	timer_set_ms(h->pulse, every_ms);
}

static void
seats_make(struct house *h)
{
	for (unsigned k = 0; k < ROLE_KINDS - 1; k++) {
		unsigned n = role_spec(start_order[k])->per_core ? house_workers(h->conf) : 1;

		for (unsigned i = 0; i < n; i++) {
			must(h->seats_n < SEATS_MAX);
			h->seats[h->seats_n++] =
			    (struct seat){ .house = h, .kind = start_order[k], .index = i };
		}
	}
}

int
house_start(struct house *h, struct err *err)
{
	if (ground_prepare(h, err) == -1)
		return -1;
	h->state = HOUSE_STARTING;
	h->generation = h->tried = 1;
	h->pulsed_ms = loop_now_ms();
	h->stop_deadline_s = (unsigned)conf_num(conf_top(h->conf), "stop-deadline");
	h->deadline = timer_new(on_deadline, h);
	h->pulse = timer_new(pulse, h);
	timer_set_ms(h->pulse, pulse_ms(h));
	seats_make(h);
	for (unsigned i = 0; i < h->seats_n; i++)
		if (seat_start(h, &h->seats[i].now, &h->seats[i], h->conf, h->generation, err) ==
		    NULL) {
			h->exit_code = EX_OSERR;
			seats_event(h, ~0U, CHILD_KILL, NULL);
			return -1;
		}
	h->exit_code = 0;
	if (accepted_keep(h->conf, err) == -1)
		log_warn("accepted-not-kept", "why=\"%s\"", err->text);
	return 0;
}
