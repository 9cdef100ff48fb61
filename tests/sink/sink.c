/* posthouse-sink: a small outside world, for `make run` and the end-to-end tests.
 *
 * One process plays several mail providers, each on an address of its own and with its own manners (provider.h says
 * which). It logs a line for each recipient taken or refused on standard output, and keeps messages in a folder. */
#include "log.h"
#include "session.h"
#include "tls.h"

#include <errno.h>
#include <event2/listener.h>
#include <getopt.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { PROVIDERS_MAX = 64, LINE_MAX_BYTES = 4096 };

struct sink {
	struct session_world world;
	struct arena *arena;
	struct provider providers[PROVIDERS_MAX];
	struct evconnlistener *listeners[PROVIDERS_MAX];
	size_t n;
	const char *folder;
};

struct post { /* what a listener knows */
	struct sink *sink;
	struct provider *provider;
};

static void
usage(void)
{
	fputs(
	    "usage: posthouse-sink [-d FOLDER] [-f FILE] [-p \"NAME ADDRESS:PORT KEY=VALUE ...\"] "
	    "...\n"
	    "  -f  a file with a provider a line; # begins a comment   -d  keeps each message "
	    "there\n"
	    "  keys: tls pipelining 8bitmime size greeting mail rcpt data dot unknown full "
	    "greylist\n"
	    "        throttle-every throttle-after throttle-rate throttle-reply connections slow\n"
	    "        drop-bytes drop-dot\n",
	    stderr);
	exit(EX_USAGE);
}

static void
stop(int code, const char *what, const char *why)
{
	fprintf(stderr, "posthouse-sink: %s: %s\n", what, why);
	exit(code);
}

static void
add_provider(struct sink *s, struct span line)
{
	struct err err;

	if (s->n == PROVIDERS_MAX)
		stop(EX_USAGE, "providers", "too many");
	if (provider_read(&s->providers[s->n], line, s->arena, &err) == -1)
		stop(EX_USAGE, "provider", err.text);
	s->n++;
}

static void
add_file(struct sink *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE_MAX_BYTES];

	if (f == NULL)
		stop(EX_NOINPUT, path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		struct span text = span_trim(span_str(line));

		if (text.n > 0 && !span_starts(text, "#"))
			add_provider(s, text);
	}
	fclose(f);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *addr, int len, void *arg)
{
	struct post *post = arg;
	char host[64] = "?", port[16] = "?", client[84];

	(void)l;
	getnameinfo(addr, (socklen_t)len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(client, sizeof(client), "%s:%s", host, port);
	session_start(&post->sink->world, post->provider, fd, client);
}

static struct evconnlistener *
listen_for(struct sink *s, struct provider *p)
{
	struct sockaddr_storage addr;
	int len = sizeof(addr);
	struct post *post = arena_alloc(s->arena, sizeof(*post));
	struct evconnlistener *l;

	*post = (struct post){ s, p };
	if (evutil_parse_sockaddr_port(p->address, (struct sockaddr *)&addr, &len) == -1)
		stop(EX_USAGE, p->address, "no ADDRESS:PORT");
	l = evconnlistener_new_bind(s->world.base, on_accept, post,
	    LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 512,
	    (struct sockaddr *)&addr, len);
	if (l == NULL)
		stop(EX_UNAVAILABLE, p->address, strerror(errno));
	log_info("listening", "provider=%s address=%s", p->name, p->address);
	return l;
}

static void
on_signal(int sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	event_base_loopbreak(arg);
}

static void
options(struct sink *s, int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "d:f:p:")) != -1) {
		if (o == 'd')
			s->folder = optarg;
		else if (o == 'f')
			add_file(s, optarg);
		else if (o == 'p')
			add_provider(s, span_str(optarg));
		else
			usage();
	}
	if (optind < argc || s->n == 0)
		usage();
}

static void
run(struct sink *s)
{
	struct event *term = evsignal_new(s->world.base, SIGTERM, on_signal, s->world.base);
	struct event *intr = evsignal_new(s->world.base, SIGINT, on_signal, s->world.base);

	event_add(term, NULL);
	event_add(intr, NULL);
	event_base_dispatch(s->world.base);
	event_free(term);
	event_free(intr);
}

int
main(int argc, char **argv)
{
	static struct sink s;

	s.arena = arena_new(0);
	options(&s, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	log_init("posthouse-sink", 1);
	s.world.base = event_base_new();
	s.world.tls = tls_self_signed("sink.example");
	s.world.store = store_new(s.folder);
	for (size_t i = 0; i < s.n; i++)
		s.listeners[i] = listen_for(&s, &s.providers[i]);
	run(&s);
	for (size_t i = 0; i < s.n; i++) {
		evconnlistener_free(s.listeners[i]);
		free(s.providers[i].seen);
	}
	store_free(s.world.store);
	SSL_CTX_free(s.world.tls);
	event_base_free(s.world.base);
	arena_free(s.arena);
	return 0;
}
