/* Final events that the disk lost after a failed sync are told again, and those that are there are not. */
#include "crc32c.h"
#include "err.h"
#include "event.h"
#include "log.h"
#include "loop.h"
#include "retold.h"
#include "store.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MESSAGES = 120, SIZE = 8 * 1024 };

static struct {
	struct store *store;
	int events;
	unsigned given, ended, syncs, fail_at;
	bool loses, held_back, stopping;
	off_t synced;
} t;

/* ---- a disk that fails ---- */

int
fdatasync(int fd)
{
	struct stat st;

	if (fd != t.events || t.events == -1)
		return (int)syscall(SYS_fdatasync, fd);
	if (++t.syncs == t.fail_at) {
		if (t.loses && ftruncate(fd, t.synced) == -1)
			return -1;
		errno = EIO;
		return -1;
	}
	if (fstat(fd, &st) == 0)
		t.synced = st.st_size;
	return 0;
}

/* ---- a queue that ends all it takes ---- */

static void
on_found(void *ctx, const struct store_found *f)
{
	(void)ctx;
	(void)f;
}

static void
on_event(void *ctx, struct span line)
{
	(void)ctx;
	ck_assert_int_eq(write(t.events, line.p, line.n), (ssize_t)line.n);
}

static bool
on_written(void *ctx)
{
	(void)ctx;
	return !t.held_back;
}

static void
on_corrupt(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	ck_abort_msg("%s %s", name, why);
}

static const struct store_hooks hooks = {
	.found = on_found, .event = on_event, .events_written = on_written, .corrupt = on_corrupt
};

static void
on_ended(void *ctx, const struct store_end *end)
{
	on_event(ctx, end->event);
	t.ended++;
}

static void
on_accepted(void *ctx, struct id id, uint16_t code, struct span text)
{
	static struct buf line = { .max = 1024 };
	struct store_end end = { .id = id, .mark = MARK_DONE };

	(void)ctx;
	(void)text;
	ck_assert_uint_eq(code, 0);
	buf_reset(&line);
	event_open(&line, "delivered", id_new(), loop_wall_ms());
	event_id(&line, "message", id);
	event_close(&line);
	end.event = buf_all(&line);
	store_end(t.store, &end, on_ended, NULL);
}

static void
give(void)
{
	static char bytes[SIZE];
	struct recipient rcpt = { .address = SPAN_LIT("a@a.example") };
	struct envelope e = {
		.id = id_new(), .from = SPAN_LIT("s@s.example"), .rcpts = &rcpt, .rcpts_n = 1
	};
	struct facts f = { .size_bytes = SIZE, .header_bytes = 64, .longest_line = 62 };

	f.crc32c = crc32c(0, span_of(bytes, SIZE));
	store_accept(t.store, &e, &f, span_of(bytes, SIZE), on_accepted, NULL);
	t.given++;
}

static void
on_stopped(void *ctx)
{
	(void)ctx;
	loop_stop();
}

static void
on_turn(void *ctx)
{
	(void)ctx;
	if (t.given < MESSAGES && t.given == t.ended)
		give();
	if (t.ended == MESSAGES && !t.stopping) {
		t.stopping = true;
		store_stop(t.store, on_stopped, NULL);
	}
	store_cut(t.store);
}

static int
folder(const char *base, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	mkdir(path, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
day(void)
{
	char base[] = "/tmp/again-test-XXXXXX";
	char path[256], index[256];
	struct store_options o = {
		.segment_bytes = 256 * 1024, .segments = 8, .index_path = index
	};
	struct err err;

	ck_assert_ptr_nonnull(mkdtemp(base));
	o.spool = folder(base, "spool");
	close(folder(base, "index"));
	snprintf(index, sizeof(index), "%s/index", base);
	snprintf(path, sizeof(path), "%s/events", base);
	o.events = t.events = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	t.store = store_prepare(&o, &err);
	ck_assert_msg(t.store != NULL, "%s", err.text);
	ck_assert_msg(store_start(t.store, &hooks, NULL, &err) == 0, "%s", err.text);
	loop_at_turn_end(on_turn, NULL);
	loop_run();
	nftw(base, gone, 8, FTW_DEPTH | FTW_PHYS);
}

static unsigned
lines(void)
{
	char *p = malloc(1 << 20);
	ssize_t n = pread(t.events, p, 1 << 20, 0);
	unsigned found = 0;

	for (ssize_t i = 0; i < n; i++)
		found += p[i] == '\n';
	free(p);
	return found;
}

/* Each test is a process of its own (check forks), and so has a loop of its own. */
static void
begin(unsigned fail_at, bool loses)
{
	log_init("again_test", STDERR_FILENO);
	id_init(1);
	loop_init();
	t.fail_at = fail_at;
	t.loses = loses;
}

START_TEST(what_a_failed_sync_lost_is_told_again)
{
	begin(2, true);
	day();
	ck_assert_uint_eq(lines(), MESSAGES);
}
END_TEST

START_TEST(what_it_did_not_lose_is_not_told_twice)
{
	begin(2, false);
	day();
	ck_assert_uint_eq(lines(), MESSAGES);
}
END_TEST

/* The next start, which finds nothing in the event file, hears of all: no segment was used again. */
START_TEST(no_segment_is_free_before_its_events_are_written)
{
	struct store_numbers n;

	begin(0, false);
	t.held_back = true;
	day();
	store_numbers(t.store, &n);
	ck_assert_uint_ge(n.journal_used, (uint64_t)MESSAGES * SIZE);
}
END_TEST

/* ---- which are missing ---- */

static struct buf missing = { .max = 4096 };

static void
on_missing(void *ctx, struct span line)
{
	(void)ctx;
	buf_span(&missing, line);
}

START_TEST(half_a_line_is_not_there)
{
	char name[] = "/tmp/retold-test-XXXXXX", line[3][120];
	int fd = mkstemp(name);
	struct retold *r = retold_new();

	unlink(name);
	id_init(1);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(line[i], sizeof(line[i]),
		    "{\"v\":1,\"event\":\"x\",\"id\":\"%s\",\"n\":%u}\n", id_text(id_new()).c, i);
		retold_add(r, span_str(line[i]));
		retold_add(r, span_str(line[i]));
	}
	retold_add(r, SPAN_LIT("{\"n\":\"without an id\"}\n"));
	ck_assert_uint_eq(retold_count(r), 4);
	ck_assert_int_gt(write(fd, line[0], strlen(line[0])), 0);
	ck_assert_int_gt(write(fd, line[1], strlen(line[1]) - 3), 0); /* cut by a full disk */
	ck_assert_int_gt(write(fd, "\n", 1), 0);
	ck_assert_uint_eq(retold_missing(r, fd, on_missing, NULL), 3);
	ck_assert_int_eq(missing.n, strlen(line[1]) + strlen(line[2]) + 22);
	ck_assert_int_eq(memcmp(missing.p, line[1], strlen(line[1])), 0);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("again");
	TCase *c = tcase_create("again");
	SRunner *r = srunner_create(s);
	int failed;

	t.events = -1;
	tcase_set_timeout(c, 60);
	tcase_add_test(c, what_a_failed_sync_lost_is_told_again);
	tcase_add_test(c, what_it_did_not_lose_is_not_told_twice);
	tcase_add_test(c, no_segment_is_free_before_its_events_are_written);
	tcase_add_test(c, half_a_line_is_not_there);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
