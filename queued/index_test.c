#include "index.h"

#include <check.h>
#include <endian.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct index *x;
static char folder[64], due_names[64];

static struct id
named(char c)
{
	return (struct id){ { [15] = (uint8_t)c } };
}

static void
put(char name, uint64_t next_ms, bool held)
{
	index_put(x, &(struct store_wait){ .id = named(name),
			 .index = 3,
			 .next_ms = next_ms,
			 .attempts = 2,
			 .held = held,
			 .code = 451,
			 .status = SPAN_LIT("4.7.1"),
			 .text = SPAN_LIT("later, please") });
}

static void
written(bool stands)
{
	struct err err;

	index_take(x);
	ck_assert_int_eq(index_write(x, &err), 0);
	index_written(x, stands);
}

static bool
on_due(void *ctx, const struct store_wait *w)
{
	size_t n = strlen(due_names);

	(void)ctx;
	due_names[n] = (char)w->id.b[15];
	due_names[n + 1] = '\0';
	return true;
}

static const char *
due(uint64_t until_ms, unsigned max)
{
	due_names[0] = '\0';
	ck_assert_uint_eq(index_due(x, until_ms, max, on_due, NULL), strlen(due_names));
	return due_names;
}

static void
on_record(void *ctx, const struct store_wait *w)
{
	char *names = ctx;
	size_t n = strlen(names);

	snprintf(names + n, 200 - n, "%s%c%u%s", n > 0 ? " " : "", w->id.b[15], w->index,
	    w->held ? "(held)" : "");
}

/* All records, so many at once. */
static const char *
walked(unsigned max)
{
	static char names[200];
	struct id from = { { 0 } };
	uint32_t index = 0;

	names[0] = '\0';
	while (index_records(x, &from, &index, max, on_record, names))
		;
	return names;
}

START_TEST(a_change_is_seen_at_once_and_after_it_is_written)
{
	struct store_wait w;

	ck_assert(!index_get(x, named('a'), 3, &w));
	put('a', 500, false);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(index_get(x, named('a'), 3, &w));
		ck_assert_uint_eq(w.next_ms, 500);
		ck_assert_uint_eq(w.attempts, 2);
		ck_assert(span_is(w.status, "4.7.1") && span_is(w.text, "later, please"));
		ck_assert(!index_get(x, named('a'), 2, &w));
		written(true);
	}
	ck_assert_uint_eq(index_count(x), 1);
	index_remove(x, named('a'), 3);
	ck_assert(!index_has(x, named('a'), 3));
	ck_assert(index_has_written(x, named('a')));
	written(true);
	ck_assert(!index_has_written(x, named('a')));
}
END_TEST

START_TEST(what_is_due_is_told_once_in_order_of_time)
{
	put('c', 300, false);
	put('a', 100, false);
	put('b', 200, false);
	put('h', 50, true); /* held: then it expires */
	written(true);
	ck_assert_str_eq(due(99, 10), "h");
	ck_assert_str_eq(due(250, 1), "a");
	ck_assert_str_eq(due(250, 10), "b");
	ck_assert_str_eq(due(250, 10), "");
	ck_assert_str_eq(due(400, 10), "c");
}
END_TEST

START_TEST(put_again_is_told_again)
{
	put('a', 100, false);
	put('b', 200, false);
	written(true);
	ck_assert_str_eq(due(1000, 10), "ab");
	put('a', 150, false);
	ck_assert_str_eq(due(1000, 10), "");
	written(true);
	ck_assert_str_eq(due(1000, 10), "ab");
	index_due_again(x, named('b'), 3);
	ck_assert_str_eq(due(1000, 10), "b");
}
END_TEST

START_TEST(a_failed_write_keeps_what_was_not_changed_since)
{
	struct store_wait w;

	put('a', 100, false);
	put('b', 200, false);
	index_take(x);
	put('b', 900, false);
	ck_assert(index_get(x, named('a'), 3, &w) && w.next_ms == 100);
	index_written(x, false);
	ck_assert(index_get(x, named('a'), 3, &w) && w.next_ms == 100);
	ck_assert(index_get(x, named('b'), 3, &w) && w.next_ms == 900);
	written(true);
	ck_assert_uint_eq(index_count(x), 2);
}
END_TEST

START_TEST(all_of_a_message_goes_pending_or_written)
{
	put('a', 100, false);
	written(true);
	index_put(x, &(struct store_wait){ .id = named('a'), .index = 4 });
	put('b', 100, false);
	index_remove_all(x, named('a'));
	ck_assert(!index_has(x, named('a'), 3) && !index_has(x, named('a'), 4));
	written(true);
	ck_assert_uint_eq(index_count(x), 1);
}
END_TEST

/* Pending, written, and written again at the same time and another. */
START_TEST(the_envelope_comes_along)
{
	struct store_wait w, is = { .id = named('a'),
		.index = 3,
		.next_ms = 100,
		.text = SPAN_LIT("later"),
		.has_envelope = true,
		.tenant = SPAN_LIT("shop"),
		.from = SPAN_LIT("news@shop.test"),
		.to = SPAN_LIT("ann@example.org") };
	static char huge[2000];

	for (unsigned i = 0; i < 4; i++) {
		is.next_ms = i < 3 ? 100 : 300;
		is.held = i > 1;
		index_put(x, &is);
		if (i > 0)
			written(true);
		ck_assert(index_get(x, is.id, 3, &w) && w.has_envelope && w.held == is.held);
		ck_assert(
		    span_is(w.tenant, "shop") && w.campaign.n == 0 && span_is(w.text, "later"));
		ck_assert(span_is(w.from, "news@shop.test") && span_is(w.to, "ann@example.org"));
		ck_assert_uint_eq(w.next_ms, is.next_ms);
	}
	ck_assert_str_eq(walked(64), "a3(held)");
	memset(huge, 'x', sizeof(huge));
	is.campaign = span_of(huge, sizeof(huge));
	index_put(x, &is);
	ck_assert(index_get(x, is.id, 3, &w) && !w.has_envelope && span_is(w.text, "later"));
	index_remove_all(x, is.id);
	written(true);
	ck_assert_uint_eq(index_count(x), 0);
}
END_TEST

/* Each of many, with many others pending: no walk over those. */
START_TEST(removing_many_costs_what_they_are)
{
	enum { MANY = 100000 };
	struct id id = { { 0 } };
	clock_t begun = clock();

	for (unsigned i = 0; i < MANY; i++) {
		memcpy(id.b, &i, sizeof(i));
		index_put(x, &(struct store_wait){ .id = id, .index = i % 3 });
	}
	for (unsigned i = 0; i < MANY; i++) {
		memcpy(id.b, &i, sizeof(i));
		index_remove_all(x, id);
	}
	ck_assert_msg(clock() - begun < 10 * CLOCKS_PER_SEC, "%ld", (long)(clock() - begun));
	put('b', 100, false);
	written(true);
	ck_assert_uint_eq(index_count(x), 1);
	ck_assert_str_eq(walked(64), "b3");
}
END_TEST

START_TEST(records_come_in_order_each_once_as_they_are_now)
{
	put('a', 100, false);
	put('c', 100, false);
	index_put(x, &(struct store_wait){ .id = named('c'), .index = 9 });
	put('d', 100, true);
	put('e', 100, false);
	written(true);
	index_remove(x, named('e'), 3);
	put('a', 7, true);
	ck_assert_str_eq(walked(1), "a3(held) c3 c9 d3(held)");
	ck_assert_str_eq(walked(2), "a3(held) c3 c9 d3(held)");
	ck_assert_str_eq(walked(64), "a3(held) c3 c9 d3(held)");
}
END_TEST

START_TEST(a_damaged_index_is_set_aside)
{
	char name[128];
	struct err err;
	FILE *f;

	put('a', 100, false);
	written(true);
	index_close(x);
	snprintf(name, sizeof(name), "%s/data.mdb", folder);
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	for (unsigned i = 0; i < 8192; i++)
		fputc('x', f);
	fclose(f);
	x = index_open(folder, &err);
	ck_assert_msg(x != NULL, "%s", err.text);
	ck_assert_uint_eq(index_count(x), 0);
}
END_TEST

/* However much of it is missing, or wrong in a page, it opens, says so, and takes what comes. */
START_TEST(a_damaged_index_says_so_and_is_made_anew)
{
	char name[128];
	struct err err;

	for (unsigned i = 0; i < 3; i++) {
		struct stat st;
		char page[4096];
		int fd;

		for (char c = 'a'; c <= 'z'; c++)
			put(c, 100, false);
		written(true);
		index_close(x);
		snprintf(name, sizeof(name), "%s/data.mdb", folder);
		fd = open(name, O_RDWR);
		ck_assert_int_eq(fstat(fd, &st), 0);
		memset(page, 0xa5, sizeof(page));
		if (i == 0) /* cut */
			ck_assert_int_eq(ftruncate(fd, 2 * 4096), 0);
		else if (i == 1) /* every page but the first two is garbage */
			for (off_t at = 2 * 4096; at < st.st_size; at += 4096)
				ck_assert_int_eq(pwrite(fd, page, sizeof(page), at), 4096);
		else { /* it failed while it was used */
			snprintf(name, sizeof(name), "%s/" INDEX_SUSPECT, folder);
			close(open(name, O_WRONLY | O_CREAT, 0600));
		}
		close(fd);
		x = index_open(folder, &err);
		ck_assert_msg(x != NULL, "%s", err.text);
		ck_assert_msg(index_aside(x) != NULL, "round %u", i);
		ck_assert_uint_eq(index_count(x), 0);
		put('a', 100, false);
		written(true);
		ck_assert_str_eq(due(1000, 9), "a");
		index_close(x);
		x = index_open(folder, &err);
		ck_assert(x != NULL && index_aside(x) == NULL);
		ck_assert_uint_eq(index_count(x), 1);
	}
}
END_TEST

/* Another recipient stands behind each time: in all copies of the page, used or not. */
static void
times_changed(uint64_t next_ms)
{
	char name[128], *p;
	uint64_t wanted = htobe64(next_ms);
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s/data.mdb", folder);
	fd = open(name, O_RDWR);
	ck_assert(fd != -1 && fstat(fd, &st) == 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert(p != MAP_FAILED);
	for (off_t i = 0; i + 28 <= st.st_size; i++)
		if (memcmp(p + i, &wanted, sizeof(wanted)) == 0)
			p[i + 8] ^= 1;
	munmap(p, (size_t)st.st_size);
	close(fd);
}

/* No check of the pages sees it; put again it is told. */
START_TEST(a_record_without_its_time_is_known)
{
	const uint64_t odd = 0x1234567890;
	struct err err;

	put('a', 100, false);
	put('b', odd, false);
	ck_assert(index_lines_up(x, named('b'), 3)); /* pending */
	written(true);
	ck_assert(index_lines_up(x, named('b'), 3));
	index_close(x);
	times_changed(odd);
	x = index_open(folder, &err);
	ck_assert(x != NULL && index_aside(x) == NULL && index_has(x, named('b'), 3));
	ck_assert_str_eq(due(odd, 9), "a");
	ck_assert(index_lines_up(x, named('a'), 3) && !index_lines_up(x, named('b'), 3));
	put('b', 200, false);
	written(true);
	ck_assert(index_lines_up(x, named('b'), 3));
	ck_assert_str_eq(due(odd, 9), "b");
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

	snprintf(folder, sizeof(folder), "/tmp/index-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	x = index_open(folder, &err);
	ck_assert_msg(x != NULL, "%s", err.text);
}

static void
teardown(void)
{
	index_close(x);
	nftw(folder, gone, 8, FTW_DEPTH | FTW_PHYS);
}

START_TEST(paused_and_held_are_due)
{
	struct store_wait w = { .id = named('p'), .next_ms = 500, .paused = true };

	index_put(x, &w);
	put('h', 500, true);
	written(true);
	ck_assert(index_get(x, named('p'), 0, &w) && w.paused && !w.held);
	ck_assert(index_get(x, named('h'), 3, &w) && w.held && !w.paused);
	ck_assert_str_eq(due(600, 9), "hp");
}
END_TEST

START_TEST(what_the_sender_knows_is_kept)
{
	struct store_wait in = { .id = named('a'), .index = 3, .attempts = 1, .delay_told = true },
			  w;

	for (unsigned i = 0; i < 2; i++) {
		index_put(x, &in);
		written(true);
		ck_assert(index_get(x, in.id, 3, &w));
		ck_assert(!w.held && w.delay_told && w.given_up == in.given_up);
		in.given_up = true;
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("index");
	TCase *t = tcase_create("records");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120); /* of a busy machine */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_change_is_seen_at_once_and_after_it_is_written);
	tcase_add_test(t, what_is_due_is_told_once_in_order_of_time);
	tcase_add_test(t, put_again_is_told_again);
	tcase_add_test(t, a_failed_write_keeps_what_was_not_changed_since);
	tcase_add_test(t, all_of_a_message_goes_pending_or_written);
	tcase_add_test(t, the_envelope_comes_along);
	tcase_add_test(t, removing_many_costs_what_they_are);
	tcase_add_test(t, records_come_in_order_each_once_as_they_are_now);
	tcase_add_test(t, a_damaged_index_is_set_aside);
	tcase_add_test(t, a_damaged_index_says_so_and_is_made_anew);
	tcase_add_test(t, a_record_without_its_time_is_known);
	tcase_add_test(t, paused_and_held_are_due);
	tcase_add_test(t, what_the_sender_knows_is_kept);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
