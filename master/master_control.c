#include "master_control.h"
#include "accepted.h"
#include "control.h"
#include "err.h"
#include "house_run.h"
#include "layout.h"
#include "log.h"
#include "logs.h"
#include "role.h"
#include "unix_socket.h"

#include <stdio.h>

enum {
	CONF_TEXT_BYTES = 128 << 20
}; /* the reader takes 64 MB; an origin stands behind each line */

static void
child_row(struct control_call *call, const struct child *c)
{
	control_row(call);
	control_str(call, "role", role_name(c->seat->kind));
	control_num(call, "worker", c->seat->index);
	control_num(call, "pid", (uint64_t)c->pid);
	control_str(call, "state", child_state_name(c->state));
	control_num(call, "generation", c->generation);
	control_num(call, "up_s", (loop_now_ms() - c->started_ms) / 1000);
	control_num(call, "restarts", c->seat->restarts);
	control_str(call, "selftest", c->selftest);
	control_row_end(call);
}

static void
empty_row(struct control_call *call, const struct seat *s)
{
	control_row(call);
	control_str(call, "role", role_name(s->kind));
	control_num(call, "worker", s->index);
	control_num(call, "pid", 0);
	control_str(call, "state", "restarting");
	control_num(call, "restarts", s->restarts);
	control_row_end(call);
}

static void
status(void *ctx, struct control_call *call)
{
	struct house *h = ctx;

	control_row(call);
	control_str(call, "house", house_state_name(h->state));
	control_num(call, "generation", h->generation);
	control_str(call, "configuration", conf_block_place(conf_top(h->conf)).file);
	control_row_end(call);
	for (unsigned i = 0; i < h->seats_n; i++) {
		const struct seat *s = &h->seats[i];

		if (s->now == NULL)
			empty_row(call, s);
		else
			child_row(call, s->now);
		if (s->next != NULL)
			child_row(call, s->next);
		for (const struct child *c = s->leaving; c != NULL; c = c->older)
			child_row(call, c);
	}
	control_end(call);
}

static void
audit(const char *what, const struct control_call *call)
{
	log_begin(LOG_LEVEL_INFO, what);
	log_num("actor", control_actor(call));
	log_kv("reason", control_arg(call, "reason"));
	log_end();
}

static void
reload(void *ctx, struct control_call *call)
{
	struct house *h = ctx;
	struct err err;

	if (logs_reopen(h, &err) == -1)
		log_error("log-not-reopened", "why=\"%s\"", err.text);
	audit("reload", call);
	house_reload(h, h->conf_path, call);
}

static void
log_reopen(void *ctx, struct control_call *call)
{
	struct err err;

	if (logs_reopen(ctx, &err) == -1)
		control_error(call, 1, "%s", err.text);
	else {
		audit("log-reopened", call);
		control_end(call);
	}
}

static void
rollback(void *ctx, struct control_call *call)
{
	struct house *h = ctx;
	char path[4200];
	struct err err;

	audit("rollback", call);
	if (accepted_path(h->conf, (unsigned)control_arg_num(call, "steps", 1), path, sizeof(path),
		&err) == -1)
		control_error(call, 1, "%s", err.text);
	else
		house_reload(h, path, call);
}

/* The configuration in force, a row a line; secrets that stand in it are left out, and of others only the file is named. */
static void
conf_in_force(void *ctx, struct control_call *call)
{
	const struct house *h = ctx;
	enum conf_show form = control_arg_bool(call, "origin")     ? CONF_SHOW_ORIGIN
			      : control_arg_bool(call, "defaults") ? CONF_SHOW_DEFAULTS
								   : CONF_SHOW_SET;
	struct buf text;
	struct span rest;

	buf_init(&text, CONF_TEXT_BYTES);
	conf_show(h->conf, form, 0, &text);
	for (rest = buf_all(&text); rest.n > 0;) {
		struct span line = span_cut(rest, '\n', &rest);

		control_row(call);
		control_span(call, "line", line);
		control_row_end(call);
	}
	if (buf_over(&text))
		control_error(
		    call, 1, "the configuration is larger than %d bytes", CONF_TEXT_BYTES);
	else
		control_end(call);
	buf_free(&text);
}

static void
stop(void *ctx, struct control_call *call)
{
	audit("stop", call);
	control_end(call);
	house_stop(ctx);
}

static const struct control_verb verbs[] = {
	{ "status", false, status },
	{ "conf", false, conf_in_force },
	{ "reload", true, reload },
	{ "log-reopen", true, log_reopen },
	{ "rollback", true, rollback },
	{ "stop", true, stop },
	{ NULL, false, NULL },
};

static int
serve(struct house *h, const char *file, const char *group, bool ops, struct err *err)
{
	const char *run = conf_str(conf_top(h->conf), "run");
	unsigned gid = layout_group(h->conf, group);
	int fd = unix_socket_control(run, "posthoused", file, gid, err);

	if (fd == -1)
		return -1;
	control_serve_fd(fd, ops, gid, verbs, h);
	return 0;
}

int
master_control_open(struct house *h, struct err *err)
{
	if (serve(h, "view.sock", "posthouse-view", false, err) == -1)
		return -1;
	return serve(h, "ops.sock", "posthouse-ops", true, err);
}
