#include "listener.h"
#include "answer.h"
#include "client.h"
#include "err.h"
#include "loop.h"
#include "page.h"

#include <event2/event.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
	CONNECTIONS_MAX = 20000,
	IDLE_S = 15,
	MEMORY_BYTES = 24 * 1024,
	FALLBACK_MS = 1000,
	PAGE_BYTES = 16 * 1024
};

struct http {
	const struct conf_block *tracking; /* may be NULL */
	struct MHD_Daemon *daemon;
	struct event *ready;
	struct timer *timer;
};

/* A request on its way. */
struct exchange {
	struct MHD_Connection *connection;
	struct http *http;
	struct span text; /* of the answer; in veil */
	char veil[256];
	enum answer_kind kind;
	char body[64]; /* the first bytes of a POST's */
	size_t body_n;
	bool asked;
};

static void run(struct http *);

/* ---- the answer ---- */

static void
headers_put(struct MHD_Response *r, enum answer_kind kind)
{
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, page_type(kind));
	MHD_add_response_header(
	    r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store, no-cache, must-revalidate, private");
	MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(r, "X-Robots-Tag", "noindex, nofollow");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (kind == ANSWER_LATER)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "60");
	if (kind == ANSWER_ASK || kind == ANSWER_UNSUBSCRIBED)
		MHD_add_response_header(r, "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
		    "frame-ancestors 'none'");
}

static enum MHD_Result
page_send(struct MHD_Connection *c, enum answer_kind kind, struct span text)
{
	static struct buf body = { .max = PAGE_BYTES };
	char location[TOKEN_URL_MAX + 1];
	struct MHD_Response *r;
	enum MHD_Result done;

	buf_reset(&body);
	page_write(kind, text, &body);
	r = MHD_create_response_from_buffer(
	    body.n, body.n == 0 ? "" : body.p, MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		return MHD_NO;
	headers_put(r, kind);
	if (kind == ANSWER_REDIRECT) {
		memcpy(location, text.p, text.n);
		location[text.n] = '\0';
		/* A URL with a byte no header may hold is refused by the library; then there is nothing to redirect to. */
		if (MHD_add_response_header(r, MHD_HTTP_HEADER_LOCATION, location) == MHD_NO) {
			MHD_destroy_response(r);
			return page_send(c, ANSWER_NOT_FOUND, text);
		}
	}
	done = MHD_queue_response(c, page_status(kind), r);
	MHD_destroy_response(r);
	return done;
}

/* ---- the request ---- */

static struct span
field(struct MHD_Connection *c, const char *name)
{
	return span_str(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

/* What browsers and proxies call a fetch that nobody asked for yet: the standard's name, and older ones. */
static struct span
purpose(struct MHD_Connection *c)
{
	static const char *const names[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };
	struct span value = { NULL, 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && value.n == 0; i++)
		value = field(c, names[i]);
	return value;
}

static bool
no_language(struct MHD_Connection *c)
{
	return span_find_nocase(field(c, MHD_HTTP_HEADER_ACCEPT), "text/html") >= 0 &&
	       field(c, MHD_HTTP_HEADER_ACCEPT_LANGUAGE).n == 0;
}

static struct span
host(struct MHD_Connection *c)
{
	struct span rest, h = field(c, MHD_HTTP_HEADER_HOST);

	return span_cut(h, ':', &rest);
}

static void
client(const struct http *h, struct MHD_Connection *c, char out[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	client_find(h->tracking, info == NULL ? NULL : info->client_addr,
	    (struct client_fields){
		field(c, MHD_HTTP_HEADER_FORWARDED), field(c, "X-Forwarded-For") },
	    out);
}

static bool
method_of(const char *name, enum web_method *m)
{
	*m = strcmp(name, MHD_HTTP_METHOD_HEAD) == 0   ? WEB_HEAD
	     : strcmp(name, MHD_HTTP_METHOD_POST) == 0 ? WEB_POST
						       : WEB_GET;
	return *m != WEB_GET || strcmp(name, MHD_HTTP_METHOD_GET) == 0;
}

/* Stored or not: the connection goes on, and on_request() is called again. */
static void
on_stored(void *ctx, bool stored)
{
	struct exchange *x = ctx;

	x->kind = stored ? ANSWER_UNSUBSCRIBED : ANSWER_LATER;
	MHD_resume_connection(x->connection);
	timer_set_ms(x->http->timer, 0);
}

static enum MHD_Result
decide(struct exchange *x, const char *path, enum web_method method)
{
	struct MHD_Connection *c = x->connection;
	struct web_request r = { .method = method,
		.path = span_str(path),
		.host = host(c),
		.user_agent = field(c, MHD_HTTP_HEADER_USER_AGENT),
		.purpose = purpose(c),
		.no_language = no_language(c),
		.one_click = span_find_nocase(
				 span_of(x->body, x->body_n), "List-Unsubscribe=One-Click") >= 0 };
	struct span text = { NULL, 0 };
	char name[INET6_ADDRSTRLEN];

	x->asked = true;
	client(x->http, c, name);
	r.client = span_str(name);
	x->kind = answer(&r, on_stored, x, &text);
	if (x->kind == ANSWER_WAIT) {
		x->text = span_of(x->veil, text.n < sizeof(x->veil) ? text.n : sizeof(x->veil));
		memcpy(x->veil, text.p, x->text.n);
		MHD_suspend_connection(c);
		return MHD_YES;
	}
	return page_send(c, text.n > TOKEN_URL_MAX ? ANSWER_NOT_FOUND : x->kind, text);
}

static void
body_take(struct exchange *x, const char *p, size_t n)
{
	size_t room = sizeof(x->body) - x->body_n;

	n = n < room ? n : room;
	memcpy(x->body + x->body_n, p, n);
	x->body_n += n;
}

/* Called with the header, then with each piece of a body, then once more. */
static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_n, void **state)
{
	struct exchange *x = *state;
	enum web_method m;

	(void)version;
	if (!method_of(method, &m))
		return page_send(c, ANSWER_NOT_FOUND, span_of(NULL, 0));
	if (x == NULL) {
		x = calloc(1, sizeof(*x));
		if (x == NULL)
			return MHD_NO;
		x->connection = c;
		x->http = ctx;
		*state = x;
		return m == WEB_POST ? MHD_YES : decide(x, path, m);
	}
	if (*upload_n > 0) {
		body_take(x, upload, *upload_n);
		*upload_n = 0;
		return MHD_YES;
	}
	return x->asked ? page_send(c, x->kind, x->text) : decide(x, path, m);
}

static void
on_completed(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	(void)ctx;
	(void)c;
	(void)why;
	free(*state);
	*state = NULL;
}

/* ---- the loop ---- */

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
http_start(struct role *role, const struct conf *conf, int fd)
{
	struct http *h = calloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;

	if (h == NULL)
		fatal("out of memory for a listener");
	h->tracking = conf_first(conf_top(conf), "tracking");
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
	    on_request, h, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, NULL, MHD_OPTION_END);
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
listener_start(struct role *role, const struct conf *conf)
{
	const char *name;
	int fd;

	for (unsigned i = 0; (fd = role_fd_at(role, "listen ", i, &name)) != -1; i++)
		http_start(role, conf, fd);
}
