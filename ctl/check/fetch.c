#include "fetch.h"
#include "buf.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 1024, ANSWER_BYTES = 1024, HOST_BYTES = 256 };

static int
connect_within(int fd, const struct sockaddr *to, socklen_t n, unsigned wait_s)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int wrong = 0;
	socklen_t size = sizeof(wrong);

	if (connect(fd, to, n) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return -1;
	if (poll(&p, 1, (int)wait_s * 1000) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &wrong, &size) == -1 || wrong != 0) {
		errno = wrong;
		return -1;
	}
	return 0;
}

static int
connection(const struct fetch *f, const struct ip *a, struct err *err)
{
	struct sockaddr_storage to;
	socklen_t n = ip_socket(a, f->port, &to);
	struct timeval wait = { .tv_sec = (time_t)f->wait_s };
	int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_sys(err, "socket");
	if (connect_within(fd, (struct sockaddr *)&to, n, f->wait_s) == -1) {
		err_sys(err, "connect");
		close(fd);
		return -1;
	}
	(void)fcntl(fd, F_SETFL, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	return fd;
}

/* "HTTP/1.1 200 OK" */
static int
status_read(struct span answer, struct err *err)
{
	struct span rest, version = span_word(answer, &rest), code = span_word(rest, &rest);
	uint64_t status;

	if (!span_starts(version, "HTTP/1.") || span_u64(span_first(code, 3), 599, &status) == -1 ||
	    status < 100)
		return err_set(err, "what answers there speaks no HTTP");
	return (int)status;
}

static void
request_write(const struct fetch *f, struct buf *b)
{
	buf_printf(b, "GET %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n\r\n", f->path,
	    SPAN(f->host));
}

static int
asked_plain(int fd, struct span request, struct err *err)
{
	char answer[ANSWER_BYTES];
	ssize_t n;

	if (send(fd, request.p, request.n, MSG_NOSIGNAL) != (ssize_t)request.n)
		return err_sys(err, "send");
	n = recv(fd, answer, sizeof(answer), 0);
	if (n <= 0)
		return err_set(err, "no answer");
	return status_read(span_of(answer, (size_t)n), err);
}

static int
err_tls(const SSL *ssl, struct err *err)
{
	long verify = SSL_get_verify_result(ssl);
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	if (verify != X509_V_OK)
		return err_set(err, "its certificate: %s", X509_verify_cert_error_string(verify));
	return err_set(err, "no TLS: %s", why == NULL ? "the connection was closed" : why);
}

static int
asked_tls(const struct fetch *f, int fd, struct span request, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx == NULL ? NULL : SSL_new(ctx);
	char host[HOST_BYTES] = "", answer[ANSWER_BYTES];
	int n, r = -1;

	if (ssl == NULL || f->host.n >= sizeof(host)) {
		err_set(err, "libssl does not start");
		goto out;
	}
	memcpy(host, f->host.p, f->host.n);
	(void)SSL_CTX_set_default_verify_paths(ctx);
	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	(void)SSL_set1_host(ssl, host);
	(void)SSL_set_tlsext_host_name(ssl, host);
	if (SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1) {
		err_tls(ssl, err);
		goto out;
	}
	n = SSL_write(ssl, request.p, (int)request.n) <= 0 ? 0
							   : SSL_read(ssl, answer, sizeof(answer));
	r = n <= 0 ? err_set(err, "no answer") : status_read(span_of(answer, (size_t)n), err);
out:
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return r;
}

int
fetch_status(const struct fetch *f, struct err *err)
{
	struct buf request;
	int fd = -1, r = -1;

	buf_init(&request, REQUEST_BYTES);
	request_write(f, &request);
	for (unsigned i = 0; i < f->addresses_n && fd == -1; i++)
		fd = connection(f, &f->addresses[i], err);
	if (fd != -1) {
		r = f->tls ? asked_tls(f, fd, buf_all(&request), err)
			   : asked_plain(fd, buf_all(&request), err);
		close(fd);
	}
	buf_free(&request);
	return r;
}
