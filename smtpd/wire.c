#include "session_inside.h"

#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

static ssize_t
read_plain(struct session *s, char *p, size_t n)
{
	ssize_t got = read(s->fd, p, n);

	if (got > 0)
		return got;
	return got == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

/* Until it would block: what TLS holds already decrypted wakes nobody. */
static ssize_t
read_tls(struct session *s, char *p, size_t n)
{
	enum tls_want want;
	size_t all = 0;
	ssize_t got = 1;

	while (all < n && got > 0) {
		got = tls_read(s->ssl, p + all, n - all, &want);
		if (got > 0)
			all += (size_t)got;
		else if (want == TLS_WANT_WRITE)
			event_add(&s->ev_write, NULL);
	}
	return all > 0 ? (ssize_t)all : got;
}

ssize_t
wire_read(struct session *s, char *p, size_t n)
{
	return s->ssl != NULL ? read_tls(s, p, n) : read_plain(s, p, n);
}

/* 0: would block. */
static ssize_t
write_some(struct session *s)
{
	enum tls_want want;
	ssize_t n;

	if (s->ssl != NULL && s->state != AWAIT_TLS)
		return tls_write(s->ssl, s->out.p, s->out.n, &want);
	n = write(s->fd, s->out.p, s->out.n);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n;
}

int
wire_flush(struct session *s)
{
	while (s->out.n > 0) {
		ssize_t n = write_some(s);

		if (n == -1)
			return -1;
		if (n == 0) {
			event_add(&s->ev_write, NULL);
			return 0;
		}
		buf_drop(&s->out, (size_t)n);
	}
	buf_free(&s->out);
	if (s->state == AWAIT_TLS &&
	    s->ssl == NULL) /* the reply to STARTTLS has left in the clear */
		s->ssl = tls_accept(s->listener->tls, s->fd);
	return 0;
}
