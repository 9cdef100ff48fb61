#include "buf.h"

#include <check.h>

START_TEST(appends_in_order)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_str(&b, "one ");
	buf_byte(&b, '2');
	buf_printf(&b, " %s", "three");
	buf_add(&b, NULL, 0);
	ck_assert(span_is(buf_all(&b), "one 2 three"));
	buf_drop(&b, 4);
	ck_assert(span_is(buf_all(&b), "2 three"));
	buf_free(&b);
	ck_assert_uint_eq(b.n, 0);
	buf_str(&b, "again");
	ck_assert(span_is(buf_all(&b), "again"));
	buf_free(&b);
}
END_TEST

START_TEST(numbers_and_formats)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_num(&b, 0);
	buf_byte(&b, ' ');
	buf_num(&b, UINT64_MAX);
	ck_assert(span_is(buf_all(&b), "0 18446744073709551615"));
	buf_reset(&b);
	for (unsigned i = 0; i < 9; i++)
		buf_printf(
		    &b, "%099d;", (int)i); /* formatted into what is there, and where that grows */
	ck_assert_uint_eq(b.n, 900);
	for (unsigned i = 0; i < 9; i++)
		ck_assert(b.p[i * 100 + 98] == (char)('0' + i) && b.p[i * 100 + 99] == ';');
	buf_printf(&b, "%0200d", 1);
	ck_assert(buf_over(&b));
	ck_assert_uint_eq(b.n, 900);
	buf_free(&b);
}
END_TEST

START_TEST(an_append_fits_or_is_dropped_whole)
{
	struct buf b;

	buf_init(&b, 300);
	for (unsigned i = 0; i < 29; i++)
		buf_str(&b, "0123456789");
	ck_assert_ptr_nonnull(buf_room(&b, 10));
	ck_assert_ptr_null(buf_room(&b, 11));
	ck_assert(!buf_over(&b));
	buf_str(&b, "01234567890");
	ck_assert(buf_over(&b));
	ck_assert_uint_eq(b.n, 290);
	buf_str(&b, "0123456789");
	ck_assert_uint_eq(b.n, 300);
	buf_reset(&b);
	ck_assert(!buf_over(&b));
	buf_free(&b);
	buf_init(&b, 0);
	ck_assert_ptr_null(buf_room(&b, 1));
	buf_byte(&b, 'x');
	ck_assert(buf_over(&b));
}
END_TEST

#ifdef BUF_MOVES
START_TEST(every_append_moves)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_str(&b, "one");
	for (unsigned i = 0; i < 10; i++) {
		const char *was = b.p;

		buf_byte(&b, 'x');
		ck_assert_ptr_ne(b.p, was);
	}
	ck_assert(span_is(buf_all(&b), "onexxxxxxxxxx"));
	buf_free(&b);
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("buf");
	TCase *t = tcase_create("buf");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, appends_in_order);
	tcase_add_test(t, numbers_and_formats);
	tcase_add_test(t, an_append_fits_or_is_dropped_whole);
#ifdef BUF_MOVES
	tcase_add_test(t, every_append_moves);
#endif
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
