/* All of queued but its main(), in one process with a test that stands where the master does (alone_test.h). */
#include "alone_test.h"
#include "course.h"
#include "aside.h"
#include "doing.h"
#include "domain.h"
#include "err.h"
#include "events.h"
#include "final.h"
#include "intake.h"
#include "lane.h"
#include "loop.h"
#include "notice.h"
#include "peer_bouncd.h"
#include "peer_deliverd.h"
#include "peer_resolve.h"
#include "peer_rewrite.h"
#include "peer_smtpd.h"
#include "pool.h"
#include "queued.h"
#include "role.h"
#include "sandbox.h"
#include "settle.h"
#include "storage.h"
#include "suppressed.h"
#include "tenants.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the master's place ---- */

static char folder[] =
    "/dev/shm/course_test_XXXXXX"; /* no disk: it runs through thousands of messages */
static int spool_fd, events_fd;
int doing_fd;

int
role_fd(struct role *r, const char *name)
{
	(void)r;
	return strcmp(name, "spool") == 0    ? spool_fd
	       : strcmp(name, "events") == 0 ? events_fd
	       : strcmp(name, "doing") == 0  ? doing_fd
					     : -1;
}

struct span
role_secret(struct role *r, const char *name)
{
	(void)r;
	return strcmp(name, "index-path") == 0 ? SPAN_LIT("index") : span_of(NULL, 0);
}

struct span
role_secret_fresh(struct role *r, const char *name)
{
	(void)r;
	(void)name;
	return span_of(NULL, 0);
}

void
role_fail(struct role *r, int exit_code, const char *fmt, ...)
{
	(void)r;
	ck_abort_msg("role_fail %d: %s", exit_code, fmt);
	abort();
}

void
role_on_peer(
    struct role *r, enum role_kind kind, void (*connected)(void *, unsigned, int), void *ctx)
{
	(void)r;
	(void)kind;
	(void)connected;
	(void)ctx;
}

unsigned
role_peers(const struct role *r, enum role_kind kind)
{
	(void)r;
	return kind == ROLE_REWRITE;
}

void
role_on_reload(struct role *r, int (*prepare)(void *, struct conf *, struct err *),
    void (*commit)(void *), void (*undo)(void *), void *ctx)
{
	(void)r;
	(void)prepare;
	(void)commit;
	(void)undo;
	(void)ctx;
}

void
role_on_stop(struct role *r, void (*stop)(void *, unsigned), void *ctx)
{
	(void)r;
	(void)stop;
	(void)ctx;
}

void
role_on_events(struct role *r, void (*take)(void *), void *ctx)
{
	(void)r, (void)take, (void)ctx;
}

int
role_events_coming(const struct role *r)
{
	(void)r;
	return -1;
}

int
role_events_take(struct role *r)
{
	(void)r;
	return -1;
}

int
role_fd_at(struct role *r, const char *prefix, unsigned i, const char **name)
{
	(void)r, (void)prefix, (void)i, (void)name;
	return -1;
}

void
role_done(struct role *r)
{
	(void)r;
	loop_stop();
}

void
sandbox_keep_folder(int fd)
{
	(void)fd;
}

/* ---- a queued of our own ---- */

static const char conf_text[] = "queue {\n\tsegment-size 1M\n\tsegments 3\n}\ntenant first "
				"{\n\tdomain first.test\n\tbounce-domain back.test\n}\n"
				"tenant other {\n\tdomain other.test\n}\n"
				"route good.test {\n\tto 127.0.0.1:9\n\ttls none\n}\n";

struct queued queued;
struct worker worker;
static struct timer *turn_over;

static void
on_turn_over(void *ctx)
{
	(void)ctx;
	loop_stop();
}

void
turns(unsigned n)
{
	while (n-- > 0) {
		timer_set_ms(turn_over, 1);
		loop_run();
	}
}

static void
ignored(void *ctx, struct chan *c, struct msg *m)
{
	(void)ctx;
	(void)c;
	(void)m;
}

static void
worker_make(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	worker = (struct worker){ .home = queued.deliverd, .life = 1, .synced = true };
	worker.chan = chan_new(fds[0], "deliverd", 1 << 20, ignored, NULL, NULL);
}

void
queued_make(void)
{
	struct queued *q = &queued;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(mkdir("spool", 0700) | mkdir("index", 0700), 0);
	spool_fd = open("spool", O_RDONLY | O_DIRECTORY);
	events_fd = open("events", O_RDWR | O_CREAT | O_APPEND, 0600);
	doing_fd = memfd_create("doing", 0);
	ck_assert(spool_fd >= 0 && events_fd >= 0 && ftruncate(doing_fd, DOING_BYTES) == 0);
	loop_init();
	id_init(1);
	q->conf = queued_conf_new(conf_read_text(&queued_table, "test", span_str(conf_text)));
	ck_assert_uint_eq(conf_errors(q->conf->conf), 0);
	schedule_init(&q->schedule);
	schedule_use_loop(&q->schedule);
	q->suppressed = suppressed_new();
	q->tenants = tenants_new(q);
	q->domains = domains_new(q);
	q->sites = sites_new(q);
	q->lanes = lanes_new(q);
	q->smtpd = peer_smtpd_new(q);
	q->resolve = peer_resolve_new(q);
	q->rewrite = peer_rewrite_new(q);
	q->bouncd = peer_bouncd_new(q);
	q->deliverd = peer_deliverd_new(q);
	q->pool = pool_new(q);
	q->events = events_new(q, events_fd, -1);
	storage_open(q);
	storage_start(q);
	turn_over = timer_new(on_turn_over, NULL);
	worker_make();
	turns(3);
}

/* ---- a message of two recipients: the first is tried, the second keeps the message ---- */

static unsigned accepted;

static void
on_accepted(void *ctx, struct id id, uint16_t code, struct span text)
{
	(void)ctx;
	(void)id;
	ck_assert_msg(code == 0, "%u %.*s", code, SPAN(text));
	accepted++;
}

struct delivery *
delivery_new(const char *address, bool old)
{
	struct recipient to[] = { { .address = span_str(address), .mark = MARK_OPEN },
		{ .address = SPAN_LIT("other@good.test"), .mark = MARK_OPEN } };
	struct envelope e = { .id = id_new(),
		.received_ms = loop_wall_ms() - (old ? 100ull * 86400 * 1000 : 0),
		.tenant = SPAN_LIT("other"),
		.from = SPAN_LIT("news@other.test"),
		.rcpts_n = 2,
		.rcpts = to };
	struct message *m;

	accepted = 0;
	intake_own(&queued, &e, SPAN_LIT("Subject: hello\r\n\r\nhello\r\n"), on_accepted, NULL);
	for (unsigned i = 0; accepted == 0 && i < 20000; i++)
		turns(1);
	ck_assert_uint_eq(accepted, 1);
	m = message_find(&queued.messages, e.id);
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(course_hold(&queued, &m->deliveries[1]), ACT_DONE);
	return &m->deliveries[0];
}

void
tidy(void)
{
	char command[64];
	int left = 1;

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	for (unsigned i = 0; i < 100 && left != 0; i++)
		left = system(command); /* files are written in threads, which may still be at it */
	ck_assert_int_eq(left, 0);
}
