#include "net.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
resolve(const char *address, struct addrinfo **found, struct err *err)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	const char *colon = strrchr(address, ':');
	char host[64];
	int n, rc;

	if (colon == NULL)
		return err_set(err, "%s is no ADDRESS:PORT", address);
	n = (int)(colon - address);
	if (address[0] == '[' && n > 2)
		address++, n -= 2;
	snprintf(host, sizeof(host), "%.*s", n, address);
	rc = getaddrinfo(host, colon + 1, &hints, found);
	return rc == 0 ? 0 : err_set(err, "%s: %s", address, gai_strerror(rc));
}

static int
listen_at(int fd, const struct addrinfo *ai)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1)
		return -1;
	return listen(fd, 1024);
}

static int
connect_to(int fd, const struct addrinfo *ai)
{
	net_no_delay(fd);
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == -1 && errno != EINPROGRESS)
		return -1;
	return 0;
}

static int
open_socket(const char *address, int (*begin)(int, const struct addrinfo *), struct err *err)
{
	struct addrinfo *ai;
	int fd;

	if (resolve(address, &ai, err) == -1)
		return -1;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err_sys(err, "socket");
	else if (begin(fd, ai) == -1) {
		err_sys(err, "%s", address);
		close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

int
net_listen(const char *address, struct err *err)
{
	return open_socket(address, listen_at, err);
}

int
net_connect(const char *address, struct err *err)
{
	return open_socket(address, connect_to, err);
}

void
net_no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
