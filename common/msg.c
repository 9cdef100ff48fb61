#include "msg.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_BYTES = 8, PACKETS_A_TURN = 64 };

struct head {
	uint16_t type, fds;
	uint32_t len;
};

struct packet {
	STAILQ_ENTRY(packet) link;
	size_t n;
	unsigned fds_n;
	int fds[MSG_FDS_MAX];
	char bytes[];
};

struct chan {
	int fd;
	char *peer;
	chan_on_msg *on_msg;
	chan_on_close *on_close;
	void (*on_room)(void *);
	void *ctx;
	struct event *readable, *writable;
	struct buf out; /* the packet being gathered */
	int out_fds[MSG_FDS_MAX];
	unsigned out_fds_n;
	size_t record_at;    /* where the record being written began */
	unsigned record_fds; /* descriptors before it */
	STAILQ_HEAD(, packet) queue;
	size_t queued, queue_max;
	bool was_full, dirty, reading;
	const char *why_bad;
	STAILQ_ENTRY(chan)
	gathered; /* in the list of those that have something to send or to close */
};

/* Channels touched in this turn, flushed by one hook; and the packet being read. */
static STAILQ_HEAD(, chan) touched = STAILQ_HEAD_INITIALIZER(touched);
static bool hooked;
static char packet_in[MSG_PACKET_MAX] __attribute__((aligned(8)));

/* ---- reading ---- */

static const char *
take(struct msg *m, size_t n)
{
	const char *p = m->body.p + m->at;

	if (m->bad || m->body.n - m->at < n) {
		m->bad = true;
		return NULL;
	}
	m->at += n;
	return p;
}

#define TAKE(type)                                                                                 \
	type v = 0;                                                                                \
	const char *p = take(m, sizeof(v));                                                        \
	if (p != NULL)                                                                             \
		memcpy(&v, p, sizeof(v));                                                          \
	return v

uint8_t
msg_u8(struct msg *m)
{
	TAKE(uint8_t);
}

uint16_t
msg_u16(struct msg *m)
{
	TAKE(uint16_t);
}

uint32_t
msg_u32(struct msg *m)
{
	TAKE(uint32_t);
}

uint64_t
msg_u64(struct msg *m)
{
	TAKE(uint64_t);
}

struct span
msg_span(struct msg *m)
{
	uint32_t n = msg_u32(m);
	const char *p = take(m, n);

	return span_of(p, p == NULL ? 0 : n);
}

struct id
msg_id(struct msg *m)
{
	struct id id = { 0 };
	const char *p = take(m, ID_BYTES);

	if (p != NULL)
		memcpy(id.b, p, ID_BYTES);
	return id;
}

int
msg_fd(struct msg *m)
{
	int fd;

	if (m->fds_n == 0) {
		m->bad = true;
		return -1;
	}
	fd = m->fds[0];
	m->fds++;
	m->fds_n--;
	return fd;
}

int
msg_fd_or_none(struct msg *m)
{
	return msg_u8(m) != 0 ? msg_fd(m) : -1;
}

int
msg_end(struct msg *m)
{
	return m->bad || m->at != m->body.n || m->fds_n != 0 ? -1 : 0;
}

static void
fds_close(const int *fds, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Hands out the records of one packet. Descriptors that were lost on the way (EMFILE: MSG_CTRUNC) arrive as -1. */
static void
records(struct chan *c, struct span packet, int *fds)
{
	unsigned fds_at = 0;

	while (packet.n > 0 && c->why_bad == NULL) {
		struct head h;
		struct msg m;

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
		m = (struct msg){ .type = h.type,
			.body = span_first(packet, h.len),
			.fds = fds + fds_at,
			.fds_n = h.fds };
		c->on_msg(c->ctx, c, &m);
		fds_close(m.fds, m.fds_n);
		fds_at += h.fds;
		packet = span_from(packet, h.len);
	}
	fds_close(fds + fds_at, MSG_FDS_MAX - fds_at);
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
	if (n == 0)
		return -1;
	for (unsigned i = 0; i < MSG_FDS_MAX; i++)
		fds[i] = -1;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&mh); h != NULL; h = CMSG_NXTHDR(&mh, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
			memcpy(fds, CMSG_DATA(h), h->cmsg_len - CMSG_LEN(0));
	if (mh.msg_flags & MSG_TRUNC)
		chan_bad(c, "a packet longer than any may be");
	else
		records(c, span_of(packet_in, (size_t)n), fds);
	return 1;
}

static void
closed(struct chan *c, const char *why)
{
	chan_on_close *on_close = c->on_close;

	if (on_close != NULL)
		on_close(c->ctx, c, why);
	chan_free(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct chan *c = ctx;
	int r = 1;

	(void)fd;
	(void)what;
	c->reading = true;
	for (int i = 0; i < PACKETS_A_TURN && r == 1 && c->why_bad == NULL; i++)
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

static void
touch(struct chan *c)
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
	fds_close(p->fds, p->fds_n);
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
		return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? 1 : -1;
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

/* What was gathered leaves, or joins the queue so that order holds. */
static void
out_leave(struct chan *c)
{
	int r = 1;

	if (c->out.n == 0)
		return;
	if (STAILQ_EMPTY(&c->queue))
		r = packet_send(c, c->out.p, c->out.n, c->out_fds, c->out_fds_n);
	if (r == 1)
		packet_queue(c);
	else
		fds_close(c->out_fds, c->out_fds_n);
	out_clear(c);
}

void
chan_flush(struct chan *c)
{
	out_leave(c);
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
		if (c->on_room != NULL)
			c->on_room(c->ctx);
	}
}

void
chan_begin(struct chan *c, uint16_t type)
{
	struct head h = { .type = type };

	if (c->out.n + HEAD_BYTES > MSG_PACKET_MAX)
		out_leave(c);
	c->record_at = c->out.n;
	c->record_fds = c->out_fds_n;
	buf_add(&c->out, &h, HEAD_BYTES);
	touch(c);
}

/* The record that does not fit goes to the next packet, with its descriptors. */
static void
make_room(struct chan *c, size_t n)
{
	char moved[MSG_PACKET_MAX];
	size_t len = c->out.n - c->record_at;
	unsigned fds_n = c->out_fds_n - c->record_fds;
	int fds[MSG_FDS_MAX];

	must(len + n <= MSG_PACKET_MAX && c->record_at > 0);
	memcpy(moved, c->out.p + c->record_at, len);
	memcpy(fds, c->out_fds + c->record_fds, sizeof(int) * fds_n);
	c->out.n = c->record_at;
	c->out_fds_n = c->record_fds;
	out_leave(c);
	buf_add(&c->out, moved, len);
	memcpy(c->out_fds, fds, sizeof(int) * fds_n);
	c->out_fds_n = fds_n;
	c->record_at = 0;
	c->record_fds = 0;
}

static void
put(struct chan *c, const void *p, size_t n)
{
	if (c->out.n + n > MSG_PACKET_MAX)
		make_room(c, n);
	buf_add(&c->out, p, n);
}

void
chan_u8(struct chan *c, uint8_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_u16(struct chan *c, uint16_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_u32(struct chan *c, uint32_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_u64(struct chan *c, uint64_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_span(struct chan *c, struct span s)
{
	chan_u32(c, (uint32_t)s.n);
	if (s.n > 0)
		put(c, s.p, s.n);
}

void
chan_id(struct chan *c, struct id id)
{
	put(c, id.b, ID_BYTES);
}

void
chan_fd(struct chan *c, int fd)
{
	if (c->out_fds_n == MSG_FDS_MAX)
		make_room(c, 0);
	c->out_fds[c->out_fds_n++] = fd;
}

void
chan_fd_or_none(struct chan *c, int fd)
{
	chan_u8(c, fd >= 0);
	if (fd >= 0)
		chan_fd(c, fd);
}

void
chan_end(struct chan *c)
{
	struct head h;

	must(c->out.n - c->record_at - HEAD_BYTES <= MSG_BODY_MAX);
	memcpy(&h, c->out.p + c->record_at, HEAD_BYTES);
	h.len = (uint32_t)(c->out.n - c->record_at - HEAD_BYTES);
	h.fds = (uint16_t)(c->out_fds_n - c->record_fds);
	memcpy(c->out.p + c->record_at, &h, HEAD_BYTES);
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
	fds_close(c->out_fds, c->out_fds_n);
	event_free(c->readable);
	event_free(c->writable);
	close(c->fd);
	buf_free(&c->out);
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
	touch(c);
}
