#include "sockets.h"
#include "err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* No listener can be named so: its name is a word. */
#define WEB "=web"

enum { SOCKETS_MAX = 2048, BACKLOG = 4096, PATIENCE_MS = 50, PATIENCE_TRIES = 40 };

struct listening {
	char name[96]; /* "listen inbound 0": the address's number in its block */
	unsigned worker;
	struct conf_address address;
	int fd;
	bool wanted;
};

static struct listening *table;
static unsigned table_n;

static struct listening *
find(const char *name, unsigned worker, const struct conf_address *a)
{
	for (unsigned i = 0; i < table_n; i++) {
		struct listening *l = &table[i];

		if (l->worker == worker && strcmp(l->name, name) == 0 && l->address.len == a->len &&
		    memcmp(&l->address.addr, &a->addr, a->len) == 0)
			return l;
	}
	return NULL;
}

static int
bound(const struct conf_address *a, struct err *err)
{
	int family = a->addr.ss_family, one = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_sys(err, "socket");
	if (family == AF_UNIX)
		(void)unlink(((const struct sockaddr_un *)&a->addr)->sun_path);
	else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	}
	if (bind(fd, (const struct sockaddr *)&a->addr, a->len) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		err_sys(err, "cannot listen");
		close(fd);
		return -1;
	}
	if (family == AF_UNIX)
		chmod(((const struct sockaddr_un *)&a->addr)->sun_path, 0666);
	return fd;
}

/* SO_REUSEPORT lets two masters of the same user share a port by accident: the first bind is tried without it. */
static int
port_is_free(const struct conf_address *a, struct err *err)
{
	int one = 1, fd, r;

	if (a->addr.ss_family == AF_UNIX)
		return 0;
	fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	r = bind(fd, (const struct sockaddr *)&a->addr, a->len);
	if (r == -1)
		err_sys(err, "cannot listen");
	close(fd);
	return r;
}

static int
listening_add(const char *name, unsigned worker, const struct conf_address *a, struct err *err)
{
	struct listening *l = find(name, worker, a);

	if (table == NULL && (table = calloc(SOCKETS_MAX, sizeof(*table))) == NULL)
		fatal("out of memory for sockets");
	if (l != NULL) {
		l->wanted = true;
		return 0;
	}
	if (table_n == SOCKETS_MAX)
		return err_set(err, "more than %d listening sockets", SOCKETS_MAX);
	if (worker == 0 && port_is_free(a, err) == -1)
		return -1;
	l = &table[table_n];
	*l = (struct listening){ .worker = worker, .address = *a, .wanted = true };
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->fd = bound(a, err);
	if (l->fd == -1)
		return -1;
	table_n++;
	return 0;
}

static int
block_bind(const struct conf_block *b, const char *label, const char *setting, unsigned workers,
    struct err *err)
{
	for (size_t i = 0; i < conf_count(b, setting); i++) {
		const struct conf_address *a = conf_address_at(b, setting, i);
		unsigned n = a->addr.ss_family == AF_UNIX ? 1 : workers;
		char name[96];

		snprintf(name, sizeof(name), "listen %.60s %zu", label, i);
		for (unsigned w = 0; w < n; w++)
			if (listening_add(name, w, a, err) == -1)
				return err_context(
				    err, "%s (%s)", conf_str_at(b, setting, i), label);
	}
	return 0;
}

int
sockets_bind(const struct conf *conf, unsigned workers, struct err *err)
{
	const struct conf_block *b;

	for (unsigned i = 0; i < table_n; i++)
		table[i].wanted = false;
	for (b = conf_first(conf_top(conf), "listener"); b != NULL; b = conf_next(b))
		if (block_bind(b, conf_name(b), "address", workers, err) == -1)
			return -1;
	b = conf_first(conf_top(conf), "tracking");
	return b == NULL ? 0 : block_bind(b, WEB, "listen", 1, err);
}

int
sockets_bind_patiently(const struct conf *conf, unsigned workers, struct err *err)
{
	struct timespec moment = { .tv_nsec = PATIENCE_MS * 1000000L };
	int r = sockets_bind(conf, workers, err);

	for (unsigned i = 0; r == -1 && i < PATIENCE_TRIES; i++) {
		nanosleep(&moment, NULL);
		r = sockets_bind(conf, workers, err);
	}
	return r;
}

void
sockets_each(
    enum role_kind kind, unsigned worker, void (*each)(void *, const char *, int), void *ctx)
{
	bool web = kind == ROLE_WEB;

	for (unsigned i = 0; i < table_n; i++) {
		const struct listening *l = &table[i];
		bool shared = l->address.addr.ss_family == AF_UNIX;
		bool is_web = strncmp(l->name, "listen " WEB, sizeof("listen " WEB) - 1) == 0;

		if (is_web == web && (shared || l->worker == worker))
			each(ctx, l->name, l->fd);
	}
}

void
sockets_prune(void)
{
	for (unsigned i = 0; i < table_n; i++) {
		if (table[i].wanted)
			continue;
		close(table[i].fd);
		table[i--] = table[--table_n];
	}
}

int
sockets_control(const char *folder, const char *file, unsigned gid, struct err *err)
{
	struct conf_address a = { .len = sizeof(struct sockaddr_un) };
	struct sockaddr_un *un = (struct sockaddr_un *)&a.addr;
	int fd, n;

	un->sun_family = AF_UNIX;
	n = snprintf(un->sun_path, sizeof(un->sun_path), "%s/%s", folder, file);
	if (n < 0 || (size_t)n >= sizeof(un->sun_path))
		return err_set(err,
		    "%s/%s: longer than a socket's name may be (%zu bytes); set run to a shorter "
		    "path",
		    folder, file, sizeof(un->sun_path));
	fd = bound(&a, err);
	if (fd == -1)
		return err_context(err, "%s", un->sun_path);
	if (chown(un->sun_path, 0, gid) == -1 || chmod(un->sun_path, 0660) == -1) {
		err_sys(err, "chown %s", un->sun_path);
		close(fd);
		return -1;
	}
	return fd;
}
