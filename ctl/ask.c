#include "ask.h"
#include "err.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

struct ask {
	const char *role;
	int fd;
	struct buf in;
	size_t taken; /* bytes of in that row and line stand on */
	struct span line;
	json_t *row;
	bool ended, gone;
	int exit_code;
	struct err err; /* "": nothing was wrong */
};

static int
failed(struct ask *a, int exit_code)
{
	a->ended = true;
	a->exit_code = exit_code;
	return -1;
}

/* What a person can do about it. */
static int
unreachable(struct ask *a, const char *path, enum ask_right right)
{
	a->gone = errno == ENOENT || errno == ECONNREFUSED;
	if (a->gone)
		err_set(&a->err,
		    "%s does not run (nobody answers at %s); posthouse start starts it", a->role,
		    path);
	else if (errno == EACCES)
		err_set(&a->err, "no right to ask %s at %s: that is for root and the group %s",
		    a->role, path, right == ASK_OPS ? "posthouse-ops" : "posthouse-view");
	else
		err_sys(&a->err, "cannot reach %s at %s", a->role, path);
	return failed(a, 1);
}

static int
connect_to(struct ask *a, const char *path, enum ask_right right)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval silence = { .tv_sec = ASK_SILENCE_S };

	if (strlen(path) >= sizeof(un.sun_path)) {
		err_set(&a->err, "%s is too long for a socket", path);
		return failed(a, 1);
	}
	memcpy(un.sun_path, path, strlen(path));
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd == -1 || connect(a->fd, (struct sockaddr *)&un, sizeof(un)) == -1)
		return unreachable(a, path, right);
	setsockopt(a->fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(a->fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
	return 0;
}

/* As send(2); the descriptor, if there is one, goes with the first byte. */
static ssize_t
send_some(int sock, struct span s, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = "" };
	struct iovec iov = { (void *)s.p, s.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd != -1) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL);
}

static int
send_line(struct ask *a, const char *text, int fd)
{
	struct buf b;
	size_t sent = 0;

	buf_init(&b, ASK_ROW_BYTES);
	buf_str(&b, text);
	buf_byte(&b, '\n');
	while (sent < b.n) {
		ssize_t n = send_some(a->fd, span_from(buf_all(&b), sent), sent == 0 ? fd : -1);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	buf_free(&b);
	if (sent > strlen(text))
		return 0;
	err_sys(&a->err, "cannot ask %s", a->role);
	return failed(a, 1);
}

struct ask *
ask(struct ctl *c, const char *role, enum ask_right right, json_t *request)
{
	return ask_with(c, role, right, request, -1);
}

struct ask *
ask_with(struct ctl *c, const char *role, enum ask_right right, json_t *request, int fd)
{
	struct ask *a = calloc(1, sizeof(*a));
	char *text = json_dumps(request, JSON_COMPACT);
	const char *path = arena_printf(c->arena, "%s/%s/%s", ctl_path(c, "run"), role,
	    right == ASK_OPS ? "ops.sock" : "view.sock");

	json_decref(request);
	if (a == NULL)
		fatal("out of memory for a request");
	a->role = role;
	a->fd = -1;
	buf_init(&a->in, ASK_ROW_BYTES);
	if (text == NULL) {
		err_set(&a->err, "a word on the command line is not UTF-8");
		failed(a, 2);
	} else if (connect_to(a, path, right) == 0)
		send_line(a, text, fd);
	free(text);
	return a;
}

/* Reads until a whole line lies at the front of in. */
static int
line_await(struct ask *a)
{
	ptrdiff_t lf;

	while ((lf = span_find(buf_all(&a->in), '\n')) < 0) {
		char *room = buf_room(&a->in, 1);
		ssize_t n;

		if (room == NULL) {
			err_set(&a->err, "%s answers a line longer than %d bytes", a->role,
			    ASK_ROW_BYTES);
			return failed(a, 1);
		}
		n = recv(a->fd, room, a->in.cap - a->in.n, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			a->gone = n == 0 || errno == ECONNRESET;
			if (n == 0)
				err_set(&a->err, "%s went away before its answer was complete",
				    a->role);
			else if (errno == EAGAIN)
				err_set(&a->err, "%s has not answered for %d s", a->role,
				    ASK_SILENCE_S);
			else
				err_sys(&a->err, "cannot hear %s", a->role);
			return failed(a, 1);
		}
		buf_grew(&a->in, (size_t)n);
	}
	a->line = span_first(buf_all(&a->in), (size_t)lf);
	a->taken = (size_t)lf + 1;
	return 0;
}

/* Is it the last line: {"end":true} or {"error":...}? */
static bool
is_last(struct ask *a)
{
	const json_t *error = json_object_get(a->row, "error");

	if (json_is_true(json_object_get(a->row, "end"))) {
		a->ended = true;
		return true;
	}
	if (!json_is_string(error) || json_object_get(a->row, "exit") == NULL)
		return false;
	err_set(&a->err, "%s", json_string_value(error));
	failed(a, (int)row_num(a->row, "exit"));
	if (a->exit_code != 2)
		a->exit_code = a->exit_code == EX_USAGE ? 2 : 1;
	return true;
}

const json_t *
ask_row(struct ask *a)
{
	json_decref(a->row);
	a->row = NULL;
	buf_drop(&a->in, a->taken);
	a->taken = 0;
	if (a->ended || line_await(a) == -1)
		return NULL;
	a->row = json_loadb(a->line.p, a->line.n, 0, NULL);
	if (!json_is_object(a->row)) {
		err_set(&a->err, "%s answers what is no JSON object", a->role);
		failed(a, 1);
		return NULL;
	}
	return is_last(a) ? NULL : a->row;
}

struct span
ask_line(const struct ask *a)
{
	return a->line;
}

const char *
ask_error(const struct ask *a)
{
	return a->err.text[0] == '\0' ? NULL : a->err.text;
}

bool
ask_is_gone(const struct ask *a)
{
	return a->gone;
}

void
ask_free(struct ask *a)
{
	json_decref(a->row);
	buf_free(&a->in);
	if (a->fd != -1)
		close(a->fd);
	free(a);
}

int
ask_end(struct ask *a)
{
	int exit_code;

	while (ask_row(a) != NULL)
		continue;
	exit_code = a->exit_code;
	if (ask_error(a) != NULL)
		ctl_fail(exit_code, "%s", ask_error(a));
	ask_free(a);
	return exit_code;
}

/* ---- a row's values ---- */

static struct span
time_of(uint64_t ms, struct arena *arena)
{
	time_t s = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&s, &tm);
	return arena_span(
	    arena, span_of(text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%SZ", &tm)));
}

static bool
is_time_key(const char *key)
{
	return span_ends_nocase(span_str(key), "_ms");
}

/* Before 2001 it is no time, but a length of one. */
static bool
is_time(const char *key, json_int_t v)
{
	return is_time_key(key) && v > (json_int_t)1000 * 1000 * 1000 * 1000;
}

static const json_t *
value_of(const json_t *row, const char *key)
{
	struct span rest = span_str(key);
	const json_t *v = NULL;

	while (v == NULL && rest.n > 0) {
		struct span one = span_cut(rest, '|', &rest);

		v = json_object_getn(row, one.p, one.n);
	}
	return v;
}

static struct span
one_text(const json_t *row, const char *key, struct arena *arena)
{
	const json_t *v = value_of(row, key);

	if (json_is_string(v))
		return span_of(json_string_value(v), json_string_length(v));
	if (json_is_integer(v) && json_integer_value(v) == 0 && is_time_key(key))
		return span_of("", 0);
	if (json_is_integer(v) && is_time(key, json_integer_value(v)))
		return time_of((uint64_t)json_integer_value(v), arena);
	if (json_is_integer(v))
		return span_str(
		    arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(v)));
	if (json_is_real(v))
		return span_str(arena_printf(arena, "%.1f", json_real_value(v)));
	if (json_is_boolean(v))
		return json_is_true(v) ? SPAN_LIT("yes") : SPAN_LIT("no");
	return span_of("", 0);
}

struct span
row_text(const json_t *row, const char *key, struct arena *arena)
{
	struct span rest = span_str(key), text = span_of("", 0);

	if (span_find(rest, '+') < 0)
		return one_text(row, key, arena);
	while (rest.n > 0) {
		struct span part =
		    one_text(row, arena_cstr(arena, span_cut(rest, '+', &rest)), arena);

		if (part.n > 0 && !span_is(part, "0"))
			text = span_str(arena_printf(
			    arena, "%.*s%s%.*s", SPAN(text), text.n > 0 ? " " : "", SPAN(part)));
	}
	return text;
}

uint64_t
row_num(const json_t *row, const char *key)
{
	json_int_t v = json_integer_value(value_of(row, key));

	return v > 0 ? (uint64_t)v : 0;
}

const char *
row_str(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s == NULL ? "" : s;
}
