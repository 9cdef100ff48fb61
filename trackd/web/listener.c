#include "listener.h"
#include "server.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_A_TURN = 256, REST_MS = 100, SPARE_FILES = 1200 };

enum { BACKLOG_MOST = 8192 }; /* beyond what the kernel keeps (net.core.somaxconn, 4096) */

/* The role's doors are closed together and never one by one. */
static struct {
	struct server *server;
	struct event **doors;
	unsigned n, cap;
	int reserve; /* a descriptor kept for the moment when there is none */
	struct timer *rest, *deadline;
	struct role *role;
} listener = { .reserve = -1 };

static void
awake(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < listener.n; i++)
		event_add(listener.doors[i], NULL);
}

/* A socket nobody can accept from stays readable for ever; it rests a moment instead of spinning. */
static void
go_to_rest(int why)
{
	log_warn("accept", "why=\"%s\"", strerror(why));
	for (unsigned i = 0; i < listener.n; i++)
		event_del(listener.doors[i]);
	timer_set_ms(listener.rest, REST_MS);
}

/* Without descriptors the reserve is given up for one connection, which hears 503 and is closed. */
static bool
turned_one_away(int door)
{
	struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(from);
	int fd = -1;

	if (listener.reserve != -1) {
		close(listener.reserve);
		fd = accept4(door, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
	if (fd != -1)
		server_turn_away(listener.server, fd, (const struct sockaddr *)&from);
	listener.reserve = dup(door);
	return fd != -1;
}

/* Takes in whom the kernel has connected already, so many at most. */
static void
take_in(int door, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t len = sizeof(from);
		int fd =
			accept4(door, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC),
		    why = errno;

		if (fd != -1) {
			server_came(listener.server, fd, (const struct sockaddr *)&from);
			continue;
		}
		if (why == ECONNABORTED || why == EINTR)
			continue;
		if ((why == EMFILE || why == ENFILE) && turned_one_away(door))
			continue;
		if (why != EAGAIN)
			go_to_rest(why);
		return;
	}
}

static void
on_door(evutil_socket_t door, short what, void *ctx)
{
	(void)what;
	(void)ctx;
	take_in(door, ACCEPTS_A_TURN);
}

static void
done(void *unused)
{
	(void)unused;
	role_done(listener.role);
}

static void
stop(void *unused, unsigned deadline_s)
{
	(void)unused;
	for (unsigned i = 0; i < listener.n; i++) /* a close would reset them */
		take_in(event_get_fd(listener.doors[i]), BACKLOG_MOST);
	for (unsigned i = 0; i < listener.n; i++) {
		int fd = event_get_fd(listener.doors[i]);

		event_free(listener.doors[i]);
		close(fd);
	}
	listener.n = 0;
	if (listener.reserve != -1)
		close(listener.reserve);
	listener.reserve = -1;
	timer_clear(listener.rest);
	timer_set_ms(listener.deadline, (uint64_t)deadline_s * 1000);
	server_stop(listener.server, role_is_replaced(listener.role), done, NULL);
}

/* More connections than descriptors would only be refused in a worse way. */
static void
connections_fit(struct web_conf *w)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1 || files.rlim_cur == RLIM_INFINITY ||
	    w->connections + SPARE_FILES <= files.rlim_cur)
		return;
	w->connections = files.rlim_cur > SPARE_FILES + 16 ? files.rlim_cur - SPARE_FILES : 16;
	log_info("connections", "limit=%llu why=\"open files are limited to %llu\"",
	    (unsigned long long)w->connections, (unsigned long long)files.rlim_cur);
}

static void
door_add(struct event *ev)
{
	if (listener.n == listener.cap) {
		listener.cap = listener.cap == 0 ? 16 : listener.cap * 2;
		listener.doors = reallocarray(listener.doors, listener.cap, sizeof(struct event *));
		if (listener.doors == NULL)
			fatal("out of memory for sockets");
	}
	listener.doors[listener.n++] = ev;
}

void
listener_start(struct role *role, const struct conf *conf)
{
	struct web_conf w;
	const char *name;
	int fd;

	web_conf_read(&w, conf);
	connections_fit(&w);
	listener.role = role;
	listener.server = server_new(&w);
	listener.rest = timer_new(awake, NULL);
	listener.deadline = timer_new(done, NULL);
	while ((fd = role_fd_at(role, "listen ", listener.n, &name)) != -1) {
		struct event *ev = event_new(loop_base(), fd, EV_READ | EV_PERSIST, on_door, NULL);

		evutil_make_socket_nonblocking(fd);
		if (ev == NULL || event_add(ev, NULL) == -1)
			fatal("cannot watch a socket");
		listener.reserve = listener.reserve == -1 ? dup(fd) : listener.reserve;
		door_add(ev);
	}
	role_on_stop(role, stop, NULL);
}
