#include "msg.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "msg_inside.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKETS_A_TURN = 64 };

/* Channels touched in this turn, flushed by one hook; and the packet being read. */
static STAILQ_HEAD(, chan) touched = STAILQ_HEAD_INITIALIZER(touched);
static bool hooked;
static void (*on_any_close)(int);
static char packet_in[MSG_PACKET_MAX] __attribute__((aligned(8)));

/* ---- reading ---- */

void
chan_fds_close(const int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* One piece more of a long record; -1: nonsense. */
static int
part_take(struct chan *c, const struct head *h, struct span body)
{
	if (h->fds != 0 || (c->parts.n > 0 && c->parts_type != h->type))
		return -1;
	c->parts_type = h->type;
	buf_span(&c->parts, body);
	return buf_over(&c->parts) ? -1 : 0;
}

static void
parts_forget(struct chan *c)
{
	buf_free(&c->parts);
	buf_init(&c->parts, MSG_RECORD_MAX);
}

/* Hands out a record that is whole, with the parts that came before it. */
static void
record_give(struct chan *c, const struct head *h, struct span body, int *fds)
{
	bool long_one = c->parts.n > 0;
	struct msg m = { .type = h->type, .body = body, .fds = fds, .fds_n = h->fds };

	if (long_one && c->parts_type != h->type)
		chan_bad(c, "a record whose end is another's");
	else if (long_one) {
		buf_span(&c->parts, body);
		m.body = buf_all(&c->parts);
	}
	if (buf_over(&c->parts))
		chan_bad(c, "a record longer than any may be");
	if (c->why_bad == NULL)
		c->on_msg(c->ctx, c, &m);
	chan_fds_close(m.fds, m.fds_n);
	if (long_one)
		parts_forget(c);
}

static void
record_take(struct chan *c, const struct head *h, struct span body, int *fds)
{
	switch (h->form) {
	case RECORD_LAST:
		record_give(c, h, body, fds);
		return;
	case RECORD_PART:
		if (part_take(c, h, body) == -1)
			chan_bad(c, "a part of a record that makes no sense");
		break;
	case RECORD_DROPPED:
		parts_forget(c);
		break;
	default:
		chan_bad(c, "a record of a form that is not known");
	}
	chan_fds_close(fds, h->fds);
}

/* Hands out the records of one packet. Descriptors that were lost on the way (EMFILE: MSG_CTRUNC) arrive as -1. */
static void
records(struct chan *c, struct span packet, int *fds)
{
	unsigned fds_at = 0;

	while (packet.n > 0 && c->why_bad == NULL) {
		struct head h;

		if (packet.n < HEAD_BYTES) {
			chan_bad(c, "a record without its head");
			break;
		}
		memcpy(&h, packet.p, HEAD_BYTES);
		packet = span_from(packet, HEAD_BYTES);
		if (h.len > packet.n || h.fds > MSG_FDS_MAX - fds_at) {
			chan_bad(c, "a record longer than its packet");
			break;
		}
		record_take(c, &h, span_first(packet, h.len), fds + fds_at);
		fds_at += h.fds;
		packet = span_from(packet, h.len);
	}
	chan_fds_close(fds + fds_at, MSG_FDS_MAX - fds_at);
}

/* The descriptors that came along, those that are missing as -1. They are ours to close, whatever the packet is worth. */
static void
fds_of(struct msghdr *mh, int fds[MSG_FDS_MAX])
{
	for (unsigned i = 0; i < MSG_FDS_MAX; i++)
		fds[i] = -1;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(mh); h != NULL; h = CMSG_NXTHDR(mh, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(h), h->cmsg_len - CMSG_LEN(0));
}

/* 1: a packet was read, 0: none there, -1: the peer is gone. */
static int
packet_read(struct chan *c)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(sizeof(int) * MSG_FDS_MAX)];
	} control;
	struct iovec iov = { packet_in, sizeof(packet_in) };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	int fds[MSG_FDS_MAX];
	ssize_t n;

	/* A peer that exits with packets of ours unread leaves an error in front of its last words, told once. */
	do
		n = recvmsg(c->fd, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (n == -1 && errno == ECONNRESET);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	fds_of(&mh, fds);
	if (n > 0 && (mh.msg_flags & MSG_TRUNC) == 0) {
		records(c, span_of(packet_in, (size_t)n), fds);
		return 1;
	}
	chan_fds_close(fds, MSG_FDS_MAX);
	if (n == 0)
		return -1;
	chan_bad(c, "a packet longer than any may be");
	return 1;
}

static void
closed(struct chan *c, const char *why)
{
	chan_on_close *on_close = c->on_close;

	if (on_close != NULL)
		on_close(c->ctx, c, why);
	if (on_any_close != NULL)
		on_any_close(c->fd);
	chan_free(c);
}

static bool
is_paused(const struct chan *c)
{
	return c->held || (c->answers && c->was_full);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct chan *c = ctx;
	int r = 1;

	(void)fd;
	(void)what;
	c->reading = true;
	for (int i = 0; i < PACKETS_A_TURN && r == 1 && c->why_bad == NULL && !is_paused(c); i++)
		r = packet_read(c);
	c->reading = false;
	if (r == -1 && c->why_bad == NULL)
		closed(c, "the peer is gone");
}

int
chan_read_blocking(struct chan *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int r = 0;

	while (r == 0) {
		if (poll(&p, 1, -1) == -1 && errno != EINTR)
			return -1;
		r = packet_read(c);
	}
	return r == 1 && c->why_bad == NULL ? 0 : -1;
}

bool
chan_read_pending(struct chan *c)
{
	return c->why_bad == NULL && packet_read(c) == 1;
}

/* ---- writing ---- */

static void
touched_flush(void *unused)
{
	struct chan *c;

	(void)unused;
	while ((c = STAILQ_FIRST(&touched)) != NULL) {
		STAILQ_REMOVE_HEAD(&touched, gathered);
		c->dirty = false;
		if (c->why_bad != NULL)
			closed(c, c->why_bad);
		else
			chan_flush(c);
	}
}

void
chan_touch(struct chan *c)
{
	if (c->dirty)
		return;
	if (!hooked) {
		hooked = true;
		loop_at_turn_last(touched_flush, NULL);
	}
	c->dirty = true;
	STAILQ_INSERT_TAIL(&touched, c, gathered);
}

static void
packet_free(struct packet *p)
{
	chan_fds_close(p->fds, p->fds_n);
	free(p);
}

/* 0 sent, 1 would block, -1 the peer is gone (the reader will notice and close). */
static int
packet_send(struct chan *c, const char *bytes, size_t n, const int *fds, unsigned fds_n)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(sizeof(int) * MSG_FDS_MAX)];
	} control;
	struct iovec iov = { (char *)bytes, n };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fds_n > 0) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * fds_n);
		control.h.cmsg_level = SOL_SOCKET;
		control.h.cmsg_type = SCM_RIGHTS;
		control.h.cmsg_len = CMSG_LEN(sizeof(int) * fds_n);
		memcpy(CMSG_DATA(&control.h), fds, sizeof(int) * fds_n);
	}
	while (sendmsg(c->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) == -1) {
		if (errno == EINTR)
			continue;
		return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ||
			       errno == ENOMEM
			   ? 1
			   : -1;
	}
	return 0;
}

static void
packet_queue(struct chan *c)
{
	struct packet *p = malloc(sizeof(*p) + c->out.n);

	if (p == NULL)
		fatal("out of memory for a packet");
	p->n = c->out.n;
	memcpy(p->bytes, c->out.p, c->out.n);
	p->fds_n = c->out_fds_n;
	memcpy(p->fds, c->out_fds, sizeof(p->fds));
	STAILQ_INSERT_TAIL(&c->queue, p, link);
	c->queued += p->n;
	c->was_full = c->was_full || c->queued > c->queue_max;
	if (is_paused(c))
		event_del(c->readable);
	if (c->queued > c->queue_max * 4)
		chan_bad(c, "the peer does not read");
	else
		event_add(c->writable, NULL);
}

static void
out_clear(struct chan *c)
{
	buf_reset(&c->out);
	c->out_fds_n = 0;
}

void
chan_out_leave(struct chan *c)
{
	int r = 1;

	if (c->out.n == 0)
		return;
	if (STAILQ_EMPTY(&c->queue))
		r = packet_send(c, c->out.p, c->out.n, c->out_fds, c->out_fds_n);
	if (r == 1)
		packet_queue(c);
	else
		chan_fds_close(c->out_fds, c->out_fds_n);
	out_clear(c);
}

void
chan_flush(struct chan *c)
{
	chan_out_leave(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct chan *c = ctx;
	struct packet *p;

	(void)fd;
	(void)what;
	while ((p = STAILQ_FIRST(&c->queue)) != NULL) {
		if (packet_send(c, p->bytes, p->n, p->fds, p->fds_n) == 1)
			break;
		STAILQ_REMOVE_HEAD(&c->queue, link);
		c->queued -= p->n;
		packet_free(p);
	}
	if (p != NULL)
		event_add(c->writable, NULL);
	if (c->was_full && c->queued <= c->queue_max / 2) {
		c->was_full = false;
		if (c->answers && !c->held && c->why_bad == NULL)
			event_add(c->readable, NULL);
		if (c->on_room != NULL)
			c->on_room(c->ctx);
	}
}

/* ---- life ---- */

struct chan *
chan_new(int fd, const char *peer, size_t queue_max, chan_on_msg *on_msg, chan_on_close *on_close,
    void *ctx)
{
	struct chan *c = calloc(1, sizeof(*c));

	if (c == NULL)
		fatal("out of memory for a channel");
	c->fd = fd;
	c->peer = strdup(peer);
	c->on_msg = on_msg;
	c->on_close = on_close;
	c->ctx = ctx;
	c->queue_max = queue_max;
	STAILQ_INIT(&c->queue);
	buf_init(&c->out, MSG_PACKET_MAX);
	buf_init(&c->parts, MSG_RECORD_MAX);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	c->readable = event_new(loop_base(), fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(loop_base(), fd, EV_WRITE, on_writable, c);
	if (c->peer == NULL || c->readable == NULL || c->writable == NULL)
		fatal("out of memory for a channel");
	event_add(c->readable, NULL);
	return c;
}

void
chan_free(struct chan *c)
{
	struct packet *p;

	must(!c->reading);
	if (c->dirty)
		STAILQ_REMOVE(&touched, c, chan, gathered);
	while ((p = STAILQ_FIRST(&c->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->queue, link);
		packet_free(p);
	}
	chan_fds_close(c->out_fds, c->out_fds_n);
	event_free(c->readable);
	event_free(c->writable);
	close(c->fd);
	buf_free(&c->out);
	buf_free(&c->parts);
	free(c->peer);
	free(c);
}

bool
chan_full(const struct chan *c)
{
	return c->was_full;
}

void
chan_on_room(struct chan *c, void (*room)(void *))
{
	c->on_room = room;
}

void
chan_answers(struct chan *c)
{
	c->answers = true;
}

void
chan_hold(struct chan *c, bool hold)
{
	if (c->held == hold)
		return;
	c->held = hold;
	if (is_paused(c))
		event_del(c->readable);
	else if (c->why_bad == NULL)
		event_add(c->readable, NULL);
}

void
chan_on_any_close(void (*fn)(int fd))
{
	on_any_close = fn;
}

void
chan_bad(struct chan *c, const char *why)
{
	if (c->why_bad != NULL)
		return;
	log_begin(LOG_LEVEL_ERROR, "peer-closed");
	log_kvs("peer", c->peer);
	log_kvs("why", why);
	log_end();
	c->why_bad = why;
	event_del(c->readable);
	chan_touch(c);
}
