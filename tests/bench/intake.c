#include "intake.h"
#include "buf.h"
#include "net.h"
#include "tick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536, EVENTS = 256, LINE_MAX_BYTES = 4096, ENVELOPE_BYTES = 4 << 20 };

enum state { COMMAND, CONTENT, WAITING }; /* WAITING: content is in, the 250 is due */

struct conn {
	int fd;
	enum state state;
	bool closing;   /* after QUIT: when all is written */
	bool gone;      /* the peer closed, or broke a limit */
	bool blocked;   /* the peer reads too slowly */
	size_t scanned; /* of in: bytes of content known to hold no end */
	uint64_t due;   /* WAITING with a delay: when to answer */
	struct buf in, out, from, recipients;
	TAILQ_ENTRY(conn) waiting;
};

TAILQ_HEAD(conns, conn);

struct intake {
	struct intake_style style;
	struct intake_hooks hooks;
	void *ctx;
	int listener, epoll;
	volatile bool stop;
	struct conns group;   /* WAITING for commit */
	struct conns delayed; /* committed, in order of due */
};

static void
conn_close(struct intake *in, struct conn *c)
{
	if (c->state == WAITING)
		TAILQ_REMOVE(c->due == 0 ? &in->group : &in->delayed, c, waiting);
	close(c->fd);
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->from);
	buf_free(&c->recipients);
	free(c);
}

static void
conn_flush(struct intake *in, struct conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	ssize_t n = c->out.n == 0 ? 0 : send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);

	if (n == -1 && errno != EAGAIN)
		c->gone = true;
	if (n > 0)
		buf_drop(&c->out, (size_t)n);
	if ((c->out.n > 0) != c->blocked) {
		c->blocked = !c->blocked;
		if (c->blocked)
			ev.events |= EPOLLOUT;
		epoll_ctl(in->epoll, EPOLL_CTL_MOD, c->fd, &ev);
	}
}

static void
ehlo(struct intake *in, struct conn *c)
{
	buf_str(&c->out, "250-bench\r\n");
	if (in->style.pipelining)
		buf_str(&c->out, "250-PIPELINING\r\n");
	buf_printf(&c->out, "250-8BITMIME\r\n250 SIZE %zu\r\n", in->style.message_max);
}

static struct span
address_in(struct span line)
{
	struct span rest;

	span_cut(line, '<', &rest);
	return span_cut(rest, '>', &line);
}

static void
envelope_clear(struct conn *c)
{
	buf_reset(&c->from);
	buf_reset(&c->recipients);
}

static void
on_mail(struct conn *c, struct span line)
{
	envelope_clear(c);
	buf_span(&c->from, address_in(line));
	buf_str(&c->out, "250 2.1.0 ok\r\n");
}

static void
on_rcpt(struct conn *c, struct span line)
{
	buf_span(&c->recipients, address_in(line));
	buf_byte(&c->recipients, '\n');
	buf_str(&c->out, buf_over(&c->recipients) ? "452 4.5.3 too many\r\n" : "250 2.1.5 ok\r\n");
}

static void
on_data(struct conn *c)
{
	if (c->recipients.n == 0) {
		buf_str(&c->out, "554 5.5.1 no valid recipients\r\n");
		return;
	}
	buf_str(&c->out, "354 go on\r\n");
	c->state = CONTENT;
	c->scanned = 0;
}

static void
on_command(struct intake *in, struct conn *c, struct span line)
{
	if (span_starts_nocase(line, "MAIL FROM:"))
		on_mail(c, line);
	else if (span_starts_nocase(line, "RCPT TO:"))
		on_rcpt(c, line);
	else if (span_is_nocase(line, "DATA"))
		on_data(c);
	else if (span_starts_nocase(line, "EHLO"))
		ehlo(in, c);
	else if (span_is_nocase(line, "QUIT")) {
		buf_str(&c->out, "221 2.0.0 bye\r\n");
		c->closing = true;
	} else {
		if (span_is_nocase(line, "RSET"))
			envelope_clear(c);
		buf_str(&c->out, "250 2.0.0 ok\r\n");
	}
}

/* Where the line of the final dot begins in in, from scanned on; -1 when it is not there yet. */
static ptrdiff_t
content_end(struct conn *c)
{
	struct span s = buf_all(&c->in);

	for (;;) {
		struct span rest = span_from(s, c->scanned);
		ptrdiff_t nl;

		if (span_starts(rest, ".\r\n"))
			return (ptrdiff_t)c->scanned;
		if (rest.n < 3 || (nl = span_find(rest, '\n')) < 0)
			return -1;
		c->scanned += (size_t)nl + 1;
	}
}

static bool
take_content(struct intake *in, struct conn *c)
{
	ptrdiff_t end = content_end(c);
	struct intake_message m;

	if (end < 0)
		return false;
	m = (struct intake_message){ buf_all(&c->from), buf_all(&c->recipients),
		span_of(c->in.p, (size_t)end) };
	in->hooks.message(in->ctx, &m);
	buf_drop(&c->in, (size_t)end + 3);
	envelope_clear(c);
	c->state = WAITING;
	c->due = 0;
	TAILQ_INSERT_TAIL(&in->group, c, waiting);
	return true;
}

static bool
take_line(struct intake *in, struct conn *c)
{
	ptrdiff_t nl = span_find(buf_all(&c->in), '\n');

	if (nl < 0) {
		c->gone = c->in.n > LINE_MAX_BYTES;
		return false;
	}
	on_command(in, c, span_trim(span_of(c->in.p, (size_t)nl)));
	buf_drop(&c->in, (size_t)nl + 1);
	return true;
}

/* All that can be taken from what has arrived. */
static void
conn_advance(struct intake *in, struct conn *c)
{
	bool more = true;

	while (more && !c->closing && c->state != WAITING)
		more = c->state == CONTENT ? take_content(in, c) : take_line(in, c);
}

static void
conn_read(struct intake *in, struct conn *c)
{
	char *room = buf_room(&c->in, READ_BYTES);
	ssize_t n;

	if (room == NULL) {
		c->gone = true;
		return;
	}
	n = recv(c->fd, room, READ_BYTES, 0);
	if (n == 0 || (n == -1 && errno != EAGAIN))
		c->gone = true;
	if (n > 0) {
		buf_grew(&c->in, (size_t)n);
		conn_advance(in, c);
	}
}

/* Sends what is there; false when the connection has ended. */
static bool
conn_settle(struct intake *in, struct conn *c)
{
	if (!c->gone)
		conn_flush(in, c);
	if (!c->gone && !(c->closing && c->out.n == 0))
		return true;
	conn_close(in, c);
	return false;
}

static void
conn_acknowledge(struct intake *in, struct conn *c)
{
	buf_str(&c->out, "250 2.0.0 accepted\r\n");
	c->state = COMMAND;
	conn_advance(in, c);
	conn_settle(in, c);
}

static void
conn_delay(struct intake *in, struct conn *c)
{
	c->due = tick_now() + in->style.delay_ms * (TICKS_PER_S / 1000);
	TAILQ_INSERT_TAIL(&in->delayed, c, waiting);
}

/* Acknowledging a client may bring its next message out of the buffer: that is the next group. */
static void
commit_groups(struct intake *in)
{
	struct conn *c;

	while (!TAILQ_EMPTY(&in->group)) {
		struct conns ready = TAILQ_HEAD_INITIALIZER(ready);

		if (in->hooks.commit != NULL)
			in->hooks.commit(in->ctx);
		TAILQ_CONCAT(&ready, &in->group, waiting);
		while ((c = TAILQ_FIRST(&ready)) != NULL) {
			TAILQ_REMOVE(&ready, c, waiting);
			if (in->style.delay_ms > 0)
				conn_delay(in, c);
			else
				conn_acknowledge(in, c);
		}
	}
}

static void
answer_delayed(struct intake *in)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&in->delayed)) != NULL && c->due <= tick_now()) {
		TAILQ_REMOVE(&in->delayed, c, waiting);
		conn_acknowledge(in, c);
	}
}

static void
conn_new(struct intake *in, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory");
	c->fd = fd;
	buf_init(&c->in, in->style.message_max + 2 * READ_BYTES);
	buf_init(&c->out, 1 << 20);
	buf_init(&c->from, LINE_MAX_BYTES);
	buf_init(&c->recipients, ENVELOPE_BYTES);
	ev.data.ptr = c;
	epoll_ctl(in->epoll, EPOLL_CTL_ADD, fd, &ev);
	buf_str(&c->out, "220 bench ESMTP\r\n");
	conn_settle(in, c);
}

static void
accept_all(struct intake *in)
{
	int fd;

	while ((fd = accept4(in->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		net_no_delay(fd);
		conn_new(in, fd);
	}
}

static int
wait_ms(const struct intake *in)
{
	const struct conn *c = TAILQ_FIRST(&in->delayed);
	uint64_t now = tick_now();

	if (c == NULL)
		return 1000;
	return c->due <= now ? 0 : (int)((c->due - now) / (TICKS_PER_S / 1000)) + 1;
}

static void
turn(struct intake *in)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(in->epoll, events, EVENTS, wait_ms(in));

	for (int i = 0; i < n; i++) {
		struct conn *c = events[i].data.ptr;

		if (c == NULL) {
			accept_all(in);
			continue;
		}
		if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			conn_read(in, c);
		conn_settle(in, c);
	}
	commit_groups(in);
	answer_delayed(in);
	if (in->hooks.idle != NULL)
		in->hooks.idle(in->ctx);
}

struct intake *
intake_new(
    const struct intake_style *style, const struct intake_hooks *hooks, void *ctx, struct err *err)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct intake *in = calloc(1, sizeof(*in));

	if (in == NULL)
		fatal("out of memory");
	*in = (struct intake){ .style = *style, .hooks = *hooks, .ctx = ctx };
	TAILQ_INIT(&in->group);
	TAILQ_INIT(&in->delayed);
	in->listener = net_listen(style->address, err);
	if (in->listener == -1) {
		free(in);
		return NULL;
	}
	in->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (in->epoll == -1 || epoll_ctl(in->epoll, EPOLL_CTL_ADD, in->listener, &ev) == -1)
		fatal("epoll: %s", strerror(errno));
	return in;
}

void
intake_run(struct intake *in)
{
	while (!in->stop)
		turn(in);
}

void
intake_stop(struct intake *in)
{
	in->stop = true;
}

void
intake_free(struct intake *in)
{
	close(in->listener);
	close(in->epoll);
	free(in);
}
