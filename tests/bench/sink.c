/* bench-sink: takes every message as fast as it can and keeps count of what came for whom.
 *
 * Where a bench ends: the relay (or the generator itself) delivers here. SIGUSR1 writes the list and a summary,
 * SIGTERM and SIGINT too and end it; a "complete" line appears once the expected number of recipients has come. */
#include "intake.h"
#include "sum.h"
#include "tally.h"
#include "tick.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct sink {
	struct tally *tally;
	const char *list; /* path, or NULL */
	uint64_t expect;  /* unique recipients; 0: unknown */
	uint64_t first, last;
	uint64_t messages;
	bool complete;
};

static struct intake *running;
static volatile sig_atomic_t asked;

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		asked = 1;
	else
		intake_stop(running);
}

static void
on_message(void *ctx, const struct intake_message *m)
{
	struct sink *s = ctx;
	struct span content = m->content, rest = m->recipients;
	struct sum_facts facts;

	content.n = sum_unstuff((char *)content.p, content.n);
	facts = sum_check(content);
	while (rest.n > 0) {
		struct span to = span_cut(rest, '\n', &rest);

		tally_add(s->tally, facts.number, to, facts.unchanged);
	}
	s->messages++;
	s->last = tick_now();
	if (s->first == 0)
		s->first = s->last;
}

static void
summary(struct sink *s, const char *word)
{
	struct tally_sums sums = tally_sums(s->tally);
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	printf("%s messages=%llu arrivals=%llu unique=%llu again=%llu changed=%llu first=%.6f "
	       "last=%.6f cpu_s=%.3f\n",
	    word, (unsigned long long)s->messages, (unsigned long long)sums.arrivals,
	    (unsigned long long)sums.unique, (unsigned long long)sums.again,
	    (unsigned long long)sums.changed, tick_seconds(s->first), tick_seconds(s->last),
	    (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		(double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	fflush(stdout);
}

static void
write_list(struct sink *s)
{
	struct err err;

	if (s->list != NULL && tally_write(s->tally, s->list, &err) == -1)
		fprintf(stderr, "bench-sink: %s\n", err.text);
}

static void
on_idle(void *ctx)
{
	struct sink *s = ctx;

	if (asked) {
		asked = 0;
		write_list(s);
		summary(s, "summary");
	}
	if (!s->complete && s->expect > 0 && tally_sums(s->tally).unique >= s->expect) {
		s->complete = true;
		summary(s, "complete");
	}
}

static void
watch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
}

static void
usage(void)
{
	fputs("usage: bench-sink [-l ADDRESS:PORT] [-o LIST] [-e RECIPIENTS] [-d DELAY_MS] [-P] "
	      "[-m MAX]\n"
	      "  -P  do not announce PIPELINING   -e  say \"complete\" when so many have come\n",
	    stderr);
	exit(2);
}

static void
options(int argc, char **argv, struct intake_style *style, struct sink *s)
{
	int o;

	while ((o = getopt(argc, argv, "l:o:e:d:Pm:")) != -1)
		switch (o) {
		case 'l':
			style->address = optarg;
			break;
		case 'o':
			s->list = optarg;
			break;
		case 'e':
			s->expect = strtoull(optarg, NULL, 10);
			break;
		case 'd':
			style->delay_ms = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'P':
			style->pipelining = false;
			break;
		case 'm':
			style->message_max = strtoull(optarg, NULL, 10);
			break;
		default:
			usage();
		}
	if (optind < argc)
		usage();
}

int
main(int argc, char **argv)
{
	struct intake_style style = {
		.address = "127.0.0.1:2600", .pipelining = true, .message_max = 64 << 20
	};
	struct intake_hooks hooks = { .message = on_message, .idle = on_idle };
	struct sink s = { .tally = tally_new() };
	struct err err;

	options(argc, argv, &style, &s);
	running = intake_new(&style, &hooks, &s, &err);
	if (running == NULL) {
		fprintf(stderr, "bench-sink: %s\n", err.text);
		return 1;
	}
	watch_signals();
	printf("listening %s\n", style.address);
	fflush(stdout);
	intake_run(running);
	write_list(&s);
	summary(&s, "end");
	intake_free(running);
	tally_free(s.tally);
	return 0;
}
