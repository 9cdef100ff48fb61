#include "role_output.h"
#include "child.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "role.h"
#include "seat.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	READ_BYTES = 64 * 1024, /* a role flushes at this many */
	LINE_BYTES = 32 * 1024, /* longer than any that log.c makes: cut here */
	STAMP_BYTES = 24,       /* 2026-11-23T10:04:07.512Z */
	LAST_READS = 64,        /* of one that has exited: a pipe of the largest size */
	TURN_READS = 8,         /* so many at a time: no role keeps the master */
	REST_MS = 40, /* a busy role writes thousands of times a second: it wakes us 25 times */
	QUOTED_MS = 1000,
	QUOTED_MOST = 100, /* lines in that time: what is quoted is longer than what was said */
};

struct role_output {
	int fd;
	struct event *readable;
	struct timer *rest;
	struct buf text; /* ends within a line */
	char prefix[64]; /* " smtpd[812] ", behind the stamp */
	size_t prefix_n;
	const char *role;
	int pid;
	uint64_t quoted_from_ms;
	unsigned quoted_n; /* since then */
};

static bool
stamped(struct span line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	for (unsigned i = 0; i < STAMP_BYTES; i++)
		if (form[i] == 'd' ? line.p[i] < '0' || line.p[i] > '9' : line.p[i] != form[i])
			return false;
	return true;
}

/* As log.c of that very process writes them: no control byte either, they are escaped there. */
static bool
own_line(const struct role_output *o, struct span line)
{
	if (line.n < STAMP_BYTES + o->prefix_n || !stamped(line) ||
	    memcmp(line.p + STAMP_BYTES, o->prefix, o->prefix_n) != 0)
		return false;
	for (size_t i = STAMP_BYTES; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 127)
			return false;
	return true;
}

/* How many were not quoted. */
static void
quoted_more(struct role_output *o)
{
	if (o->quoted_n > QUOTED_MOST)
		log_warn("role-said-more", "role=%s pid=%d lines=%u", o->role, o->pid,
		    o->quoted_n - QUOTED_MOST);
	o->quoted_from_ms = loop_now_ms();
	o->quoted_n = 0;
}

static void
quote(struct role_output *o, struct span line)
{
	if (line.n == 0)
		return;
	if (loop_now_ms() - o->quoted_from_ms >= QUOTED_MS)
		quoted_more(o);
	if (++o->quoted_n > QUOTED_MOST)
		return;
	log_begin(LOG_LEVEL_WARN, "role-said");
	log_kvs("role", o->role);
	log_kvf("pid", "%d", o->pid);
	log_kv("text", line);
	log_end();
}

/* Lines of its own leave in one write as far as they stand together. */
static void
lines_take(struct role_output *o)
{
	struct span rest = buf_all(&o->text), own = span_first(rest, 0);

	while (rest.n > 0) {
		ptrdiff_t end = span_find(rest, '\n');
		bool cut = end < 0 && rest.n >= LINE_BYTES;
		struct span line = span_first(rest, end < 0 ? rest.n : (size_t)end);

		if (end < 0 && !cut)
			break;
		rest = span_from(rest, line.n + !cut);
		if (!cut && own_line(o, line)) {
			own.n = (size_t)(rest.p - own.p);
			continue;
		}
		log_lines(own);
		quote(o, line);
		own = span_first(rest, 0);
	}
	log_lines(own);
	buf_drop(&o->text, o->text.n - rest.n);
}

/* 1: something was there, 0: nothing now, -1: never again. */
static int
take(struct role_output *o)
{
	char *room = buf_room(&o->text, READ_BYTES);
	ssize_t n = room == NULL ? 0 : read(o->fd, room, READ_BYTES);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	buf_grew(&o->text, (size_t)n);
	lines_take(o);
	return 1;
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct role_output *o = ctx;
	int r = 1;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < TURN_READS && r == 1; i++)
		r = take(o);
	if (r != -1)
		timer_set_ms(o->rest, REST_MS);
}

static void
rested(void *ctx)
{
	struct role_output *o = ctx;

	event_add(o->readable, NULL);
}

struct role_output *
role_output_new(const struct child *child, int read_fd)
{
	struct role_output *o = calloc(1, sizeof(*o));

	if (o == NULL)
		fatal("out of memory for a role's output");
	o->fd = read_fd;
	o->role = role_name(child->seat->kind);
	o->pid = (int)child->pid;
	o->prefix_n = (size_t)snprintf(o->prefix, sizeof(o->prefix), " %s[%d] ", o->role, o->pid);
	buf_init(&o->text, READ_BYTES + LINE_BYTES);
	o->readable = event_new(loop_base(), read_fd, EV_READ, on_readable, o);
	o->rest = timer_new(rested, o);
	if (o->readable == NULL || event_add(o->readable, NULL) == -1)
		fatal("cannot watch a role's output");
	return o;
}

void
role_output_free(struct role_output *o)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < LAST_READS && take(o) == 1; i++)
		;
	quote(o, buf_all(&o->text));
	quoted_more(o);
	timer_free(o->rest);
	event_free(o->readable);
	close(o->fd);
	buf_free(&o->text);
	free(o);
}
