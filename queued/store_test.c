/* The store as a whole, with the disk in the test's hand: steps that wait until they are let go, and steps that fail. */
#include "crc32c.h"
#include "log.h"
#include "loop.h"
#include "store_inside.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SEGMENT_BYTES = 256 * 1024, MESSAGE_BYTES = 60 * 1024, PATIENCE_MS = 20000 };

/* ---- the disk ---- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool renames_wait, marks_wait; /* until these are false again */
	unsigned waiting;              /* who waits */
	atomic_bool syncfs_fails, segments_fail;
	atomic_uint syncfs_seen;
	atomic_ullong synced_fds;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

static void
pass(const bool *closed)
{
	pthread_mutex_lock(&disk.lock);
	disk.waiting += *closed;
	for (bool waited = *closed; waited; waited = *closed) {
		pthread_cond_wait(&disk.moved, &disk.lock);
		disk.waiting -= !*closed;
	}
	pthread_mutex_unlock(&disk.lock);
}

static void
gate(bool *which, bool closed)
{
	pthread_mutex_lock(&disk.lock);
	*which = closed;
	pthread_cond_broadcast(&disk.moved);
	pthread_mutex_unlock(&disk.lock);
}

static bool
somebody_waits(void)
{
	bool waits;

	pthread_mutex_lock(&disk.lock);
	waits = disk.waiting > 0;
	pthread_mutex_unlock(&disk.lock);
	return waits;
}

int
renameat(int from, const char *a, int to, const char *b)
{
	if (strncmp(b, "cur/", 4) == 0)
		pass(&disk.renames_wait);
	return (int)syscall(SYS_renameat, from, a, to, b);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (n == 1)
		pass(&disk.marks_wait);
	if (n > 1 && atomic_load(&disk.segments_fail)) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

int
syncfs(int fd)
{
	atomic_fetch_or(&disk.synced_fds, 1ULL << fd);
	atomic_fetch_add(&disk.syncfs_seen, 1);
	if (!atomic_load(&disk.syncfs_fails))
		return (int)syscall(SYS_syncfs, fd);
	errno = EIO;
	return -1;
}

/* ---- the store ---- */

static struct store *s;
static char folder[64], index_folder[80];
static struct {
	unsigned accepted, refused, ended, found;
} told;
static bool stopped;

static void
on_found(void *ctx, const struct store_found *f)
{
	(void)ctx;
	(void)f;
	told.found++;
}

static void
on_event(void *ctx, struct span line)
{
	(void)ctx;
	(void)line;
}

static void
on_corrupt(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	ck_abort_msg("%s %s", name, why);
}

static const struct store_hooks hooks = {
	.found = on_found, .event = on_event, .corrupt = on_corrupt
};

static void
on_turn_end(void *ctx)
{
	(void)ctx;
	store_cut(s);
}

static void
begin(void)
{
	struct store_options o = { .events = -1,
		.index_path = index_folder,
		.segment_bytes = SEGMENT_BYTES,
		.segments = 3,
		.spool = open(folder, O_RDONLY | O_DIRECTORY) };
	struct err err = { "" };

	loop_init();
	s = store_prepare(&o, &err);
	ck_assert_msg(s != NULL && store_start(s, &hooks, NULL, &err) == 0, "%s", err.text);
	loop_at_turn_end(on_turn_end, NULL);
}

/* Turns of the loop until it is so. */
static struct {
	bool (*so)(void);
	struct timer *look;
	uint64_t since_ms;
} awaited;

static void
look(void *ctx)
{
	(void)ctx;
	if (awaited.so() || loop_now_ms() > awaited.since_ms + PATIENCE_MS)
		loop_stop();
	else
		timer_set_ms(awaited.look, 2);
}

static void
await(bool (*so)(void), const char *what)
{
	if (awaited.look == NULL)
		awaited.look = timer_new(look, NULL);
	awaited.so = so;
	awaited.since_ms = loop_now_ms();
	timer_set_ms(awaited.look, 0);
	loop_run();
	ck_assert_msg(so(), "in vain: %s", what);
}

static void
on_accepted(void *ctx, struct id id, uint16_t code, struct span text)
{
	(void)ctx;
	(void)id;
	(void)text;
	told.accepted += code == 0;
	told.refused += code != 0;
}

static struct id
accept_one(void)
{
	static char bytes[MESSAGE_BYTES];
	struct recipient rcpts[2] = { { .address = SPAN_LIT("a@a.example") },
		{ .address = SPAN_LIT("b@b.example") } };
	struct envelope e = { .id = id_new(), .rcpts_n = 2, .rcpts = rcpts };
	struct facts f = { .size_bytes = sizeof(bytes) };

	memset(bytes, 'x', sizeof(bytes));
	f.crc32c = crc32c(0, span_of(bytes, sizeof(bytes)));
	store_accept(s, &e, &f, span_of(bytes, sizeof(bytes)), on_accepted, NULL);
	return e.id;
}

static unsigned answers_awaited;

static bool
are_answered(void)
{
	return told.accepted + told.refused >= answers_awaited;
}

static struct id
accepted_one(void)
{
	struct id id = accept_one();

	answers_awaited = told.accepted + told.refused + 1;
	await(are_answered, "an answer");
	return id;
}

static void
on_ended(void *ctx, const struct store_end *end)
{
	(void)ctx;
	(void)end;
	told.ended++;
}

static void
end(struct id id, uint32_t index, char mark)
{
	store_end(s, &(struct store_end){ .id = id, .index = index, .mark = mark }, on_ended, NULL);
}

static unsigned ends_awaited;

static bool
are_ended(void)
{
	return told.ended >= ends_awaited;
}

static void
wait_for(struct id id)
{
	store_wait(s, &(struct store_wait){ .id = id, .next_ms = loop_wall_ms() + 3600000 });
}

static struct id looked_at;

static bool
is_filed(void)
{
	return entry_find(s, looked_at)->state >= ENTRY_FILED;
}

static bool
has_no_file(void)
{
	return !spool_has_any(s->spool, looked_at, SPOOL_CORRUPT);
}

static bool
is_in_trash(void)
{
	return spool_has(s->spool, looked_at, SPOOL_TRASH);
}

/* So many more that the segment in use is full, and the checkpoint begins; they end at once. */
static void
fill_a_segment(void)
{
	for (size_t n = 0; n < SEGMENT_BYTES; n += MESSAGE_BYTES) {
		struct id id = accepted_one();

		end(id, 0, MARK_DONE);
		end(id, 1, MARK_DONE);
	}
}

static void
on_stopped(void *ctx)
{
	(void)ctx;
	stopped = true;
}

static bool
is_stopped(void)
{
	return stopped;
}

static bool
no_works(void)
{
	return s->works == 0;
}

static bool
syncs_seen(void)
{
	return atomic_load(&disk.syncfs_seen) > 0;
}

static bool
first_is_free(void)
{
	return s->segments[0].state == SEGMENT_FREE;
}

/* ---- rules ---- */

START_TEST(a_file_that_a_failed_checkpoint_does_not_count_goes_with_its_message)
{
	begin();
	looked_at = accepted_one();
	wait_for(looked_at);
	await(is_filed, "its file");
	atomic_store(&disk.syncfs_fails, true);
	fill_a_segment();
	await(syncs_seen, "a checkpoint that fails");
	end(looked_at, 0, MARK_DONE);
	end(looked_at, 1, MARK_DONE);
	await(has_no_file, "no file");
	atomic_store(&disk.syncfs_fails, false);
}
END_TEST

START_TEST(a_segment_waits_for_the_mark_of_an_end_that_came_while_the_file_was_written)
{
	begin();
	looked_at = accepted_one();
	gate(&disk.renames_wait, true);
	wait_for(looked_at);
	await(somebody_waits, "the rename");
	end(looked_at, 0, MARK_DONE);
	ends_awaited = 1;
	await(are_ended, "the end");
	fill_a_segment(); /* its checkpoint's barrier stands behind the file by now */
	gate(&disk.marks_wait, true);
	gate(&disk.renames_wait, false);
	await(somebody_waits, "the mark");
	accepted_one(); /* time passes */
	accepted_one();
	ck_assert_int_ne(s->segments[0].state, SEGMENT_FREE);
	ck_assert_uint_eq(s->segments[0].waits, 1);
	gate(&disk.marks_wait, false);
	await(first_is_free, "a free segment");
}
END_TEST

START_TEST(what_is_held_and_dropped_while_its_file_is_written_is_in_the_trash)
{
	begin();
	looked_at = accepted_one();
	gate(&disk.renames_wait, true);
	wait_for(looked_at);
	await(somebody_waits, "the rename");
	store_hold(s, looked_at, true);
	store_drop(s, looked_at);
	end(looked_at, 0, MARK_DROPPED);
	end(looked_at, 1, MARK_DROPPED);
	ends_awaited = 2;
	await(are_ended, "the ends");
	gate(&disk.renames_wait, false);
	await(is_in_trash, "a file in the trash");
	await(no_works, "rest");
	ck_assert(spool_has(s->spool, looked_at, SPOOL_TRASH));
}
END_TEST

START_TEST(what_comes_out_of_the_trash_has_all_its_recipients_again)
{
	struct err err = { "" };

	begin();
	looked_at = accepted_one();
	store_drop(s, looked_at);
	end(looked_at, 0, MARK_DROPPED);
	end(looked_at, 1, MARK_DROPPED);
	await(is_in_trash, "a file in the trash");
	await(no_works, "rest");
	ck_assert_msg(store_undrop(s, looked_at, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(entry_find(s, looked_at)->open, 2);
	ck_assert_int_eq(store_load(s, looked_at, on_found, NULL, &err), 0);
	store_stop(s, on_stopped, NULL);
	await(is_stopped, "the stop");
	ck_assert(spool_has(s->spool, looked_at, SPOOL_CUR));
}
END_TEST

static void
draft_one(void)
{
	struct recipient rcpt = { .address = SPAN_LIT("a@a.example") };
	struct envelope e = { .id = id_new(), .rcpts_n = 1, .rcpts = &rcpt };
	struct facts f = { .size_bytes = 5, .crc32c = crc32c(0, SPAN_LIT("hello")) };
	uint32_t draft;
	struct err err;
	int fd = store_draft_new(s, &draft, &err);

	ck_assert_int_eq(write(fd, "hello", 5), 5);
	close(fd);
	store_accept_draft(s, &e, &f, draft, on_accepted, NULL);
}

/* The kernel tells an error of writing once a descriptor: one thread's must not be another's. */
START_TEST(each_thread_that_syncs_the_spool_has_a_descriptor_of_its_own)
{
	begin();
	for (unsigned i = 0; i < 8; i++)
		draft_one();
	answers_awaited = 8;
	await(are_answered, "drafts");
	ck_assert_uint_eq(told.accepted, 8);
	fill_a_segment();
	fill_a_segment();
	await(first_is_free, "a free segment");
	ck_assert_int_eq(__builtin_popcountll(atomic_load(&disk.synced_fds)), 2);
}
END_TEST

static bool
may_send(void)
{
	return store_may_send(s);
}

static bool
two_refused(void)
{
	return told.refused == 2;
}

static bool
may_not_send(void)
{
	return !store_may_send(s) && s->failures > 1;
}

static bool
none_has_failed(void)
{
	for (unsigned i = 0; i < s->segments_n; i++)
		if (s->segments[i].state == SEGMENT_FAILED)
			return false;
	return true;
}

START_TEST(a_journal_that_failed_is_used_again_once_it_can_be_written)
{
	begin();
	looked_at = accepted_one();
	atomic_store(&disk.segments_fail, true);
	end(looked_at, 0, MARK_DONE);
	accepted_one();
	await(may_not_send, "a journal that fails");
	ck_assert_uint_eq(told.refused, 1);
	ck_assert_uint_eq(told.ended, 0);
	atomic_store(&disk.segments_fail, false);
	await(may_send, "a journal that can be written");
	ends_awaited = 1;
	await(are_ended, "the end");
	accepted_one();
	ck_assert_uint_eq(told.accepted, 2);
	await(none_has_failed, "all segments");
}
END_TEST

/* One that was accepted and could not be read again would be lost by the next start. */
START_TEST(what_is_too_much_to_be_read_again_is_refused)
{
	enum { MANY = 60000 };
	static char name[600];
	struct recipient *rcpts = calloc(MANY, sizeof(*rcpts));
	struct envelope e = { .id = id_new(), .rcpts_n = MANY, .rcpts = rcpts };
	struct facts f = { 0 };
	uint32_t draft;
	struct err err;

	begin();
	memset(name, 'a', sizeof(name));
	for (unsigned i = 0; i < MANY; i++)
		rcpts[i].address = span_of(name, sizeof(name));
	store_accept(s, &e, &f, SPAN_LIT(""), on_accepted, NULL);
	close(store_draft_new(s, &draft, &err));
	store_accept_draft(s, &e, &f, draft, on_accepted, NULL);
	await(two_refused, "refusals");
	ck_assert_uint_eq(told.accepted, 0);
	free(rcpts);
}
END_TEST

START_TEST(a_stop_does_not_wait_for_ever_for_a_journal_that_cannot_be_written)
{
	begin();
	looked_at = accepted_one();
	atomic_store(&disk.segments_fail, true);
	end(looked_at, 0, MARK_DONE);
	await(may_not_send, "a journal that fails");
	store_stop(s, on_stopped, NULL);
	await(is_stopped, "the stop");
	ck_assert_uint_eq(told.ended, 0);
}
END_TEST

START_TEST(that_it_can_be_written_is_found_out_though_nobody_writes)
{
	begin();
	atomic_store(&disk.segments_fail, true);
	accepted_one();
	await(may_not_send, "a journal that fails");
	atomic_store(&disk.segments_fail, false);
	await(may_send, "a journal that can be written");
}
END_TEST

static int
gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/store-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(index_folder, sizeof(index_folder), "%s/index", folder);
	ck_assert_int_eq(mkdir(index_folder, 0700), 0);
}

static void
teardown(void)
{
	nftw(folder, gone, 8, FTW_DEPTH | FTW_PHYS);
}

int
main(void)
{
	Suite *suite = suite_create("store");
	TCase *t = tcase_create("disk");
	SRunner *r = srunner_create(suite);
	int failed;

	log_set_level(LOG_LEVEL_ERROR);
	id_init(1);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_file_that_a_failed_checkpoint_does_not_count_goes_with_its_message);
	tcase_add_test(
	    t, a_segment_waits_for_the_mark_of_an_end_that_came_while_the_file_was_written);
	tcase_add_test(t, what_is_held_and_dropped_while_its_file_is_written_is_in_the_trash);
	tcase_add_test(t, what_comes_out_of_the_trash_has_all_its_recipients_again);
	tcase_add_test(t, each_thread_that_syncs_the_spool_has_a_descriptor_of_its_own);
	tcase_add_test(t, a_journal_that_failed_is_used_again_once_it_can_be_written);
	tcase_add_test(t, what_is_too_much_to_be_read_again_is_refused);
	tcase_add_test(t, a_stop_does_not_wait_for_ever_for_a_journal_that_cannot_be_written);
	tcase_add_test(t, that_it_can_be_written_is_found_out_though_nobody_writes);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
