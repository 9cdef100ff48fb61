#include "accepted.h"
#include "err.h"
#include "preflight.h"
#include "tables.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* An address that a block wants to listen at. */
struct wanted {
	const struct conf_block *block;
	const char *setting;
	size_t i;
	const struct conf_address *address;
};

struct addresses {
	struct wanted *list;
	size_t n, cap;
};

static void
addresses_take(struct addresses *a, const struct conf_block *b, const char *setting)
{
	for (size_t i = 0; i < conf_count(b, setting); i++) {
		if (a->n == a->cap) {
			a->cap = a->cap == 0 ? 16 : a->cap * 2;
			a->list = reallocarray(a->list, a->cap, sizeof(*a->list));
			if (a->list == NULL)
				fatal("out of memory for addresses");
		}
		a->list[a->n++] = (struct wanted){ b, setting, i, conf_address_at(b, setting, i) };
	}
}

static void
addresses_of(const struct conf *conf, struct addresses *a)
{
	const struct conf_block *b = conf_first(conf_top(conf), "listener");

	for (; b != NULL; b = conf_next(b))
		addresses_take(a, b, "address");
	b = conf_first(conf_top(conf), "tracking");
	if (b != NULL)
		addresses_take(a, b, "listen");
}

static bool
same(const struct conf_address *a, const struct conf_address *b)
{
	return a->len == b->len && memcmp(&a->addr, &b->addr, a->len) == 0;
}

static const struct wanted *
found(const struct addresses *a, size_t n, const struct conf_address *address)
{
	for (size_t i = 0; i < n; i++)
		if (same(a->list[i].address, address))
			return &a->list[i];
	return NULL;
}

/* Two that are the same. */
static void
clashes(struct conf *conf, const struct addresses *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct wanted *w = &a->list[i], *first = found(a, i, w->address);
		struct conf_place p;

		if (first == NULL)
			continue;
		p = conf_place(first->block, first->setting);
		conf_complain_at(conf, w->block, w->setting, w->i,
		    "%s is named twice: it is listened at already\ntake it out here, or at %s:%u",
		    conf_str_at(w->block, w->setting, w->i), p.file, p.line);
	}
}

/* ---- what is there now ---- */

/* A posthoused that runs with this run folder holds the lock on its pid file. */
static bool
house_runs(const struct conf *conf)
{
	char path[4400];
	int fd;
	bool runs;

	snprintf(path, sizeof(path), "%.4000s/posthoused.pid", conf_str(conf_top(conf), "run"));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return false;
	runs = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	close(fd);
	return runs;
}

/* The configuration in force of the one that runs: what it listens at is ours. NULL: it cannot be read by this user. */
static struct conf *
conf_in_force(const struct conf *conf)
{
	char path[4400];
	struct err err;

	if (accepted_path(conf, 0, path, sizeof(path), &err) == -1)
		return NULL;
	return conf_read(house_table(), path);
}

/* 0, or errno of a bind there; to the port, or to any port of the address. */
static int
bind_try(const struct conf_address *a)
{
	int one = 1, fd = socket(a->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), why = 0;

	if (fd == -1)
		return errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, (const struct sockaddr *)&a->addr, a->len) == -1)
		why = errno;
	close(fd);
	return why;
}

static void
inet_try(struct conf *conf, const struct wanted *w)
{
	const char *text = conf_str_at(w->block, w->setting, w->i);

	switch (bind_try(w->address)) {
	case EADDRINUSE:
		conf_complain_at(conf, w->block, w->setting, w->i,
		    "%s is in use by another program\nss -ltnp says by which", text);
		break;
	case EADDRNOTAVAIL:
		conf_complain_at(conf, w->block, w->setting, w->i,
		    "%s is not an address of this machine\nip addr says which there are", text);
		break;
	default: /* EACCES of who is not root, and what passes */
		break;
	}
}

static bool
answers(const struct conf_address *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes = fd != -1 && connect(fd, (const struct sockaddr *)&a->addr, a->len) == 0;

	if (fd != -1)
		close(fd);
	return yes;
}

/* The folder of run and what is below it is made at a start. */
static void
unix_try(struct conf *conf, const struct wanted *w)
{
	const char *path = ((const struct sockaddr_un *)&w->address->addr)->sun_path;
	const char *run = conf_str(conf_top(conf), "run"), *slash = strrchr(path, '/');
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct stat st;

	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 0 : (int)(slash - path), path);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		conf_complain_at(conf, w->block, w->setting, w->i,
		    "%s is there, and is not a socket\nmove it away, or name another path", path);
	else if (answers(w->address))
		conf_complain_at(conf, w->block, w->setting, w->i,
		    "another program listens at %s\nss -lxp says which", path);
	else if (folder[0] != '\0' && strcmp(folder, run) != 0 && stat(folder, &st) == -1 &&
		 errno == ENOENT)
		conf_complain_at(conf, w->block, w->setting, w->i,
		    "the folder of %s is not there\nmake it, or name a path in %s", path, run);
}

static void
listening_try(struct conf *conf, const struct addresses *a)
{
	bool runs = house_runs(conf);
	struct conf *in_force = runs ? conf_in_force(conf) : NULL;
	struct addresses ours = { NULL, 0, 0 };

	if (in_force != NULL)
		addresses_of(in_force, &ours);
	for (size_t i = 0; i < a->n; i++) {
		const struct wanted *w = &a->list[i];

		if (found(a, i, w->address) != NULL || found(&ours, ours.n, w->address) != NULL ||
		    (runs && in_force == NULL))
			continue;
		if (w->address->addr.ss_family == AF_UNIX)
			unix_try(conf, w);
		else
			inet_try(conf, w);
	}
	free(ours.list);
	conf_free(in_force);
}

/* Mail that leaves from an address that is not here never leaves. */
static void
sources_try(struct conf *conf)
{
	const struct conf_block *b = conf_first(conf_top(conf), "source");

	for (; b != NULL; b = conf_next(b)) {
		struct conf_address a = { .any = false };
		struct ip ip;

		if (!conf_is_set(b, "address") ||
		    ip_read(span_str(conf_str(b, "address")), &ip) == -1)
			continue;
		a.len = ip_socket(&ip, 0, &a.addr);
		if (bind_try(&a) == EADDRNOTAVAIL)
			conf_complain(conf, b, "address",
			    "%s is not an address of this machine\nip addr says which there are",
			    conf_str(b, "address"));
	}
}

void
preflight_net(struct conf *conf, enum preflight how)
{
	struct addresses a = { NULL, 0, 0 };

	addresses_of(conf, &a);
	clashes(conf, &a);
	if (how == PREFLIGHT_CHECK) {
		listening_try(conf, &a);
		sources_try(conf);
	}
	free(a.list);
}
