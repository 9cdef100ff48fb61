#include "seat.h"
#include "err.h"
#include "launch.h"
#include "log.h"
#include "proto_master.h"
#include "role.h"
#include "role_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PENDING_READS = 256 };

static void
child_free(struct child *child)
{
	if (child->chan != NULL)
		chan_free(child->chan);
	role_output_free(child->output);
	free(child);
}

static bool
instance_taken(const struct house *h, enum role_kind kind, unsigned instance)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];
		const struct child *both[] = { s->now, s->next };

		if (s->kind != kind)
			continue;
		for (unsigned k = 0; k < 2; k++)
			if (both[k] != NULL && both[k]->instance == instance)
				return true;
		for (const struct child *c = s->leaving; c != NULL; c = c->older)
			if (c->instance == instance)
				return true;
	}
	return false;
}

/* The lowest number that no living process of the role has, so that peers can keep small tables. */
static unsigned
instance_free(const struct house *h, enum role_kind kind)
{
	unsigned instance = 0;

	while (instance_taken(h, kind, instance))
		instance++;
	return instance;
}

enum place
seat_place(const struct child *child)
{
	const struct seat *s = child->seat;

	if (s->now == child)
		return PLACE_NOW;
	if (s->next == child)
		return PLACE_NEXT;
	for (const struct child *c = s->leaving; c != NULL; c = c->older)
		if (c == child)
			return PLACE_LEAVING;
	return PLACE_NOWHERE;
}

enum place
seat_take_away(struct child *child)
{
	struct seat *s = child->seat;
	enum place place = seat_place(child);
	struct child **at = &s->leaving;

	if (place == PLACE_NOW)
		s->now = NULL;
	else if (place == PLACE_NEXT)
		s->next = NULL;
	else if (place == PLACE_LEAVING) {
		while (*at != child)
			at = &(*at)->older;
		*at = child->older;
	}
	child->older = NULL;
	return place;
}

void
seat_leave(struct child *child)
{
	(void)seat_take_away(child);
	child->older = child->seat->leaving;
	child->seat->leaving = child;
}

struct child *
seat_start(struct house *h, struct child **place, struct seat *seat, const struct conf *conf,
    uint64_t generation, struct err *err)
{
	struct child *child = calloc(1, sizeof(*child));

	must(*place == NULL);
	if (child == NULL)
		fatal("out of memory for a role");
	*child = (struct child){ .house = h,
		.seat = seat,
		.generation = generation,
		.instance = instance_free(h, seat->kind),
		.started_ms = loop_now_ms() };
	if (launch(h, child, conf, err) == -1) {
		child_free(child);
		return NULL;
	}
	*place = child;
	if (launch_furnish(h, conf, child, err) == -1) {
		seat_leave(child);
		child_event(child, CHILD_KILL, NULL);
		return NULL;
	}
	log_debug("role-started", "role=%s instance=%u pid=%d", role_name(seat->kind),
	    child->instance, (int)child->pid);
	return child;
}

/* ---- all of them ---- */

/* The next child of a seat, those that leave too: now, next, leaving ... */
static struct child *
next_on(const struct seat *s, const struct child *after)
{
	if (after == NULL && s->now != NULL)
		return s->now;
	if ((after == NULL || after == s->now) && s->next != NULL)
		return s->next;
	if (after == NULL || after == s->now || after == s->next)
		return s->leaving;
	return after->older;
}

static struct child *
child_of(struct house *h, pid_t pid)
{
	for (unsigned i = 0; i < h->seats_n; i++)
		for (struct child *c = NULL; (c = next_on(&h->seats[i], c)) != NULL;)
			if (c->pid == pid)
				return c;
	return NULL;
}

/* What it said last is still in the channel: FAILED tells more than a status. That may move it (a READY completes a
 * reload), so its place is looked up behind it; and its pid is its own until waitpid(), so that no other is killed for it. */
static void
reap(struct child *child)
{
	int status = 0;

	while (child->chan != NULL && chan_read_pending(child->chan))
		;
	if (waitpid(child->pid, &status, 0) != child->pid)
		log_error("reap", "pid=%d why=\"%s\"", (int)child->pid, strerror(errno));
	child_event(child, CHILD_EXITED, &(struct child_word){ .number = (unsigned)status });
	child_free(child);
}

void
seats_reap(struct house *h)
{
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
		struct child *child = child_of(h, info.si_pid);

		if (child != NULL)
			reap(child);
		else /* a launch that was given up */
			(void)waitpid(info.si_pid, NULL, WNOHANG);
		info.si_pid = 0;
	}
}

/* In the kernel, for a disk: nothing it could answer from, and no signal would end it sooner. */
static bool
waits_for_disk(const struct child *child)
{
	char path[64], text[512], *state;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)child->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0)
		return false;
	text[n] = '\0';
	state = strrchr(text, ')');
	return state != NULL && strncmp(state, ") D", 3) == 0;
}

/* A role that starts may take its time as long as it goes on, or waits for the disk. */
static bool
silent(struct child *child, uint64_t silence_ms)
{
	if (child->asked_ms == 0 || loop_now_ms() - child->asked_ms <= silence_ms)
		return false;
	if (child->state != CHILD_STARTING || !waits_for_disk(child))
		return true;
	child->asked_ms = loop_now_ms();
	return false;
}

static void
pulse_one(struct child *child, uint64_t silence_ms)
{
	uint64_t now = loop_now_ms();

	/* It may have answered while we were kept from listening; one that never ends talking is not heard out. */
	for (unsigned i = 0; i < PENDING_READS; i++)
		if (child->chan == NULL || !chan_read_pending(child->chan))
			break;
	if (child->leave_by_ms != 0 && now > child->leave_by_ms) {
		log_error("role-overdue",
		    "role=%s pid=%d why=\"it does not leave within its time\"",
		    role_name(child->seat->kind), (int)child->pid);
		child_event(child, CHILD_OVERDUE, NULL);
	} else if (silent(child, silence_ms)) {
		if (child->state < CHILD_LOST)
			log_error("role-silent", "role=%s pid=%d silent_s=%u",
			    role_name(child->seat->kind), (int)child->pid,
			    (unsigned)(silence_ms / 1000));
		child_event(child, CHILD_SILENT, NULL);
	} else if (child->chan != NULL) {
		master_ping_put(child->chan, &(struct master_ping){ now });
		if (child->asked_ms == 0)
			child->asked_ms = now;
	}
}

void
seats_pulse(struct house *h, uint64_t silence_ms)
{
	for (unsigned i = 0; i < h->seats_n; i++)
		for (struct child *c = NULL; (c = next_on(&h->seats[i], c)) != NULL;)
			pulse_one(c, silence_ms);
}

bool
seats_ready(const struct house *h)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];

		if (s->now == NULL || s->now->state == CHILD_STARTING ||
		    (s->next != NULL && s->next->state == CHILD_STARTING))
			return false;
	}
	return true;
}

bool
seats_alive(const struct house *h, unsigned kinds)
{
	for (unsigned i = 0; i < h->seats_n; i++)
		if (kinds & ROLE_BIT(h->seats[i].kind) && next_on(&h->seats[i], NULL) != NULL)
			return true;
	return false;
}

void
seats_event(struct house *h, unsigned kinds, enum child_event event, const struct child_word *word)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct seat *s = &h->seats[i];

		if ((kinds & ROLE_BIT(s->kind)) == 0)
			continue;
		for (struct child *c = NULL; (c = next_on(s, c)) != NULL;)
			if (event == CHILD_KILL || c == s->now || c == s->next)
				child_event(c, event, word);
	}
}
