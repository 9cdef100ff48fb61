#include "connect.h"
#include "ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where to, or where from, as the kernel takes it. */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
};

static int
endpoint_read(struct span text, uint16_t port, struct endpoint *e, struct err *err)
{
	struct ip ip;

	if (ip_read(text, &ip) == -1)
		return err_set(err, "\"%.*s\" is no address", SPAN(text));
	ip_unmap(&ip); /* so that an IPv4 source can be bound */
	e->len = ip_socket(&ip, port, &e->addr);
	return 0;
}

static int
from(int fd, int family, struct span source, struct err *err)
{
	struct endpoint e;
	int on = 1;

	if (endpoint_read(source, 0, &e, err) == -1)
		return -1;
	if (e.addr.ss_family != family)
		return err_set(err, "the source %.*s is of another family", SPAN(source));
	/* The port is chosen at connect(), so that one source can have more than 28000 connections. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&e.addr, e.len) == -1)
		return err_sys(err, "come from %.*s", SPAN(source));
	return 0;
}

int
connect_begin(struct span address, uint16_t port, struct span source, struct err *err)
{
	struct endpoint to;
	int fd, on = 1;

	if (endpoint_read(address, port, &to, err) == -1)
		return -1;
	fd = socket(to.addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "make a socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (source.n > 0 && from(fd, to.addr.ss_family, source, err) == -1)
		goto out;
	if (connect(fd, (struct sockaddr *)&to.addr, to.len) == 0 || errno == EINPROGRESS)
		return fd;
	err_sys(err, "connect");
out:
	close(fd);
	return -1;
}
