#include "sockets.h"
#include "err.h"
#include "unix_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* No listener can be named so: its name is a word. */
#define WEB "=web"

enum { BACKLOG = 4096, PATIENCE_MS = 50, PATIENCE_TRIES = 40, NAME_BYTES = 96 };

struct listening {
	unsigned sets; /* that name it */
	unsigned worker;
	struct conf_address address;
	struct unix_socket file; /* of a Unix socket */
	int fd;
};

struct named {
	char name[NAME_BYTES]; /* "listen inbound 0": the address's number in its block */
	struct listening *socket;
};

struct sockets {
	struct named *list;
	unsigned n, cap;
};

static bool
same_address(const struct conf_address *a, const struct conf_address *b)
{
	return a->len == b->len && memcmp(&a->addr, &b->addr, a->len) == 0;
}

static struct listening *
find(const struct sockets *s, unsigned worker, const struct conf_address *a)
{
	for (unsigned i = 0; s != NULL && i < s->n; i++)
		if (s->list[i].socket->worker == worker &&
		    same_address(&s->list[i].socket->address, a))
			return s->list[i].socket;
	return NULL;
}

static const char *
unix_path(const struct conf_address *a)
{
	return ((const struct sockaddr_un *)&a->addr)->sun_path;
}

static unsigned
port_of(const struct conf_address *a)
{
	if (a->addr.ss_family == AF_INET)
		return ((const struct sockaddr_in *)&a->addr)->sin_port;
	if (a->addr.ss_family == AF_INET6)
		return ((const struct sockaddr_in6 *)&a->addr)->sin6_port;
	return 0;
}

/* One of ours at that port: what stands in the way of a bind may be that. */
static bool
port_is_ours(const struct sockets *s, const struct conf_address *a)
{
	for (unsigned i = 0; s != NULL && i < s->n; i++)
		if (port_of(&s->list[i].socket->address) == port_of(a))
			return true;
	return false;
}

static int
inet_bound(const struct conf_address *a, bool share, struct err *err)
{
	int one = 1, fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_sys(err, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    (share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) == -1) ||
	    bind(fd, (const struct sockaddr *)&a->addr, a->len) == -1) {
		err_sys(err, "cannot listen");
		close(fd);
		return -1;
	}
	return fd;
}

/* SO_REUSEPORT lets two masters of the same user share a port by accident: the first bind is tried without it. */
static int
port_is_free(const struct conf_address *a, struct err *err)
{
	int fd = inet_bound(a, false, err);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

static int
bound(struct listening *l, struct err *err)
{
	int fd;

	if (l->address.addr.ss_family == AF_UNIX)
		return unix_socket_listen(unix_path(&l->address), BACKLOG, &l->file, err);
	fd = inet_bound(&l->address, true, err);
	if (fd != -1 && listen(fd, BACKLOG) == -1) {
		err_sys(err, "cannot listen");
		close(fd);
		return -1;
	}
	return fd;
}

static void
put_down(struct listening *l)
{
	if (--l->sets > 0)
		return;
	close(l->fd);
	if (l->address.addr.ss_family == AF_UNIX)
		unix_socket_remove(unix_path(&l->address), &l->file);
	free(l);
}

static void
take_up(struct sockets *s, const char *name, struct listening *l)
{
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 32 : s->cap * 2;
		s->list = reallocarray(s->list, s->cap, sizeof(*s->list));
		if (s->list == NULL)
			fatal("out of memory for sockets");
	}
	s->list[s->n] = (struct named){ .socket = l };
	snprintf(s->list[s->n++].name, NAME_BYTES, "%s", name);
	l->sets++;
}

static int
listening_add(struct sockets *s, const struct sockets *in_force, const char *name, unsigned worker,
    const struct conf_address *a, struct err *err)
{
	struct listening *l = find(in_force, worker, a);

	if (find(s, worker, a) != NULL)
		return err_set(err, "it is named twice");
	if (l != NULL) {
		take_up(s, name, l);
		return 0;
	}
	if (a->addr.ss_family != AF_UNIX && !port_is_ours(in_force, a) && !port_is_ours(s, a) &&
	    port_is_free(a, err) == -1)
		return -1;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		fatal("out of memory for a socket");
	l->worker = worker;
	l->address = *a;
	l->fd = bound(l, err);
	if (l->fd == -1) {
		free(l);
		return -1;
	}
	take_up(s, name, l);
	return 0;
}

static int
block_bind(struct sockets *s, const struct sockets *in_force, const struct conf_block *b,
    const char *label, const char *setting, unsigned workers, struct err *err)
{
	for (size_t i = 0; i < conf_count(b, setting); i++) {
		const struct conf_address *a = conf_address_at(b, setting, i);
		unsigned n = a->addr.ss_family == AF_UNIX ? 1 : workers;
		char name[NAME_BYTES];

		snprintf(name, sizeof(name), "listen %.60s %zu", label, i);
		for (unsigned w = 0; w < n; w++)
			if (listening_add(s, in_force, name, w, a, err) == -1)
				return err_context(
				    err, "%s (%s)", conf_str_at(b, setting, i), label);
	}
	return 0;
}

static int
all_bind(struct sockets *s, const struct conf *conf, unsigned workers,
    const struct sockets *in_force, struct err *err)
{
	const struct conf_block *b;

	for (b = conf_first(conf_top(conf), "listener"); b != NULL; b = conf_next(b))
		if (block_bind(s, in_force, b, conf_name(b), "address", workers, err) == -1)
			return -1;
	b = conf_first(conf_top(conf), "tracking");
	return b == NULL ? 0 : block_bind(s, in_force, b, WEB, "listen", 1, err);
}

struct sockets *
sockets_bind(
    const struct conf *conf, unsigned workers, const struct sockets *in_force, struct err *err)
{
	struct sockets *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory for sockets");
	if (all_bind(s, conf, workers, in_force, err) == -1) {
		sockets_free(s);
		return NULL;
	}
	return s;
}

struct sockets *
sockets_bind_patiently(const struct conf *conf, unsigned workers, struct err *err)
{
	struct timespec moment = { .tv_nsec = PATIENCE_MS * 1000000L };
	struct sockets *s = sockets_bind(conf, workers, NULL, err);

	for (unsigned i = 0; s == NULL && i < PATIENCE_TRIES; i++) {
		nanosleep(&moment, NULL);
		s = sockets_bind(conf, workers, NULL, err);
	}
	return s;
}

void
sockets_each(const struct sockets *s, enum role_kind kind, unsigned worker,
    void (*each)(void *, const char *, int), void *ctx)
{
	bool web = kind == ROLE_WEB;

	for (unsigned i = 0; i < s->n; i++) {
		const struct listening *l = s->list[i].socket;
		bool shared = l->address.addr.ss_family == AF_UNIX;
		bool is_web = span_starts(span_str(s->list[i].name), "listen " WEB " ");

		if (is_web == web && (shared || l->worker == worker))
			each(ctx, s->list[i].name, l->fd);
	}
}

void
sockets_free(struct sockets *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->n; i++)
		put_down(s->list[i].socket);
	free(s->list);
	free(s);
}
