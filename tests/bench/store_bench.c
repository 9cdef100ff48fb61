/* What the store costs: bench-store FOLDER [MESSAGES [BYTES]]
 *
 * Accepts messages and ends each as soon as it is durable, with 1, 8, 32, 128 of them on the way at a time, and prints
 * messages a second and the CPU of all threads for each. FOLDER is made and left behind. */
#include "../../queued/store.h"
#include "crc32c.h"
#include "err.h"
#include "log.h"
#include "loop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct bench {
	struct store *store;
	struct span bytes;
	uint32_t crc;
	unsigned window, on_way, left, done, messages;
	char event[360];
};

static void
on_ended(void *ctx, const struct store_end *end)
{
	struct bench *b = ctx;

	(void)end;
	b->on_way--;
	if (++b->done == b->messages)
		loop_stop();
}

static void
on_accepted(void *ctx, struct id id, uint16_t code, struct span text)
{
	struct bench *b = ctx;
	struct store_end e = { .id = id, .mark = MARK_DONE };

	if (code != 0)
		fatal("refused: %u %.*s", code, SPAN(text));
	e.event = span_of(b->event, sizeof(b->event));
	store_end(b->store, &e, on_ended, b);
}

static void
give(struct bench *b)
{
	struct recipient r = { .address = SPAN_LIT("someone@recipient.example") };
	struct envelope e = { .id = id_new(),
		.received_ms = loop_wall_ms(),
		.tenant = SPAN_LIT("news"),
		.client = SPAN_LIT("192.0.2.44"),
		.helo = SPAN_LIT("sender.example"),
		.listener = SPAN_LIT("submission"),
		.from = SPAN_LIT("bounces@sender.example"),
		.rcpts_n = 1,
		.rcpts = &r };
	struct facts f = {
		.size_bytes = b->bytes.n, .header_bytes = 64, .longest_line = 62, .crc32c = b->crc
	};

	store_accept(b->store, &e, &f, b->bytes, on_accepted, b);
	b->on_way++;
	b->left--;
}

static void
on_turn(void *ctx)
{
	struct bench *b = ctx;

	while (b->left > 0 && b->on_way < b->window)
		give(b);
	store_cut(b->store);
}

static void
ignored_event(void *ctx, struct span line)
{
	(void)ctx;
	(void)line;
}

static void
ignored_found(void *ctx, const struct store_found *f)
{
	(void)ctx;
	(void)f;
}

static void
ignored_corrupt(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	(void)name;
	(void)why;
}

static struct store *
opened(struct bench *b, const char *base)
{
	static const struct store_hooks hooks = {
		.found = ignored_found, .event = ignored_event, .corrupt = ignored_corrupt
	};
	char index[4096], spool[4096];
	struct store_options o = {
		.events = -1, .segment_bytes = 64 << 20, .segments = 4, .index_path = index
	};
	struct err err;

	snprintf(index, sizeof(index), "%s/index", base);
	snprintf(spool, sizeof(spool), "%s/spool", base);
	mkdir(base, 0700);
	mkdir(index, 0700);
	mkdir(spool, 0700);
	o.spool = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	b->store = o.spool == -1 ? NULL : store_prepare(&o, &err);
	if (b->store == NULL || store_start(b->store, &hooks, b, &err) == -1)
		fatal("%s: %s", base, err.text);
	return b->store;
}

static double
cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
measure(struct bench *b, unsigned window, unsigned messages)
{
	struct store_numbers before, after;
	double start = now_s(), cpu = cpu_s();

	b->window = window;
	b->messages = b->left = messages;
	b->done = 0;
	store_numbers(b->store, &before);
	loop_run();
	store_numbers(b->store, &after);
	printf("%8u %12.0f %12.4f %10.1f\n", window, messages / (now_s() - start),
	    (cpu_s() - cpu) * 1000 / messages,
	    (double)messages / (double)(after.groups - before.groups));
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static const unsigned windows[] = { 1, 8, 32, 128, 512 };
	unsigned messages = argc > 2 ? (unsigned)atoi(argv[2]) : 50000;
	size_t n = argc > 3 ? (size_t)atoi(argv[3]) : 10240;
	struct bench b = { .left = 0 };
	char *p = malloc(n + 1);

	if (argc < 2 || p == NULL) {
		free(p);
		return 2;
	}
	memset(p, 'x', n);
	memset(b.event, 'e', sizeof(b.event));
	b.bytes = span_of(p, n);
	b.crc = crc32c(0, b.bytes);
	log_init("bench-store", STDERR_FILENO);
	log_set_level(LOG_LEVEL_WARN);
	id_init(1);
	loop_init();
	opened(&b, argv[1]);
	loop_at_turn_end(on_turn, &b);
	printf("%8s %12s %12s %10s\n", "ON WAY", "MESSAGES/S", "CPU MS EACH", "A GROUP");
	for (unsigned i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
		measure(&b, windows[i], windows[i] < 8 ? messages / 50 : messages);
	free(p);
	return 0;
}
