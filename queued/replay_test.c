#include "crc32c.h"
#include "log.h"
#include "message_file.h"
#include "store_inside.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct store s;
static char folder[64];
static struct {
	unsigned found, held, events, damaged, ended, lost, unnamed; /* ended, lost: recipients */
	bool damage_is_expected;
	char last_marks[8];
} told;

static unsigned
open_in(const struct envelope *e)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < e->rcpts_n; i++)
		n += e->rcpts[i].mark == MARK_OPEN;
	return n;
}

static void
on_found(void *ctx, const struct store_found *f)
{
	(void)ctx;
	if (f->damaged) {
		told.ended += open_in(f->envelope);
		return;
	}
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
	ck_assert_msg(told.damage_is_expected, "%s %s", name, why);
	told.damaged++;
}

static void
on_lost(void *ctx, const struct envelope *e, const char *why)
{
	(void)ctx;
	(void)why;
	told.lost += open_in(e);
	told.unnamed += e->rcpts_n == 0;
	if (e->rcpts_n == 2)
		ck_assert_int_eq(e->rcpts[0].mark, MARK_OPEN);
}

static const struct store_hooks hooks = {
	.found = on_found, .event = on_event, .lost = on_lost, .corrupt = on_corrupt
};

static bool heads_fail; /* to be read */

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	if (!heads_fail || n != MESSAGE_FILE_FIRST)
		return syscall(SYS_pread64, fd, p, n, at);
	errno = EIO;
	return -1;
}

/* Hundreds of starts, and no power cut among them. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

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
	journal_put(&segment, &(struct journal_record){ .type = JOURNAL_OPEN,
				  .oldest = oldest,
				  .previous_end = previous_end,
				  .segment_bytes = 8192,
				  .segments = 3 });
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
end_with(char name, uint32_t index, char mark)
{
	journal_put(&segment, &(struct journal_record){ .type = JOURNAL_END,
				  .id = named(name),
				  .index = index,
				  .mark = mark,
				  .head = SPAN_LIT("{}\n") });
}

static void
end(char name, uint32_t index)
{
	end_with(name, index, MARK_DONE);
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
	journal_seal(segment.p, segment.n, generation, (uint32_t)generation * 77, &sequence);
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

		*seg = (struct segment){
			.fd = memfd_create("segment", 0), .bytes = 8192, .had = 8192
		};
		ck_assert_int_eq(ftruncate(seg->fd, 8192), 0);
		TAILQ_INIT(&seg->living);
	}
	s.active = s.segments_n;
	s.telling = SEGMENT_NONE;
	TAILQ_INIT(&s.unreadable);
	STAILQ_INIT(&s.undone);
	STAILQ_INIT(&s.corrected);
	STAILQ_INIT(&s.covering);
	s.index = index_open(folder, &err);
	ck_assert_ptr_nonnull(s.index);
}

/* No thread runs here, so what a start queues for the one that names files stays queued. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:name_new";
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
	replay(&s);
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

static unsigned
kept_aside(void)
{
	char path[128];
	unsigned n = 0;
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/corrupt", folder);
	dir = opendir(path);
	while (dir != NULL && (d = readdir(dir)) != NULL)
		n += strncmp(d->d_name, "journal-", 8) == 0;
	closedir(dir);
	return n;
}

/* The segment that was made, with each byte of that part damaged once: all but one message are found, and it is told. */
static void
damage_each(size_t from, size_t to, size_t step, unsigned found)
{
	for (size_t i = from; i < to; i += step) {
		begin();
		told.damage_is_expected = true;
		segment.p[i] ^= 0x20;
		ck_assert_int_eq(
		    pwrite(s.segments[0].fd, segment.p, segment.n, 0), (ssize_t)segment.n);
		start();
		ck_assert_msg(told.found == found && told.damaged == 1 &&
				  s.numbers.damaged_records == 1 && s.numbers.damaged_bytes > 0,
		    "byte %zu: %u found, %u told", i - from, told.found, told.damaged);
		segment.p[i] ^= 0x20;
		finish();
	}
	ck_assert_uint_gt(kept_aside(), 0);
}

START_TEST(damage_at_any_byte_of_a_record_costs_that_record_alone)
{
	size_t at[5];

	begin();
	open_generation(1, UINT64_MAX);
	for (unsigned i = 0; i < 4; i++) {
		at[i] = segment.n;
		message((char)('a' + i));
	}
	at[4] = segment.n;
	write_segment(0, 1);
	finish();
	for (unsigned i = 0; i < 4; i++)                     /* the last ones may be padding */
		damage_each(at[i] + i, at[i + 1] - 8, 4, 3); /* each byte in one of the four */
}
END_TEST

/* One of the two has ended. Where what says the kind of record, its id or its length is damaged, it may be that nothing of it
 * can be told. */
START_TEST(whose_record_is_damaged_is_ended)
{
	size_t from, to;
	unsigned n;

	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	from = segment.n;
	message('b');
	to = segment.n;
	message('c');
	end('b', 1);
	write_segment(0, 1);
	finish();
	for (size_t i = from; i < to - 8; i += 3) {
		begin();
		told.damage_is_expected = true;
		segment.p[i] ^= 0x20;
		ck_assert_int_eq(
		    pwrite(s.segments[0].fd, segment.p, segment.n, 0), (ssize_t)segment.n);
		start();
		n = told.ended + told.lost + told.unnamed;
		ck_assert_msg(n == 1 || i - from < JOURNAL_HEADER,
		    "byte %zu: %u ended, %u lost, %u unnamed", i - from, told.ended, told.lost,
		    told.unnamed);
		if (i >= to - 21) /* in its bytes */
			ck_assert_uint_eq(told.ended, 1);
		segment.p[i] ^= 0x20;
		finish();
	}
}
END_TEST

START_TEST(damage_of_the_opening_costs_no_message)
{
	size_t whole;

	begin();
	open_generation(1, UINT64_MAX);
	whole = segment.n;
	message('a');
	message('b');
	write_segment(0, 1);
	finish();
	damage_each(0, whole, 1, 2);
}
END_TEST

START_TEST(a_segment_that_ends_early_is_told)
{
	begin();
	told.damage_is_expected = true;
	open_generation(1, UINT64_MAX);
	message('a');
	write_segment(0, 1);
	open_generation(1, 3);
	message('b');
	write_segment(1, 2);
	start();
	ck_assert_uint_eq(told.found, 2);
	ck_assert_uint_eq(told.damaged, 1);
	ck_assert_uint_eq(s.numbers.damaged_records, 1);
	finish();
}
END_TEST

START_TEST(a_generation_that_is_missing_is_told)
{
	begin();
	told.damage_is_expected = true;
	open_generation(1, UINT64_MAX);
	message('a');
	write_segment(0, 1);
	open_generation(1, 5);
	message('b');
	write_segment(1, 3);
	start();
	ck_assert_uint_eq(told.found, 2);
	ck_assert_uint_eq(told.damaged, 1);
	ck_assert_uint_eq(s.numbers.damaged_records, 5);
	finish();
}
END_TEST

START_TEST(a_segment_that_was_lost_or_cut_short_is_told)
{
	static const size_t had[] = { 0, 4096 };

	for (unsigned i = 0; i < 2; i++) {
		begin();
		told.damage_is_expected = true;
		open_generation(1, UINT64_MAX);
		message('a');
		write_segment(0, 1);
		for (unsigned k = 0; k < s.segments_n; k++)
			s.segments[k].had = k == 1 ? had[i] : s.segments[k].bytes;
		start();
		ck_assert_uint_eq(told.damaged, 1);
		ck_assert_uint_eq(told.found, 1);
		finish();
	}
}
END_TEST

/* As 6610cf8 and those before it wrote it: an opening of two numbers, no salt. */
START_TEST(a_journal_of_an_earlier_version_is_read)
{
	uint64_t opening[2] = { 1, UINT64_MAX };
	size_t begun;

	begin();
	buf_reset(&segment);
	sequence = 0;
	begun = journal_begin(&segment);
	buf_add(&segment, opening, sizeof(opening));
	journal_end(&segment, begun, &(struct journal_record){ .type = JOURNAL_OPEN });
	message('a');
	journal_seal(segment.p, segment.n, 1, 0, &sequence);
	ck_assert_int_eq(pwrite(s.segments[0].fd, segment.p, segment.n, 0), (ssize_t)segment.n);
	start();
	ck_assert_uint_eq(told.found, 1);
	finish();
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

/* The message of the segment's second record, as a file in that place, shorter by so many bytes. */
static void
file_in(enum spool_place place, size_t less)
{
	struct journal_reader r;
	struct journal_record rec;
	struct err err;
	int fd = spool_new(s.spool, named('a'), &err);
	size_t n;

	journal_reader_init(&r, buf_all(&segment));
	ck_assert(journal_next(&r, &rec) && journal_next(&r, &rec));
	n = rec.head.n + rec.bytes.n;
	ck_assert_int_eq(spool_append(fd, span_of(rec.head.p, less > n ? 0 : n - less), &err), 0);
	ck_assert_int_eq(spool_publish(s.spool, named('a'), place, &err), 0);
	close(fd);
}

static struct entry *
the_entry(void)
{
	return entry_find(&s, named('a'));
}

START_TEST(what_has_a_file_is_not_ended_for_a_damaged_record)
{
	size_t last;

	begin();
	told.damage_is_expected = true;
	open_generation(1, UINT64_MAX);
	message('a');
	last = segment.n - 12;
	message('b');
	write_segment(0, 1);
	file_in(SPOOL_CUR, 0);
	segment.p[last] ^= 1;
	ck_assert_int_eq(pwrite(s.segments[0].fd, segment.p, segment.n, 0), (ssize_t)segment.n);
	start();
	ck_assert_uint_eq(told.damaged, 1);
	ck_assert_uint_eq(told.found, 1);
	ck_assert_uint_eq(told.ended + told.lost, 0);
	finish();
}
END_TEST

START_TEST(what_the_start_cannot_read_is_read_from_its_file)
{
	struct entry *e;

	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	write_segment(0, 1);
	heads_fail = true;
	start();
	heads_fail = false;
	e = the_entry();
	ck_assert_uint_eq(told.found, 0);
	ck_assert_uint_eq(s.numbers.unreadable, 1);
	e->state = ENTRY_FILE; /* as a checkpoint does */
	s.numbers.files++;
	entry_leaves(&s, e);
	entry_let_go(&s, e);
	ck_assert_ptr_null(the_entry());
	finish();
}
END_TEST

START_TEST(of_two_files_the_whole_one_is_believed)
{
	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	write_segment(0, 1);
	file_in(SPOOL_CUR, SIZE_MAX);
	file_in(SPOOL_HOLD, 0);
	start();
	ck_assert_uint_eq(told.held, 1);
	ck_assert_int_eq(the_entry()->state, ENTRY_FILED);
	ck_assert(!spool_has(s.spool, named('a'), SPOOL_CUR));
	finish();
}
END_TEST

START_TEST(what_was_put_aside_is_kept_though_all_have_ended)
{
	static const enum spool_place places[] = { SPOOL_TRASH, SPOOL_CORRUPT };

	for (unsigned i = 0; i < 2; i++) {
		begin();
		open_generation(1, UINT64_MAX);
		message('a');
		move('a', places[i]);
		end('a', 0);
		end('a', 1);
		write_segment(0, 1);
		file_in(SPOOL_CUR, 0); /* the rename did not come */
		start();
		ck_assert_uint_eq(told.found, 0);
		ck_assert(spool_has(s.spool, named('a'), places[i]));
		finish();
	}
}
END_TEST

START_TEST(so_it_is_where_the_journal_does_not_hold_the_message)
{
	static const enum spool_place places[] = { SPOOL_TRASH, SPOOL_CORRUPT };

	for (unsigned i = 0; i < 2; i++) {
		begin();
		open_generation(1, UINT64_MAX);
		message('a');
		write_segment(0, 1);
		file_in(SPOOL_CUR, 0);
		open_generation(1, UINT64_MAX);
		move('a', places[i]);
		end('a', 0);
		end('a', 1);
		write_segment(0, 1);
		start();
		ck_assert(spool_has(s.spool, named('a'), places[i]));
		ck_assert(!spool_has(s.spool, named('a'), SPOOL_CUR));
		finish();
	}
}
END_TEST

START_TEST(what_comes_out_of_the_trash_comes_whole_or_not_at_all)
{
	static const struct {
		const char *name;
		bool moved;
		enum spool_place place;
	} cases[] = { { "ends taken back, and the move", true, SPOOL_CUR },
		{ "the move did not reach the disk", false, SPOOL_TRASH } };

	for (unsigned i = 0; i < 2; i++) {
		begin();
		open_generation(1, UINT64_MAX);
		message('a');
		write_segment(0, 1);
		file_in(SPOOL_TRASH, 0);
		open_generation(1, UINT64_MAX);
		end('a', 0);
		end('a', 1);
		end_with('a', 0, MARK_OPEN);
		end_with('a', 1, MARK_OPEN);
		if (cases[i].moved)
			move('a', SPOOL_CUR);
		write_segment(0, 1);
		start();
		ck_assert_msg(spool_has(s.spool, named('a'), cases[i].place), "%s", cases[i].name);
		finish();
	}
}
END_TEST

START_TEST(a_file_in_the_trash_is_believed_only_whole)
{
	begin();
	open_generation(1, UINT64_MAX);
	message('a');
	move('a', SPOOL_TRASH);
	write_segment(0, 1);
	file_in(SPOOL_TRASH, SIZE_MAX);
	start();
	ck_assert_int_eq(the_entry()->state, ENTRY_JOURNAL); /* so it is written again */
	ck_assert_int_eq(the_entry()->place, SPOOL_TRASH);
	finish();
}
END_TEST

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
		begin();
		open_generation(1, UINT64_MAX);
		message('a');
		write_segment(0, 1);
		file_in(SPOOL_CUR, cases[i].less);
		start();
		ck_assert_uint_eq(told.found, 1);
		ck_assert_msg(the_entry()->state == cases[i].state, "%s", cases[i].name);
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
	tcase_set_timeout(t, 120); /* of a busy machine */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_accepted_lives_and_what_ended_does_not);
	tcase_add_test(t, damage_at_any_byte_of_a_record_costs_that_record_alone);
	tcase_add_test(t, whose_record_is_damaged_is_ended);
	tcase_add_test(t, what_has_a_file_is_not_ended_for_a_damaged_record);
	tcase_add_test(t, damage_of_the_opening_costs_no_message);
	tcase_add_test(t, a_segment_that_ends_early_is_told);
	tcase_add_test(t, a_generation_that_is_missing_is_told);
	tcase_add_test(t, a_segment_that_was_lost_or_cut_short_is_told);
	tcase_add_test(t, a_journal_of_an_earlier_version_is_read);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, generations_are_read_in_their_order);
	tcase_add_test(t, what_is_older_than_the_oldest_does_not_come_back);
	tcase_add_test(t, records_behind_the_end_of_a_failed_generation_do_not_count);
	tcase_add_test(t, what_was_moved_stays_moved);
	tcase_add_test(t, a_file_is_believed_only_whole);
	tcase_add_test(t, what_the_start_cannot_read_is_read_from_its_file);
	tcase_add_test(t, of_two_files_the_whole_one_is_believed);
	tcase_add_test(t, what_was_put_aside_is_kept_though_all_have_ended);
	tcase_add_test(t, so_it_is_where_the_journal_does_not_hold_the_message);
	tcase_add_test(t, what_comes_out_of_the_trash_comes_whole_or_not_at_all);
	tcase_add_test(t, a_file_in_the_trash_is_believed_only_whole);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
