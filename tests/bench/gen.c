/* bench-gen: sends numbered messages over kept SMTP connections and records what was acknowledged.
 *
 * Messages are made ahead (mail.c); load.c says which is due, client.c speaks; this file reads the options, turns the
 * loop, and prints what came out. Nothing is checked here: tests/bench/check compares the record with the sink's. */
#include "client.h"
#include "err.h"
#include "tick.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 256, TICK_MS = 50 };

struct gen {
	struct client_style client;
	struct load_style load;
	struct mail_style mail;
	unsigned connections;
	const char *record;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
usage(void)
{
	fputs("usage: bench-gen [options] ADDRESS:PORT\n"
	      "  -c, --connections N    kept open (20)\n"
	      "  -n, --count N          messages (1000); 0: until --time is over\n"
	      "  -t, --time SECONDS     stop after this long\n"
	      "  -r, --rate N           messages a second, whether or not the server keeps up\n"
	      "  -s, --size BYTES       of a message (10240)\n"
	      "  -R, --recipients N     of a message (1, at most 64)\n"
	      "  -d, --domain NAME      of recipients (sink.example)\n"
	      "  -D, --domains N        spread them over d0.NAME, d1.NAME, ...\n"
	      "  -f, --from ADDRESS     sender (bench@bench.example)\n"
	      "  -H, --header LINE      one more header line (may be repeated)\n"
	      "  -m, --html             HTML bodies with links\n"
	      "  -u, --run N            names this run in each message (1)\n"
	      "  -o, --record FILE      what became of each recipient\n"
	      "  -k, --retry            go on after 4xx and lost connections\n"
	      "  -P, --no-pipelining    do not use it\n"
	      "  -w, --timeout SECONDS  without an answer: the connection is lost (60)\n",
	    stderr);
	exit(2);
}

static const struct option long_options[] = {
	{ "connections", required_argument, NULL, 'c' },
	{ "count", required_argument, NULL, 'n' },
	{ "time", required_argument, NULL, 't' },
	{ "rate", required_argument, NULL, 'r' },
	{ "size", required_argument, NULL, 's' },
	{ "recipients", required_argument, NULL, 'R' },
	{ "domain", required_argument, NULL, 'd' },
	{ "domains", required_argument, NULL, 'D' },
	{ "from", required_argument, NULL, 'f' },
	{ "header", required_argument, NULL, 'H' },
	{ "html", no_argument, NULL, 'm' },
	{ "run", required_argument, NULL, 'u' },
	{ "record", required_argument, NULL, 'o' },
	{ "retry", no_argument, NULL, 'k' },
	{ "no-pipelining", no_argument, NULL, 'P' },
	{ "timeout", required_argument, NULL, 'w' },
	{ NULL, 0, NULL, 0 },
};

static uint64_t
number(const char *text, uint64_t max)
{
	uint64_t n;

	if (span_u64(span_str(text), max, &n) == -1) {
		fprintf(stderr, "bench-gen: \"%s\" is no number up to %llu\n", text,
		    (unsigned long long)max);
		exit(2);
	}
	return n;
}

static void
add_header(struct mail_style *style, const char *line)
{
	char *all;

	if (asprintf(&all, "%s%s\r\n", style->headers == NULL ? "" : style->headers, line) == -1)
		fatal("out of memory");
	free((void *)style->headers);
	style->headers = all;
}

static void
option(struct gen *g, int o)
{
	switch (o) {
	case 'c':
		g->connections = (unsigned)number(optarg, 60000);
		break;
	case 'n':
		g->load.count = number(optarg, UINT32_MAX);
		break;
	case 't':
		g->load.seconds = strtod(optarg, NULL);
		break;
	case 'r':
		g->load.rate = strtod(optarg, NULL);
		break;
	case 's':
		g->mail.size_bytes = number(optarg, 256 << 20);
		break;
	case 'R':
		g->load.recipients = (unsigned)number(optarg, MAIL_RECIPIENTS_MAX);
		break;
	case 'd':
		g->mail.domain = optarg;
		break;
	case 'D':
		g->mail.domains = (unsigned)number(optarg, UINT32_MAX);
		break;
	case 'f':
		g->mail.from = optarg;
		break;
	case 'H':
		add_header(&g->mail, optarg);
		break;
	case 'm':
		g->mail.html = true;
		break;
	case 'u':
		g->load.run = g->mail.run = (unsigned)number(optarg, UINT32_MAX);
		break;
	case 'o':
		g->record = optarg;
		break;
	case 'k':
		g->load.retry = g->client.reconnect = true;
		break;
	case 'P':
		g->client.pipelining = false;
		break;
	case 'w':
		g->client.timeout_s = (unsigned)number(optarg, 86400);
		break;
	default:
		usage();
	}
}

static void
options(struct gen *g, int argc, char **argv)
{
	int o;

	while ((o = getopt_long(argc, argv, "c:n:t:r:s:R:d:D:f:H:mu:o:kPw:", long_options, NULL)) !=
	       -1)
		option(g, o);
	if (optind + 1 != argc || g->connections == 0 || g->load.recipients == 0)
		usage();
	if (g->load.count == 0 && g->load.seconds <= 0)
		usage();
	g->client.address = argv[optind];
	if (g->record == NULL)
		return;
	g->load.record = fopen(g->record, "w");
	if (g->load.record == NULL)
		fatal("%s: %s", g->record, strerror(errno));
}

/* Whether a turn more makes sense: work is left or under way, and somebody is there to do it. */
static bool
going(const struct gen *g, struct client **clients, const struct load *load, uint64_t now)
{
	unsigned busy = 0, dead = 0;

	for (unsigned i = 0; i < g->connections; i++) {
		busy += client_busy(clients[i]);
		dead += client_dead(clients[i]);
	}
	return !stopped && dead < g->connections && (busy > 0 || !load_over(load, now));
}

static void
turn(const struct load *load, int epoll)
{
	struct epoll_event events[EVENTS];
	uint64_t now = tick_now(), due = load_due(load, now), wait = TICK_MS * (TICKS_PER_S / 1000);
	struct timespec ts = { 0 };
	int n;

	if (due > now && due - now < wait)
		wait = due - now;
	ts.tv_nsec = (long)wait;
	n = epoll_pwait2(epoll, events, EVENTS, &ts, NULL);
	for (int i = 0; i < n; i++)
		client_ready(events[i].data.ptr, events[i].events);
}

/* Free connections are looked for only when something is due: a busy turn costs nothing extra. */
static void
send_all(const struct gen *g, struct client **clients, struct load *load, int epoll)
{
	uint64_t now = tick_now(), ticked = 0;

	while (going(g, clients, load, now)) {
		turn(load, epoll);
		now = tick_now();
		if (load_due(load, now) > now && now - ticked < TICK_MS * (TICKS_PER_S / 1000))
			continue;
		for (unsigned i = 0; i < g->connections; i++)
			client_tick(clients[i], now);
		ticked = now;
	}
}

static double
cpu_s(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}

static void
report(struct load *load, uint64_t start, uint64_t end)
{
	struct load_sums sums = load_sums(load);
	double seconds = tick_seconds(end - start), cpu = cpu_s();

	printf("messages=%llu ok=%llu maybe=%llu refused=%llu again=%llu seconds=%.3f rate=%.0f\n",
	    (unsigned long long)sums.messages, (unsigned long long)sums.ok,
	    (unsigned long long)sums.maybe, (unsigned long long)sums.refused,
	    (unsigned long long)sums.again, seconds, (double)sums.messages / seconds);
	printf("latency_ms p50=%.2f p90=%.2f p99=%.2f p999=%.2f max=%.2f\n",
	    load_latency_s(load, 0.5) * 1e3, load_latency_s(load, 0.9) * 1e3,
	    load_latency_s(load, 0.99) * 1e3, load_latency_s(load, 0.999) * 1e3,
	    load_latency_s(load, 1.0) * 1e3);
	printf("cpu_s=%.3f cpu_ms_message=%.4f start=%.6f end=%.6f\n", cpu,
	    sums.messages == 0 ? 0 : cpu * 1e3 / (double)sums.messages, tick_seconds(start),
	    tick_seconds(end));
}

/* Exit 0: every message that was begun has been acknowledged (with --retry: or is listed). */
static int
finish(const struct gen *g, struct load *load)
{
	struct load_sums sums = load_sums(load);
	bool all = g->load.count == 0 || sums.messages >= g->load.count;

	if (g->load.record != NULL && fclose(g->load.record) != 0)
		fatal("%s: %s", g->record, strerror(errno));
	free((void *)g->mail.headers);
	if (g->load.retry)
		return 0;
	return all && sums.maybe == 0 && sums.refused == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct gen g = { .connections = 20,
		.client = { .pipelining = true, .timeout_s = 60 },
		.load = { .count = 1000, .recipients = 1, .run = 1 },
		.mail = { .size_bytes = 10240, .run = 1 } };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct mail_maker *maker;
	struct client **clients;
	struct load *load;
	uint64_t start, end;
	int status;

	options(&g, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	maker = mail_maker_new(&g.mail);
	start = tick_now();
	load = load_new(&g.load, maker, start);
	clients = calloc(g.connections, sizeof(struct client *));
	if (clients == NULL)
		fatal("out of memory");
	for (unsigned i = 0; i < g.connections; i++)
		clients[i] = client_new(&g.client, load, maker, epoll);
	send_all(&g, clients, load, epoll);
	end = tick_now();
	for (unsigned i = 0; i < g.connections; i++) {
		client_quit(clients[i]);
		client_free(clients[i]);
	}
	report(load, start, end);
	status = finish(&g, load);
	free(clients);
	load_free(load);
	mail_maker_free(maker);
	close(epoll);
	return status;
}
