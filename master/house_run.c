#include "house_run.h"
#include "accepted.h"
#include "control.h"
#include "err.h"
#include "handout.h"
#include "layout.h"
#include "log.h"
#include "notify.h"
#include "proto_master.h"
#include "role.h"
#include "seat.h"
#include "sockets.h"
#include "tables.h"

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

enum { PULSE_MS = 5000, RELOAD_DEADLINE_MS = 60000, STEADY_MS = 3000, BACKOFF_MAX_S = 30 };

/* Who listens comes last, who is asked comes first; so queued finds its workers when it wakes. */
static const enum role_kind start_order[] = { ROLE_SIGN, ROLE_REWRITE, ROLE_PARSE, ROLE_BOUNCD,
	ROLE_RESOLVE, ROLE_DELIVERD, ROLE_QUEUED, ROLE_STATS, ROLE_AUTH, ROLE_SMTPD, ROLE_WEB };
/* First nothing new comes in, then what goes out ends, then the queue closes. */
static const unsigned stop_order[] = { ROLE_BIT(ROLE_SMTPD) | ROLE_BIT(ROLE_WEB) |
					   ROLE_BIT(ROLE_AUTH),
	ROLE_BIT(ROLE_DELIVERD), ~0U };

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
	if (seat_start(h, seat, h->conf, h->generation, &err) == NULL) {
		log_error(
		    "role-restart-failed", "role=%s why=\"%s\"", role_name(seat->kind), err.text);
		if (seat->now == NULL)
			timer_set_ms(seat->restart, BACKOFF_MAX_S * 1000);
	}
}

static void
restart_later(struct house *h, struct seat *seat)
{
	unsigned doublings = seat->failures < 2 ? 0 : seat->failures - 2;
	unsigned delay_s = seat->failures < 2 ? 0 : 1U << (doublings > 5 ? 5 : doublings);

	(void)h;
	if (delay_s > BACKOFF_MAX_S)
		delay_s = BACKOFF_MAX_S;
	seat->failures++;
	if (seat->restart == NULL)
		seat->restart = timer_new(restart, seat);
	timer_set_ms(seat->restart, delay_s * 1000);
}

/* ---- stop ---- */

static bool
kinds_alive(const struct house *h, unsigned kinds)
{
	for (unsigned i = 0; i < h->seats_n; i++)
		if (kinds & ROLE_BIT(h->seats[i].kind) &&
		    (h->seats[i].now != NULL || h->seats[i].next != NULL ||
			h->seats[i].older != NULL))
			return true;
	return false;
}

static void
kinds_stop(struct house *h, unsigned kinds)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct child *both[] = { h->seats[i].now, h->seats[i].next };

		for (unsigned k = 0; k < 2; k++)
			if (kinds & ROLE_BIT(h->seats[i].kind) && both[k] != NULL &&
			    both[k]->state != CHILD_DRAINING)
				seat_stop(both[k], h->stop_deadline_s);
	}
}

static void
stop_step(struct house *h)
{
	for (unsigned i = 0; i < sizeof(stop_order) / sizeof(stop_order[0]); i++)
		if (kinds_alive(h, stop_order[i])) {
			kinds_stop(h, stop_order[i]);
			return;
		}
	loop_stop();
}

static void
kill_all(struct house *h)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct seat *s = &h->seats[i];

		if (s->now != NULL)
			kill(s->now->pid, SIGKILL);
		if (s->next != NULL)
			kill(s->next->pid, SIGKILL);
		for (struct child *c = s->older; c != NULL; c = c->older)
			kill(c->pid, SIGKILL);
	}
}

static void on_deadline(void *ctx);

void
house_stop(struct house *h)
{
	if (h->state == HOUSE_STOPPING)
		return;
	log_info("stopping", "deadline_s=%u", h->stop_deadline_s);
	notify("STOPPING=1");
	h->state = HOUSE_STOPPING;
	timer_set_ms(h->deadline, (h->stop_deadline_s + 5) * 1000ULL);
	stop_step(h);
}

static void
fail_start(struct house *h, int exit_code)
{
	if (h->exit_code == 0)
		h->exit_code = exit_code;
	tell_started(h->exit_code);
	h->state = HOUSE_STOPPING;
	kill_all(h);
	timer_set_ms(h->deadline, 5000);
}

/* ---- reload ---- */

static void
reload_answer(struct house *h, const char *why)
{
	struct control_call *call = h->reload_asked;

	h->reload_asked = NULL;
	if (call == NULL)
		return;
	if (why != NULL) {
		control_error(call, 1, "%s", why);
		return;
	}
	control_row(call);
	control_num(call, "generation", h->generation);
	control_row_end(call);
	control_end(call);
}

static void
reload_refused(struct house *h, const char *why)
{
	struct err err;

	log_begin(LOG_LEVEL_ERROR, "reload-refused");
	log_kvs("why", why);
	log_end();
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct seat *s = &h->seats[i];

		if (s->next != NULL)
			kill(s->next->pid, SIGKILL);
		if (s->now != NULL && s->now->chan != NULL && role_spec(s->kind)->keeps_state)
			master_abort_put(s->now->chan, &(struct master_abort){ h->generation + 1 });
	}
	if (sockets_bind(h->conf, house_workers(h->conf), &err) == 0)
		sockets_prune();
	conf_free(h->conf_next);
	h->conf_next = NULL;
	h->state = HOUSE_RUNNING;
	timer_clear(h->deadline);
	notify("READY=1");
	reload_answer(h, why);
}

static void
seat_turn_over(struct house *h, struct seat *s)
{
	struct child *old = s->now;

	if (s->next == NULL)
		return;
	s->now = s->next;
	s->next = NULL;
	if (old == NULL)
		return;
	old->older = s->older;
	s->older = old;
	seat_stop(old, (unsigned)conf_num(conf_top(h->conf), "stop-deadline"));
}

static void
reload_commit(struct house *h)
{
	struct err err = { "" };

	h->generation++;
	conf_free(h->conf);
	h->conf = h->conf_next;
	h->conf_next = NULL;
	h->stop_deadline_s = (unsigned)conf_num(conf_top(h->conf), "stop-deadline");
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct seat *s = &h->seats[i];

		if (role_spec(s->kind)->keeps_state && s->now != NULL && s->now->chan != NULL)
			master_commit_put(s->now->chan, &(struct master_commit){ h->generation });
		else
			seat_turn_over(h, s);
	}
	sockets_prune();
	if (accepted_keep(h->conf, &err) == -1)
		log_warn("accepted-not-kept", "why=\"%s\"", err.text);
	h->state = HOUSE_RUNNING;
	timer_clear(h->deadline);
	log_info("reloaded", "generation=%llu", (unsigned long long)h->generation);
	notify("READY=1");
	reload_answer(h, NULL);
}

/* Every role of the new generation stands and every role with state agreed. */
static bool
reload_complete(const struct house *h)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];

		if (role_spec(s->kind)->keeps_state
			? s->now == NULL || !s->now->prepared
			: s->next == NULL || s->next->state != CHILD_READY)
			return false;
	}
	return true;
}

static int
reload_begin(struct house *h, struct err *err)
{
	if (sockets_bind(h->conf_next, house_workers(h->conf), err) == -1)
		return -1;
	for (unsigned k = 0; k < sizeof(start_order) / sizeof(start_order[0]); k++)
		for (unsigned i = 0; i < h->seats_n; i++) {
			struct seat *s = &h->seats[i];

			if (s->kind != start_order[k])
				continue;
			if (!role_spec(s->kind)->keeps_state) {
				if (seat_start(h, s, h->conf_next, h->generation + 1, err) == NULL)
					return -1;
				continue;
			}
			if (s->now == NULL || s->now->chan == NULL)
				return err_set(
				    err, "%s is being restarted; try again", role_name(s->kind));
			s->now->prepared = false;
			if (handout_fresh(h->conf_next, s->kind, s->now->chan, err) == -1)
				return -1;
			master_prepare_put(
			    s->now->chan, &(struct master_prepare){ h->generation + 1 });
		}
	return 0;
}

void
house_reload(struct house *h, const char *path, struct control_call *call)
{
	struct err err = { "" };

	if (h->state != HOUSE_RUNNING) {
		if (call != NULL)
			control_error(
			    call, 1, "not now: the relay is starting, stopping or reloading");
		return;
	}
	notify("RELOADING=1");
	h->reload_asked = call;
	h->state = HOUSE_RELOADING;
	h->conf_next = conf_read(house_table(), path);
	if (conf_errors(h->conf_next) != 0) {
		char *text = strndup(conf_messages(h->conf_next).p, conf_messages(h->conf_next).n);

		reload_refused(h, text == NULL ? "the configuration is bad" : text);
		free(text);
		return;
	}
	timer_set_ms(h->deadline, RELOAD_DEADLINE_MS);
	if (reload_begin(h, &err) == -1)
		reload_refused(h, err.text);
}

static void
on_deadline(void *ctx)
{
	struct house *h = ctx;

	if (h->state == HOUSE_STOPPING) {
		kill_all(h);
		timer_set_ms(h->deadline, 1000);
	} else if (h->state == HOUSE_RELOADING)
		reload_refused(h, "not every role was ready within 60 s");
}

/* ---- what children do ---- */

void
house_child_ready(struct house *h, struct child *child)
{
	log_info("role-ready", "role=%s instance=%u pid=%d %s", role_name(child->seat->kind),
	    child->instance, (int)child->pid, child->selftest);
	if (h->state == HOUSE_RELOADING && reload_complete(h))
		reload_commit(h);
	if (h->state != HOUSE_STARTING || !seats_ready(h))
		return;
	h->state = HOUSE_RUNNING;
	log_info(
	    "running", "pid=%d generation=%llu", (int)getpid(), (unsigned long long)h->generation);
	notify("READY=1");
	tell_started(0);
}

void
house_child_prepared(struct house *h, struct child *child, bool yes, struct span why)
{
	char text[2048];

	if (h->state != HOUSE_RELOADING)
		return;
	child->prepared = yes;
	if (!yes) {
		snprintf(text, sizeof(text), "%s: %.*s", role_name(child->seat->kind), SPAN(why));
		reload_refused(h, text);
	} else if (reload_complete(h))
		reload_commit(h);
}

void
house_child_failed(struct house *h, struct child *child, int exit_code, struct span why)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s: %.*s", role_name(child->seat->kind), SPAN(why));
	log_begin(LOG_LEVEL_ERROR, "role-failed");
	log_kvs("role", role_name(child->seat->kind));
	log_kv("why", why);
	log_end();
	if (h->state == HOUSE_STARTING) {
		fprintf(stderr, "posthoused: %s\n", text);
		fail_start(h, exit_code);
	} else if (h->state == HOUSE_RELOADING && child == child->seat->next)
		reload_refused(h, text);
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

void
house_child_gone(struct house *h, struct child *child, int status)
{
	struct seat *seat = child->seat;

	if (child->state != CHILD_DRAINING && h->state != HOUSE_STOPPING)
		death_log(child, status);
	switch (h->state) {
	case HOUSE_STOPPING:
		stop_step(h);
		return;
	case HOUSE_STARTING:
		fprintf(stderr, "posthoused: %s died while starting; see the log\n",
		    role_name(seat->kind));
		fail_start(h, EX_SOFTWARE);
		if (!seats_alive(h))
			loop_stop();
		return;
	case HOUSE_RELOADING:
		if (child->generation == h->generation + 1) {
			reload_refused(h, "a role of the new generation died; see the log");
			return;
		}
		break;
	case HOUSE_RUNNING:
		break;
	}
	if (child->state == CHILD_DRAINING || seat->now != NULL ||
	    child->generation > h->generation)
		return;
	if (loop_now_ms() - child->started_ms > STEADY_MS)
		seat->failures = 0;
	restart_later(h, seat);
	if (h->state == HOUSE_RELOADING)
		reload_refused(h, "a role died meanwhile; try again");
}

/* ---- start ---- */

static void
pulse(void *ctx)
{
	struct house *h = ctx;

	if (h->state != HOUSE_STOPPING)
		seats_pulse(h);
	timer_set_ms(h->pulse, PULSE_MS);
}

static void
seats_make(struct house *h)
{
	for (unsigned k = 0; k < sizeof(start_order) / sizeof(start_order[0]); k++) {
		unsigned n = role_spec(start_order[k])->per_core ? house_workers(h->conf) : 1;

		for (unsigned i = 0; i < n; i++) {
			must(h->seats_n < SEATS_MAX);
			h->seats[h->seats_n++] =
			    (struct seat){ .house = h, .kind = start_order[k], .index = i };
		}
	}
}

/* The lock on the pid file is the lock on the run folder: one master a configuration. */
static int
pid_file(struct house *h, struct err *err)
{
	char path[4096], text[32];
	int fd, n;

	snprintf(path, sizeof(path), "%s/posthoused.pid", conf_str(conf_top(h->conf), "run"));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd == -1)
		return err_sys(err, "open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		close(fd);
		h->exit_code = EX_TEMPFAIL;
		return err_set(
		    err, "another posthoused runs already with this run folder (%s)", path);
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == -1 || write(fd, text, (size_t)n) != n)
		return err_sys(err, "write %s", path);
	return 0;
}

static int
log_open(struct house *h, struct err *err)
{
	const char *log = conf_str(conf_top(h->conf), "log");

	h->log_fd = STDERR_FILENO;
	if (strcmp(log, "stderr") != 0)
		h->log_fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (h->log_fd == -1)
		return err_sys(err, "open the log %s", log);
	log_init("posthoused", h->log_fd);
	log_set_gather(true);
	return 0;
}

static int
prepare_ground(struct house *h, struct err *err)
{
	unsigned uid, gid;

	for (enum role_kind k = ROLE_MASTER; k < ROLE_KINDS; k++)
		if (layout_user(h->conf, k, &uid, &gid, err) == -1) {
			h->exit_code = EX_NOUSER;
			return -1;
		}
	h->exit_code = EX_CANTCREAT;
	if (layout_make(h->conf, err) == -1 || log_open(h, err) == -1 || pid_file(h, err) == -1)
		return -1;
	h->exit_code = EX_UNAVAILABLE;
	return sockets_bind_patiently(h->conf, house_workers(h->conf), err);
}

int
house_start(struct house *h, struct err *err)
{
	if (prepare_ground(h, err) == -1)
		return -1;
	h->state = HOUSE_STARTING;
	h->generation = 1;
	h->stop_deadline_s = (unsigned)conf_num(conf_top(h->conf), "stop-deadline");
	h->deadline = timer_new(on_deadline, h);
	h->pulse = timer_new(pulse, h);
	timer_set_ms(h->pulse, PULSE_MS);
	seats_make(h);
	for (unsigned i = 0; i < h->seats_n; i++)
		if (seat_start(h, &h->seats[i], h->conf, h->generation, err) == NULL) {
			h->exit_code = EX_OSERR;
			kill_all(h);
			return -1;
		}
	h->exit_code = 0;
	if (accepted_keep(h->conf, err) == -1)
		log_warn("accepted-not-kept", "why=\"%s\"", err->text);
	return 0;
}
