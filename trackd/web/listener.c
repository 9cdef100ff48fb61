#include "listener.h"
#include "answer.h"
#include "err.h"
#include "loop.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { CONNECTIONS_MAX = 20000, IDLE_S = 15, MEMORY_BYTES = 24 * 1024, FALLBACK_MS = 1000 };

struct http {
	struct MHD_Daemon *daemon;
	struct event *ready;
	struct timer *timer;
};

/* Smallest transparent GIF: one pixel. */
static const unsigned char pixel[] = { 'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0, 0,
	0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2,
	0x44, 1, 0, 0x3b };

static const struct {
	unsigned status;
	const char *type;
	const void *body;
	size_t size;
} pages[] = {
	[ANSWER_REDIRECT] = { MHD_HTTP_FOUND, "text/plain", "", 0 },
	[ANSWER_PIXEL] = { MHD_HTTP_OK, "image/gif", pixel, sizeof(pixel) },
	[ANSWER_NOT_FOUND] = { MHD_HTTP_NOT_FOUND, "text/plain", "Not found.\n", 11 },
	[ANSWER_GONE] = { MHD_HTTP_GONE, "text/plain", "This link is too old.\n", 22 },
	[ANSWER_ROBOTS] = { MHD_HTTP_OK, "text/plain", "User-agent: *\nDisallow: /\n", 26 },
	[ANSWER_HEALTH] = { MHD_HTTP_OK, "text/plain", "ok\n", 3 },
};

static void
client_text(struct MHD_Connection *c, char out[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = info == NULL ? NULL : info->client_addr;

	out[0] = '\0';
	if (a != NULL && a->sa_family == AF_INET)
		inet_ntop(
		    AF_INET, &((const struct sockaddr_in *)a)->sin_addr, out, INET6_ADDRSTRLEN);
	else if (a != NULL && a->sa_family == AF_INET6)
		inet_ntop(
		    AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, out, INET6_ADDRSTRLEN);
}

static enum MHD_Result
page_send(struct MHD_Connection *c, enum answer_kind kind, struct span url)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    pages[kind].size, (void *)pages[kind].body, MHD_RESPMEM_PERSISTENT);
	char location[64 * 1024 + 1];
	enum MHD_Result done;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, pages[kind].type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store, private");
	if (kind == ANSWER_REDIRECT) {
		memcpy(location, url.p, url.n);
		location[url.n] = '\0';
		/* A URL with a byte no header may hold is refused by the library; then there is nothing to redirect to. */
		if (MHD_add_response_header(r, MHD_HTTP_HEADER_LOCATION, location) == MHD_NO) {
			MHD_destroy_response(r);
			return page_send(c, ANSWER_NOT_FOUND, url);
		}
	}
	done = MHD_queue_response(c, pages[kind].status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_n, void **state)
{
	const char *agent =
	    MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT);
	struct web_request r = { .path = span_str(path), .user_agent = span_str(agent) };
	struct span url = { NULL, 0 };
	char client[INET6_ADDRSTRLEN];
	enum answer_kind kind;

	(void)ctx;
	(void)version;
	(void)upload;
	(void)upload_n;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return page_send(c, ANSWER_NOT_FOUND, url);
	client_text(c, client);
	r.client = span_str(client);
	r.head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	kind = answer(&r, &url);
	return page_send(c, url.n > 64 * 1024 ? ANSWER_NOT_FOUND : kind, url);
}

static void
run(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(h->daemon);
	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
		timer_set_ms(h->timer, ms);
	else
		timer_set_ms(h->timer, FALLBACK_MS);
}

static void
on_ready(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	run(ctx);
}

static void
on_timer(void *ctx)
{
	run(ctx);
}

static void
http_start(struct role *role, int fd)
{
	struct http *h = calloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;

	if (h == NULL)
		fatal("out of memory for a listener");
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)MEMORY_BYTES, MHD_OPTION_END);
	info = h->daemon == NULL ? NULL : MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		role_fail(role, EX_OSERR, "cannot start the web server on a socket");
	h->timer = timer_new(on_timer, h);
	h->ready = event_new(loop_base(), info->epoll_fd, EV_READ | EV_PERSIST, on_ready, h);
	if (h->ready == NULL || event_add(h->ready, NULL) == -1)
		fatal("cannot watch the web server");
	run(h);
}

void
listener_start(struct role *role)
{
	const char *name;
	int fd;

	for (unsigned i = 0; (fd = role_fd_at(role, "listen ", i, &name)) != -1; i++)
		http_start(role, fd);
}
