#include "wire.h"
#include "loop.h"
#include "reply.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { IN_BYTES = 2 * REPLY_LINE_MAX, OUT_BYTES = 1024 * 1024, RECORD_BYTES = 16 * 1024 };

enum wire_state { WIRE_CONNECTING, WIRE_HANDSHAKE, WIRE_OPEN, WIRE_CLOSED };

struct wire {
	int fd;
	enum wire_state state;
	SSL *ssl;
	const struct wire_events *on;
	void *ctx;
	struct event readable, writable;
	struct buf in;
	struct buf out; /* commands; before the content, where there is some */
	struct body *body;
	struct buf record; /* under TLS: what SSL_write() has in hand */
	bool pushed, blocked;
	bool deaf;              /* the peer takes nothing more: only what it said before is read */
	TAILQ_ENTRY(wire) link; /* in pushed or closed */
};

TAILQ_HEAD(wires, wire);
static struct wires pushed = TAILQ_HEAD_INITIALIZER(pushed);
static struct wires closed = TAILQ_HEAD_INITIALIZER(closed);

static void on_readable(evutil_socket_t, short, void *);
static void on_writable(evutil_socket_t, short, void *);
static bool take_in(struct wire *);

struct wire *
wire_new(int fd, const struct wire_events *on, void *ctx)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		fatal("out of memory for a connection");
	w->fd = fd;
	w->on = on;
	w->ctx = ctx;
	buf_init(&w->in, IN_BYTES);
	buf_init(&w->out, OUT_BYTES);
	buf_init(&w->record, RECORD_BYTES);
	event_assign(&w->readable, loop_base(), fd, EV_READ | EV_PERSIST, on_readable, w);
	event_assign(&w->writable, loop_base(), fd, EV_WRITE, on_writable, w);
	event_add(&w->writable, NULL); /* a connection that stands is writable */
	return w;
}

void
wire_close(struct wire *w)
{
	if (w->state == WIRE_CLOSED)
		return;
	if (w->ssl != NULL && w->state == WIRE_OPEN) {
		ERR_clear_error();
		(void)SSL_shutdown(w->ssl); /* says good-bye, waits for nothing */
	}
	w->state = WIRE_CLOSED;
	event_del(&w->readable);
	event_del(&w->writable);
	close(w->fd);
	if (w->pushed)
		TAILQ_REMOVE(&pushed, w, link);
	w->pushed = false;
	w->body = NULL;
	TAILQ_INSERT_TAIL(&closed, w, link);
}

static void
wire_free(struct wire *w)
{
	SSL_free(w->ssl);
	buf_free(&w->in);
	buf_free(&w->out);
	if (w->record.p != NULL)
		explicit_bzero(w->record.p, w->record.cap);
	buf_free(&w->record);
	free(w);
}

static void
gone(struct wire *w, const char *why)
{
	if (w->state != WIRE_CLOSED)
		w->on->gone(w->ctx, why);
}

const SSL *
wire_ssl(const struct wire *w)
{
	return w->ssl;
}

bool
wire_distrusts(const struct wire *w)
{
	return w->ssl != NULL && SSL_get_verify_mode(w->ssl) != SSL_VERIFY_NONE &&
	       SSL_get_verify_result(w->ssl) != X509_V_OK;
}

struct buf *
wire_out(struct wire *w)
{
	must(w->body == NULL);
	return &w->out;
}

void
wire_push(struct wire *w)
{
	if (w->pushed || w->state == WIRE_CLOSED)
		return;
	w->pushed = true;
	TAILQ_INSERT_TAIL(&pushed, w, link);
}

void
wire_body(struct wire *w, struct body *b)
{
	must(w->body == NULL);
	w->body = b;
	wire_push(w);
}

/* ---- out ---- */

/* Everything of the content is with the kernel. */
static void
body_done(struct wire *w)
{
	w->body = NULL;
	w->on->sent(w->ctx);
}

/* What leaves next: commands, a piece of content, its final dot. Each may be empty. */
enum { LOAD_COMMANDS, LOAD_PIECE, LOAD_DOT, LOAD_PARTS };

struct load {
	struct iovec iov[LOAD_PARTS];
	size_t n; /* bytes of all */
};

static void
load_add(struct load *l, int at, struct span s)
{
	l->iov[at] = (struct iovec){ (char *)s.p, s.n };
	l->n += s.n;
}

/* -1: the content is damaged, and that was said. */
static int
load_gather(struct wire *w, struct load *l)
{
	struct span piece[2];
	struct err err;

	memset(l, 0, sizeof(*l));
	load_add(l, LOAD_COMMANDS, buf_all(&w->out));
	if (w->body == NULL)
		return 0;
	switch (body_piece(w->body, piece, &err)) {
	case BODY_DAMAGED:
		w->on->damaged(w->ctx, err.text);
		return -1;
	case BODY_END:
		break;
	case BODY_PIECE:
		load_add(l, LOAD_PIECE, piece[0]);
		load_add(l, LOAD_DOT, piece[1]);
	}
	return 0;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
load_sent(struct wire *w, const struct load *l, size_t n)
{
	size_t of_commands = least(n, l->iov[LOAD_COMMANDS].iov_len);

	buf_drop(&w->out, of_commands);
	if (n > of_commands)
		body_sent(w->body, n - of_commands);
}

static bool
body_over(struct wire *w)
{
	struct span piece[2];

	return w->body != NULL && w->out.n == 0 && body_is_last(w->body) &&
	       body_piece(w->body, piece, NULL) == BODY_END;
}

static int
blocked(struct wire *w)
{
	w->blocked = true;
	event_add(&w->writable, NULL);
	return 0;
}

/* 1: go on, 0: nothing to send or blocked, -1: broken. While content follows, segments are kept whole. */
static int
send_plain(struct wire *w)
{
	struct load l;
	struct msghdr mh = { .msg_iov = l.iov, .msg_iovlen = LOAD_PARTS };
	bool more;
	ssize_t sent;

	if (load_gather(w, &l) == -1 || l.n == 0)
		return 0;
	more = w->body != NULL && !body_is_last(w->body);
	sent = sendmsg(w->fd, &mh, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	if (sent == -1)
		return errno == EAGAIN || errno == EINTR ? blocked(w) : -1;
	load_sent(w, &l, (size_t)sent);
	return 1;
}

static int
ssl_result(struct wire *w, int r)
{
	int e = SSL_get_error(w->ssl, r);

	if (e == SSL_ERROR_WANT_WRITE)
		return blocked(w);
	return e == SSL_ERROR_WANT_READ ? 0 : -1;
}

/* Fills the record from commands and content, so that they share TLS records. */
static void
record_fill(struct wire *w)
{
	struct load l;

	while (w->record.n < RECORD_BYTES) {
		size_t taken = 0;

		if (load_gather(w, &l) == -1 || l.n == 0)
			return;
		for (int i = 0; i < LOAD_PARTS; i++) {
			size_t take = least(l.iov[i].iov_len, RECORD_BYTES - w->record.n);

			buf_add(&w->record, l.iov[i].iov_base, take);
			taken += take;
		}
		load_sent(w, &l, taken);
	}
}

static int
send_tls(struct wire *w)
{
	int r;

	if (w->record.n == 0)
		record_fill(w);
	if (w->record.n == 0 || w->state == WIRE_CLOSED)
		return 0;
	ERR_clear_error();
	r = SSL_write(w->ssl, w->record.p, (int)w->record.n);
	if (r <= 0)
		return ssl_result(w, r);
	buf_drop(&w->record, (size_t)r);
	return 1;
}

/* The peer takes nothing more, but what it said before it closed is here still, and is worth more than that: a server that will
 * not have a message says so amid its content and closes. What there is is read to its end, which says gone(). */
static void
hear_out(struct wire *w)
{
	w->deaf = true;
	buf_reset(&w->out);
	event_del(&w->writable);
	while (w->state == WIRE_OPEN && take_in(w))
		continue;
	gone(w, "the connection broke while sending");
}

static void
flush(struct wire *w)
{
	int r = 1;

	if (w->deaf)
		return;
	while (r == 1 && w->state == WIRE_OPEN && !w->blocked) {
		r = w->ssl == NULL ? send_plain(w) : send_tls(w);
		if (w->state == WIRE_OPEN && w->record.n == 0 && body_over(w))
			body_done(w);
	}
	if (r == -1)
		hear_out(w);
}

/* ---- in ---- */

/* Hands out whole lines; the callback may close the wire. */
static void
lines(struct wire *w)
{
	size_t at = 0;

	while (w->state == WIRE_OPEN) {
		struct span rest = span_from(buf_all(&w->in), at);
		ptrdiff_t lf = span_find(rest, '\n');
		struct span line = span_first(rest, lf < 0 ? 0 : (size_t)lf);

		if (lf < 0)
			break;
		at += (size_t)lf + 1;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		w->on->line(w->ctx, line);
	}
	if (w->state == WIRE_OPEN)
		buf_drop(&w->in, at);
	else if (w->state == WIRE_HANDSHAKE)
		buf_reset(&w->in);
}

static ssize_t
read_some(struct wire *w, char *room, size_t n)
{
	int r;

	if (w->ssl == NULL)
		return recv(w->fd, room, n, 0);
	ERR_clear_error();
	r = SSL_read(w->ssl, room, (int)n);
	if (r > 0)
		return r;
	switch (SSL_get_error(w->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		blocked(w);
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		errno = ECONNRESET;
		return -1;
	}
}

/* One read a turn in the clear; under TLS until nothing is left inside OpenSSL, which no poll shows. False: there was nothing, or the
 * connection is past use, which was said. */
static bool
take_in(struct wire *w)
{
	do {
		char *room = buf_room(&w->in, REPLY_LINE_MAX);
		ssize_t n;

		if (room == NULL) {
			gone(w, "the server sent a line that is too long");
			return false;
		}
		n = read_some(w, room, REPLY_LINE_MAX);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n <= 0) {
			gone(w,
			    n == 0 ? "the server closed the connection" : "the connection broke");
			return false;
		}
		buf_grew(&w->in, (size_t)n);
		lines(w);
	} while (w->state == WIRE_OPEN && w->ssl != NULL && SSL_pending(w->ssl) > 0);
	return true;
}

/* ---- life ---- */

static void
handshake(struct wire *w)
{
	int r;

	ERR_clear_error();
	r = SSL_connect(w->ssl);
	if (r == 1) {
		w->state = WIRE_OPEN;
		w->on->ready(w->ctx);
		return;
	}
	if (ssl_result(w, r) == -1) {
		const char *why = ERR_reason_error_string(ERR_peek_last_error());
		long verify = SSL_get_verify_result(w->ssl);

		if (verify != X509_V_OK && SSL_get_verify_mode(w->ssl) != SSL_VERIFY_NONE)
			why = X509_verify_cert_error_string(verify);
		gone(w, why == NULL ? "the server broke off the TLS handshake" : why);
	}
}

void
wire_start_tls(struct wire *w, SSL *ssl)
{
	must(w->ssl == NULL && w->state == WIRE_OPEN);
	w->ssl = ssl;
	w->state = WIRE_HANDSHAKE;
	SSL_set_fd(ssl, w->fd);
	event_active(&w->writable, EV_WRITE, 0);
}

static void
connected(struct wire *w)
{
	int e = 0;
	socklen_t n = sizeof(e);

	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &e, &n) == -1)
		e = errno;
	if (e != 0) {
		gone(w, strerror(e));
		return;
	}
	w->state = WIRE_OPEN;
	event_add(&w->readable, NULL);
	w->on->ready(w->ctx);
}

static void
on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct wire *w = ctx;

	(void)fd;
	(void)what;
	if (w->state == WIRE_HANDSHAKE)
		handshake(w);
	else
		(void)take_in(w);
	if (w->state == WIRE_OPEN && w->ssl != NULL && !w->blocked)
		flush(w); /* a write may have waited for what was read */
}

static void
on_writable(evutil_socket_t fd, short what, void *ctx)
{
	struct wire *w = ctx;

	(void)fd;
	(void)what;
	w->blocked = false;
	if (w->state == WIRE_CONNECTING)
		connected(w);
	else if (w->state == WIRE_HANDSHAKE)
		handshake(w);
	else if (w->state == WIRE_OPEN) {
		w->on->progress(w->ctx);
		flush(w);
	}
}

static void
turn_end(void *unused)
{
	struct wire *w;

	(void)unused;
	while ((w = TAILQ_FIRST(&pushed)) != NULL) {
		TAILQ_REMOVE(&pushed, w, link);
		w->pushed = false;
		flush(w);
	}
	while ((w = TAILQ_FIRST(&closed)) != NULL) {
		TAILQ_REMOVE(&closed, w, link);
		wire_free(w);
	}
}

void
wires_init(void)
{
	loop_at_turn_end(turn_end, NULL);
}
