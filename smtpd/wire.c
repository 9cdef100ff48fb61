/* The bytes of a session, plain or through TLS. */
#include "session_inside.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>

static void
tls_await(struct session *s, enum tls_want want)
{
	event_add(want == TLS_WANT_WRITE ? &s->ev_write : &s->ev_read, NULL);
}

ssize_t
wire_read(struct session *s, char *p, size_t n)
{
	enum tls_want want = TLS_WANT_READ;
	ssize_t got;

	if (s->ssl != NULL) {
		got = tls_read(s->ssl, p, n, &want);
		if (got == 0)
			tls_await(s, want);
		return got;
	}
	got = recv(s->fd, p, n, MSG_DONTWAIT);
	if (got == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return got == 0 ? -1 : got;
}

static ssize_t
wire_write(struct session *s, const char *p, size_t n)
{
	enum tls_want want = TLS_WANT_WRITE;
	ssize_t done;

	if (s->ssl != NULL) {
		done = tls_write(s->ssl, p, n, &want);
		if (done == 0)
			tls_await(s, want);
		return done;
	}
	done = send(s->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (done == -1 && (errno == EAGAIN || errno == EINTR)) {
		event_add(&s->ev_write, NULL);
		return 0;
	}
	return done;
}

int
wire_flush(struct session *s)
{
	size_t at = 0;
	ssize_t n = 1;

	while (at < s->out.n && n > 0) {
		n = wire_write(s, s->out.p + at, s->out.n - at);
		if (n > 0)
			at += (size_t)n;
	}
	buf_drop(&s->out, at);
	if (s->out.n == 0)
		buf_free(&s->out);
	return n == -1 ? -1 : 0;
}
