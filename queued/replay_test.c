#include "crc32c.h"
#include "log.h"
#include "message_file.h"
#include "store_inside.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store s;
static char folder[64];
static struct {
	unsigned found, held, events;
	char last_marks[8];
} told;

static void
on_found(void *ctx, const struct store_found *f)
{
	(void)ctx;
	told.found++;
	told.held += f->held;
	ck_assert(span_is(f->bytes, "Subject: x\r\n\r\nhello\r\n"));
	for (uint32_t i = 0; i < f->envelope->rcpts_n; i++)
		told.last_marks[i] = f->envelope->rcpts[i].mark;
}

static void
on_event(void *ctx, struct span line)
{
	(void)ctx;
	(void)line;
	told.events++;
}

static void
on_corrupt(void *ctx, const char *name, const char *why)
{
	(void)ctx;
	ck_abort_msg("%s %s", name, why);
}

static const struct store_hooks hooks = { on_found, on_event, on_corrupt };

/* ---- a journal by hand ---- */

static struct buf segment;
static uint64_t sequence;

static struct id
named(char c)
{
	return (struct id){ { [0] = 1, [15] = (uint8_t)c } };
}

static void
open_generation(uint64_t oldest, uint64_t previous_end)
{
	buf_reset(&segment);
	sequence = 0;
	journal_put(
	    &segment, &(struct journal_record){
			  .type = JOURNAL_OPEN, .oldest = oldest, .previous_end = previous_end });
}

static void
message(char name)
{
	struct span bytes = SPAN_LIT("Subject: x\r\n\r\nhello\r\n");
	struct recipient rcpts[2] = { { .address = SPAN_LIT("a@a.example") },
		{ .address = SPAN_LIT("b@b.example") } };
	struct envelope e = { .id = named(name), .rcpts_n = 2, .rcpts = rcpts };
	struct facts f = { .size_bytes = bytes.n, .crc32c = crc32c(0, bytes) };
	size_t begin = journal_begin(&segment);

	message_file_head(&segment, &e, &f);
	journal_end(&segment, begin,
	    &(struct journal_record){
		.type = JOURNAL_MESSAGE, .id = e.id, .bytes = bytes, .bytes_crc = f.crc32c });
}

static void
end(char name, uint32_t index)
{
	journal_put(&segment, &(struct journal_record){ .type = JOURNAL_END,
				  .id = named(name),
				  .index = index,
				  .mark = MARK_DONE,
				  .head = SPAN_LIT("{}\n") });
}

static void
move(char name, enum spool_place place)
{
	journal_put(
	    &segment, &(struct journal_record){
			  .type = JOURNAL_MOVE, .id = named(name), .mark = spool_letter(place) });
}

static void
write_segment(unsigned i, uint64_t generation)
{
	journal_seal(segment.p, segment.n, generation, &sequence);
	ck_assert_int_eq(pwrite(s.segments[i].fd, segment.p, segment.n, 0), (ssize_t)segment.n);
}

/* ---- one start ---- */

static void
begin(void)
{
	struct err err;

	memset(&told, 0, sizeof(told));
	s = (struct store){ .hooks = &hooks, .spool = open(folder, O_RDONLY | O_DIRECTORY) };
	for (s.segments_n = 0; s.segments_n < 3; s.segments_n++) {
		struct segment *seg = &s.segments[s.segments_n];

		*seg = (struct segment){ .fd = memfd_create("segment", 0), .bytes = 8192 };
		ck_assert_int_eq(ftruncate(seg->fd, 8192), 0);
		TAILQ_INIT(&seg->living);
	}
	s.active = s.segments_n;
	s.index = index_open(folder, &err);
	ck_assert_ptr_nonnull(s.index);
}

static void
finish(void)
{
	struct table_node *n;

	while ((n = table_each(&s.entries, NULL)) != NULL)
		entry_free(&s, TABLE_OF(n, struct entry, by_id));
	table_free(&s.entries);
	for (unsigned i = 0; i < s.segments_n; i++)
		close(s.segments[i].fd);
	index_close(s.index);
	close(s.spool);
}

static void
start(void)
{
	struct err err = { "" };

	ck_assert_msg(replay(&s, &err) == 0, "%s", err.text);
}

/* ---- rules ---- */

START_TEST(what_was_accepted_lives_and_what_ended_does_not)
{
	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	message('b');
	end('a', 0);
	end('b', 0);
	end('b', 1);
	write_segment(1, 1);
	start();
	ck_assert_uint_eq(told.found, 1);
	ck_assert_str_eq(told.last_marks, "do");
	ck_assert_uint_eq(told.events, 3);
	ck_assert_int_eq(s.segments[1].state, SEGMENT_FULL);
	finish();
}
END_TEST

START_TEST(damage_at_any_byte_of_the_last_record_costs_that_record_alone)
{
	size_t before, whole;

	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	before = segment.n;
	message('b');
	whole = segment.n - 8; /* the last ones may be padding */
	write_segment(0, 1);
	finish();
	for (size_t i = before; i < whole; i++) {
		begin();
		segment.p[i] ^= 0x20;
		ck_assert_int_eq(
		    pwrite(s.segments[0].fd, segment.p, segment.n, 0), (ssize_t)segment.n);
		start();
		ck_assert_msg(told.found == 1, "byte %zu: %u found", i - before, told.found);
		segment.p[i] ^= 0x20;
		finish();
	}
}
END_TEST

START_TEST(generations_are_read_in_their_order)
{
	begin();
	open_generation(4, UINT64_MAX);
	end('a', 0);
	end('a', 1);
	write_segment(0, 5);
	open_generation(4, UINT64_MAX);
	message('a');
	write_segment(2, 4);
	start();
	ck_assert_uint_eq(told.found, 0);
	ck_assert_uint_eq(s.generation, 5);
	finish();
}
END_TEST

START_TEST(what_is_older_than_the_oldest_does_not_come_back)
{
	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	write_segment(0, 1);
	open_generation(2, UINT64_MAX);
	message('b');
	write_segment(1, 2);
	start();
	ck_assert_uint_eq(told.found, 1);
	ck_assert_int_eq(s.segments[0].state, SEGMENT_FREE);
	finish();
}
END_TEST

START_TEST(records_behind_the_end_of_a_failed_generation_do_not_count)
{
	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	message('b'); /* was refused */
	write_segment(0, 1);
	open_generation(1, 2);
	message('c');
	write_segment(1, 2);
	start();
	ck_assert_uint_eq(told.found, 2);
	ck_assert_ptr_null(entry_find(&s, named('b')));
	finish();
}
END_TEST

START_TEST(what_was_moved_stays_moved)
{
	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	message('b');
	message('c');
	move('a', SPOOL_TRASH);
	move('b', SPOOL_HOLD);
	move('c', SPOOL_TRASH);
	move('c', SPOOL_CUR);
	write_segment(0, 1);
	start();
	ck_assert_uint_eq(told.found, 2);
	ck_assert_uint_eq(told.held, 1);
	ck_assert(entry_find(&s, named('a'))->gone_aside);
	finish();
}
END_TEST

/* The message of the segment's second record, as a file. */
static void
file_with(struct span contents)
{
	struct err err;
	int fd = spool_new(s.spool, named('a'), &err);

	ck_assert_int_eq(spool_append(fd, contents, &err), 0);
	ck_assert_int_eq(spool_publish(s.spool, named('a'), SPOOL_CUR, &err), 0);
	close(fd);
}

START_TEST(a_file_is_believed_only_whole)
{
	static const struct {
		const char *name;
		size_t less;
		enum entry_state state;
	} cases[] = {
		{ "whole", 0, ENTRY_FILED },
		{ "cut short", 1, ENTRY_JOURNAL },
		{ "empty", SIZE_MAX, ENTRY_JOURNAL },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct journal_reader r;
		struct journal_record rec;
		size_t n;

		begin();
		open_generation(1, UINT64_MAX);
		message('a');
		write_segment(0, 1);
		journal_reader_init(&r, buf_all(&segment));
		ck_assert(journal_next(&r, &rec) && journal_next(&r, &rec));
		n = rec.head.n + rec.bytes.n;
		file_with(span_of(rec.head.p, cases[i].less > n ? 0 : n - cases[i].less));
		start();
		ck_assert_uint_eq(told.found, 1);
		ck_assert_msg(
		    entry_find(&s, named('a'))->state == cases[i].state, "%s", cases[i].name);
		finish();
	}
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
	struct err err;
	int fd;

	snprintf(folder, sizeof(folder), "/tmp/replay-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(spool_open(fd, &err), 0);
	close(fd);
	buf_init(&segment, 8192);
}

static void
teardown(void)
{
	nftw(folder, gone, 8, FTW_DEPTH | FTW_PHYS);
	buf_free(&segment);
}

int
main(void)
{
	Suite *suite = suite_create("replay");
	TCase *t = tcase_create("starts");
	SRunner *r = srunner_create(suite);
	int failed;

	log_set_level(LOG_LEVEL_ERROR);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_accepted_lives_and_what_ended_does_not);
	tcase_add_test(t, damage_at_any_byte_of_the_last_record_costs_that_record_alone);
	tcase_add_test(t, generations_are_read_in_their_order);
	tcase_add_test(t, what_is_older_than_the_oldest_does_not_come_back);
	tcase_add_test(t, records_behind_the_end_of_a_failed_generation_do_not_count);
	tcase_add_test(t, what_was_moved_stays_moved);
	tcase_add_test(t, a_file_is_believed_only_whole);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
