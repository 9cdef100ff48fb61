#include "reload.h"
#include "accepted.h"
#include "control.h"
#include "err.h"
#include "handout.h"
#include "house_run.h"
#include "log.h"
#include "notify.h"
#include "preflight.h"
#include "restart_only.h"
#include "role.h"
#include "seat.h"
#include "sockets.h"
#include "tables.h"

#include <stdlib.h>
#include <string.h>

enum { RELOAD_DEADLINE_MS = 60000 };

const enum role_kind start_order[ROLE_KINDS - 1] = { ROLE_SIGN, ROLE_REWRITE, ROLE_PARSE,
	ROLE_BOUNCD, ROLE_RESOLVE, ROLE_DELIVERD, ROLE_QUEUED, ROLE_STATS, ROLE_AUTH, ROLE_SMTPD,
	ROLE_WEB };

static unsigned
stateful(void)
{
	unsigned kinds = 0;

	for (enum role_kind k = ROLE_MASTER + 1; k < ROLE_KINDS; k++)
		if (role_spec(k)->keeps_state)
			kinds |= ROLE_BIT(k);
	return kinds;
}

static void
answer(struct house *h, const char *why)
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

enum house_state
reload_refused(struct house *h, const char *why)
{
	log_begin(LOG_LEVEL_ERROR, "reload-refused");
	log_kvs("why", why);
	log_end();
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct child *next = h->seats[i].next;

		if (next == NULL)
			continue;
		seat_leave(next);
		child_event(next, CHILD_KILL, NULL);
	}
	seats_event(h, stateful(), CHILD_ABORT, &(struct child_word){ .generation = h->tried });
	sockets_free(h->sockets_next);
	h->sockets_next = NULL;
	conf_free(h->conf_next);
	h->conf_next = NULL;
	timer_clear(h->deadline);
	notify("READY=1");
	answer(h, why);
	return HOUSE_RUNNING;
}

/* The new one takes the seat; the old one finishes what it has in hand. */
static void
turn_over(struct house *h, struct seat *s)
{
	struct child *old = s->now;

	if (old != NULL) {
		seat_leave(old);
		child_event(old, CHILD_STOP,
		    &(struct child_word){ .number = h->stop_deadline_s, .replaced = true });
	}
	s->now = s->next;
	s->next = NULL;
}

enum house_state
reload_commit(struct house *h)
{
	struct err err = { "" };

	h->generation = h->tried;
	conf_free(h->conf);
	h->conf = h->conf_next;
	h->conf_next = NULL;
	log_set_level(handout_log_level(h->conf));
	h->stop_deadline_s = (unsigned)conf_num(conf_top(h->conf), "stop-deadline");
	seats_event(
	    h, stateful(), CHILD_COMMIT, &(struct child_word){ .generation = h->generation });
	for (unsigned i = 0; i < h->seats_n; i++)
		if (h->seats[i].next != NULL)
			turn_over(h, &h->seats[i]);
	sockets_free(h->sockets);
	h->sockets = h->sockets_next;
	h->sockets_next = NULL;
	if (accepted_keep(h->conf, &err) == -1)
		log_warn("accepted-not-kept", "why=\"%s\"", err.text);
	timer_clear(h->deadline);
	log_info("reloaded", "generation=%llu", (unsigned long long)h->generation);
	notify("READY=1");
	answer(h, NULL);
	return HOUSE_RUNNING;
}

bool
reload_complete(const struct house *h)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];

		if (role_spec(s->kind)->keeps_state
			? s->now == NULL || s->now->state != CHILD_PREPARED
			: s->next == NULL || s->next->state != CHILD_READY)
			return false;
	}
	return true;
}

/* Asks one that keeps its state whether it takes the new configuration. */
static int
ask(struct house *h, struct seat *s, struct err *err)
{
	if (s->now == NULL || s->now->state != CHILD_READY)
		return err_set(err, "%s is being restarted; try again", role_name(s->kind));
	if (handout_fresh(h->conf_next, s->kind, s->now->chan, err) == -1)
		return -1;
	child_event(s->now, CHILD_PREPARE, &(struct child_word){ .generation = h->tried });
	return 0;
}

static int
begin_kind(struct house *h, enum role_kind kind, struct err *err)
{
	for (unsigned i = 0; i < h->seats_n; i++) {
		struct seat *s = &h->seats[i];

		if (s->kind != kind)
			continue;
		if (role_spec(kind)->keeps_state
			? ask(h, s, err) == -1
			: seat_start(h, &s->next, s, h->conf_next, h->tried, err) == NULL)
			return -1;
	}
	return 0;
}

static int
begin(struct house *h, struct err *err)
{
	h->sockets_next = sockets_bind(h->conf_next, house_workers(h->conf), h->sockets, err);
	if (h->sockets_next == NULL)
		return -1;
	h->tried++;
	for (unsigned k = 0; k < ROLE_KINDS - 1; k++)
		if (begin_kind(h, start_order[k], err) == -1)
			return -1;
	return 0;
}

/* All that is wrong with it at once, file and line each. */
static enum house_state
conf_refused(struct house *h)
{
	char *text = strndup(conf_messages(h->conf_next).p, conf_messages(h->conf_next).n);
	enum house_state next = reload_refused(h, text == NULL ? "the configuration is bad" : text);

	free(text);
	return next;
}

enum house_state
reload_start(struct house *h, const char *path, struct control_call *call)
{
	struct err err;

	notify("RELOADING=1");
	h->reload_asked = call;
	h->conf_next = conf_read(house_table(), path);
	if (conf_errors(h->conf_next) == 0) {
		restart_only_check(h->conf, h->conf_next);
		preflight(h->conf_next, PREFLIGHT_START, h->libexec);
	}
	if (conf_errors(h->conf_next) != 0)
		return conf_refused(h);
	timer_set_ms(h->deadline, RELOAD_DEADLINE_MS);
	return begin(h, &err) == -1 ? reload_refused(h, err.text) : HOUSE_RELOADING;
}
