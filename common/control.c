#include "control.h"
#include "err.h"
#include "event.h"
#include "log.h"
#include "loop.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Calls at once: one user that leaves his open keeps no other out, those who only look keep out nobody who acts, and root
 * comes in always. */
enum { CALLS_MAX = 64, CALLS_VIEW = 48, CALLS_USER = 16, CALLS_ROOT = CALLS_MAX + 64 };
/* ANSWERS_BYTES: of all that wait to be read. */
enum {
	REQUEST_BYTES = 64 * 1024,
	ANSWER_BYTES = 64 * 1024 * 1024,
	ANSWERS_BYTES = 4 * ANSWER_BYTES,
	STALL_S = 60
};

struct server {
	int fd;
	bool ops;
	gid_t gid; /* whose members may come; root always may */
	const struct control_verb *verbs;
	void *ctx;
	struct event *readable;
};

struct control_call {
	LIST_ENTRY(control_call) link;
	struct server *server;
	int fd;
	int passed; /* came with the request; -1: none */
	unsigned uid;
	struct event *ev; /* waits for the request, then for room to write */
	struct buf in, out;
	json_t *args;
	bool first_key, ended;
};

static LIST_HEAD(, control_call) calls; /* of this process */
static unsigned calls_n;

static void
call_free(struct control_call *c)
{
	event_free(c->ev);
	close(c->fd);
	if (c->passed != -1)
		close(c->passed);
	buf_free(&c->in);
	buf_free(&c->out);
	json_decref(c->args);
	LIST_REMOVE(c, link);
	calls_n--;
	free(c);
}

static void on_call(evutil_socket_t, short, void *);

static void
await(struct control_call *c, short what)
{
	struct timeval stall = { .tv_sec = STALL_S };

	event_del(c->ev);
	event_assign(c->ev, loop_base(), c->fd, what, on_call, c);
	event_add(c->ev, &stall);
}

static void
answer_write(struct control_call *c)
{
	while (c->out.n > 0) {
		ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == -1 && errno == EAGAIN) {
			await(c, EV_WRITE);
			return;
		}
		if (n <= 0)
			break;
		buf_drop(&c->out, (size_t)n);
	}
	call_free(c);
}

static void
verb_call(struct control_call *c)
{
	struct span verb = control_arg(c, "verb");

	for (const struct control_verb *v = c->server->verbs; v->name != NULL; v++) {
		if (!span_is(verb, v->name))
			continue;
		if (v->ops && !c->server->ops)
			control_error(c, 1,
			    "%s changes things: it needs the ops socket (group posthouse-ops)",
			    v->name);
		else
			v->fn(c->server->ctx, c);
		return;
	}
	control_error(c, 2, "unknown verb \"%.*s\"", SPAN(span_first(verb, 40)));
}

/* Those that came along with some bytes: the first is kept, the others are ours to close. */
static void
descriptors_take(struct control_call *c, const struct cmsghdr *h)
{
	size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
		if (c->passed == -1)
			c->passed = fd;
		else
			close(fd);
	}
}

/* As recv(2). The kernel fills what room there is for descriptors, that for two of them too. */
static ssize_t
receive(struct control_call *c, char *room, size_t size)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { room, size };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	for (struct cmsghdr *h = n == -1 ? NULL : CMSG_FIRSTHDR(&m); h != NULL;
	     h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
			descriptors_take(c, h);
	return n;
}

static void
request_read(struct control_call *c)
{
	char *room = buf_room(&c->in, 4096);
	json_error_t why;
	ssize_t n = room == NULL ? 0 : receive(c, room, 4096);

	if (n == -1 && errno == EAGAIN)
		return await(c, EV_READ);
	if (n <= 0)
		return call_free(c);
	buf_grew(&c->in, (size_t)n);
	if (span_find(buf_all(&c->in), '\n') < 0)
		return await(c, EV_READ);
	c->args = json_loadb(c->in.p, c->in.n, JSON_DISABLE_EOF_CHECK, &why);
	event_del(c->ev);
	if (json_is_object(c->args))
		verb_call(c);
	else
		control_error(c, 2, "the request is no JSON object: %s", why.text);
}

static void
on_call(evutil_socket_t fd, short what, void *ctx)
{
	struct control_call *c = ctx;

	(void)fd;
	if (what & EV_TIMEOUT)
		call_free(c);
	else if (c->ended)
		answer_write(c);
	else
		request_read(c);
}

/* In that group, as its own or as one of those beside it. The kernel knows no more of them than NGROUPS_MAX. */
static bool
in_group(int fd, const struct ucred *cred, gid_t gid)
{
	static gid_t groups[NGROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (cred->gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* What the socket's mode says, asked once more: it may have been opened while it stood otherwise. */
static bool
may_come(const struct server *s, int fd, struct ucred *cred)
{
	socklen_t len = sizeof(*cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len) == -1)
		return false;
	if (cred->uid == 0 || in_group(fd, cred, s->gid))
		return true;
	log_warn("control-refused", "uid=%u gid=%u group=%u ops=%s", cred->uid, cred->gid, s->gid,
	    s->ops ? "yes" : "no");
	return false;
}

static bool
has_place(const struct server *s, uid_t uid)
{
	const struct control_call *c;
	unsigned his = 0;

	if (uid == 0)
		return calls_n < CALLS_ROOT;
	LIST_FOREACH (c, &calls, link)
		his += c->uid == uid;
	return his < CALLS_USER && calls_n < (s->ops ? CALLS_MAX : CALLS_VIEW);
}

static void
call_new(struct server *s, int fd, uid_t uid)
{
	struct control_call *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a control call");
	c->server = s;
	c->fd = fd;
	c->passed = -1;
	c->uid = uid;
	c->ev = event_new(loop_base(), fd, EV_READ, on_call, c);
	if (c->ev == NULL)
		fatal("out of memory for a control call");
	buf_init(&c->in, REQUEST_BYTES);
	buf_init(&c->out, ANSWER_BYTES);
	LIST_INSERT_HEAD(&calls, c, link);
	calls_n++;
	await(c, EV_READ);
}

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	struct server *s = ctx;
	int client;

	(void)what;
	while ((client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		if (may_come(s, client, &cred) && has_place(s, cred.uid))
			call_new(s, client, cred.uid);
		else
			close(client);
	}
}

void
control_serve_fd(int fd, bool ops, unsigned gid, const struct control_verb *verbs, void *ctx)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for a control socket");
	*s = (struct server){ .fd = fd, .ops = ops, .gid = gid, .verbs = verbs, .ctx = ctx };
	evutil_make_socket_nonblocking(fd);
	s->readable = event_new(loop_base(), fd, EV_READ | EV_PERSIST, on_accept, s);
	if (s->readable == NULL || event_add(s->readable, NULL) == -1)
		fatal("cannot watch a control socket");
}

/* Not told: root alone. */
static unsigned
group(struct role *role, const char *name)
{
	uint64_t gid = 0;

	(void)span_u64(role_secret(role, name), UINT32_MAX, &gid);
	return (unsigned)gid;
}

void
control_serve(struct role *role, const struct control_verb *verbs, void *ctx)
{
	int view = role_fd(role, "control view"), ops = role_fd(role, "control ops");

	if (view >= 0)
		control_serve_fd(view, false, group(role, "group view"), verbs, ctx);
	if (ops >= 0)
		control_serve_fd(ops, true, group(role, "group ops"), verbs, ctx);
}

struct span
control_arg(const struct control_call *c, const char *key)
{
	const json_t *v = json_object_get(c->args, key);

	return span_of(json_string_value(v), json_string_length(v));
}

uint64_t
control_arg_num(const struct control_call *c, const char *key, uint64_t otherwise)
{
	const json_t *v = json_object_get(c->args, key);

	return json_is_integer(v) && json_integer_value(v) >= 0 ? (uint64_t)json_integer_value(v)
								: otherwise;
}

bool
control_arg_bool(const struct control_call *c, const char *key)
{
	return json_is_true(json_object_get(c->args, key));
}

unsigned
control_actor(const struct control_call *c)
{
	return c->uid;
}

int
control_fd(const struct control_call *c)
{
	return c->passed;
}

void
control_row(struct control_call *c)
{
	buf_byte(&c->out, '{');
	c->first_key = true;
}

static void
key(struct control_call *c, const char *k)
{
	buf_printf(&c->out, "%s\"%s\":", c->first_key ? "" : ",", k);
	c->first_key = false;
}

void
control_span(struct control_call *c, const char *k, struct span v)
{
	key(c, k);
	json_span(&c->out, v);
}

void
control_str(struct control_call *c, const char *k, const char *v)
{
	control_span(c, k, span_str(v));
}

void
control_num(struct control_call *c, const char *k, uint64_t v)
{
	key(c, k);
	buf_printf(&c->out, "%" PRIu64, v);
}

void
control_id(struct control_call *c, const char *k, struct id id)
{
	control_str(c, k, id_text(id).c);
}

void
control_row_end(struct control_call *c)
{
	buf_str(&c->out, "}\n");
}

void
control_line(struct control_call *c, struct span line)
{
	buf_span(&c->out, line);
	if (line.n == 0 || line.p[line.n - 1] != '\n')
		buf_byte(&c->out, '\n');
}

/* A peer that went away is seen at the end. */
void
control_flush(struct control_call *c)
{
	ssize_t n = 1;

	while (!buf_over(&c->out) && c->out.n > 0 && n > 0) {
		n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			buf_drop(&c->out, (size_t)n);
	}
}

static void
finish(struct control_call *c)
{
	c->ended = true;
	await(c, EV_WRITE);
}

/* Whether there is room for it beside the answers that wait to be read. */
static bool
answer_fits(const struct control_call *c)
{
	size_t waiting = 0;

	for (const struct control_call *o = LIST_FIRST(&calls); o != NULL; o = LIST_NEXT(o, link))
		waiting += o == c || !o->ended ? 0 : o->out.n;
	return c->uid == 0 || waiting + c->out.n <= ANSWERS_BYTES;
}

void
control_end(struct control_call *c)
{
	if (!answer_fits(c)) {
		buf_free(&c->out);
		control_error(c, 1, "too many answers wait to be read: try again later");
		return;
	}
	if (buf_over(&c->out)) {
		buf_reset(&c->out);
		control_error(
		    c, 1, "the answer is larger than %d bytes: ask for less", ANSWER_BYTES);
		return;
	}
	buf_str(&c->out, "{\"end\":true}\n");
	finish(c);
}

void
control_error(struct control_call *c, int exit_code, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	control_row(c);
	control_str(c, "error", text);
	control_num(c, "exit", (uint64_t)exit_code);
	control_row_end(c);
	finish(c);
}
