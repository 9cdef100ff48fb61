#include "flush.h"

#include <check.h>

START_TEST(a_quick_disk_gets_each_group_at_once)
{
	struct flush f = { 0 };

	for (unsigned i = 0; i < 20; i++)
		flush_took(&f, 1400, 8, 0);
	ck_assert_uint_eq(flush_wait_ms(&f, 1100, 1), 0);
}
END_TEST

/* The end of what was accepted in the last group comes soon after it. */
START_TEST(a_few_wait_a_little_for_ends)
{
	struct flush f = { 0 };

	flush_took(&f, 5000, 2, 1);
	ck_assert_uint_eq(flush_wait_ms(&f, 1000, 1), 2);
	ck_assert_uint_eq(flush_wait_ms(&f, 1001, 3), 0);
	ck_assert_uint_eq(flush_wait_ms(&f, 1002, 2), 0);
	flush_took(&f, 5000, 40, 20);
	ck_assert_uint_eq(flush_wait_ms(&f, 1010, 20), 0); /* many do not */
}
END_TEST

START_TEST(on_a_slow_disk_a_group_waits_for_those_of_the_last_one)
{
	struct flush f = { 0 };

	flush_took(&f, 40000, 15, 5);
	ck_assert_uint_eq(flush_wait_ms(&f, 1000, 5), 10);
	ck_assert_uint_eq(flush_wait_ms(&f, 1004, 12), 6);
	ck_assert_uint_eq(flush_wait_ms(&f, 1004, 20), 0); /* all have come again */
	ck_assert_uint_eq(flush_wait_ms(&f, 1010, 12), 0); /* time is up */
}
END_TEST

START_TEST(never_for_long)
{
	struct flush f = { 0 };

	flush_took(&f, 2000000, 15, 5);
	ck_assert_uint_eq(flush_wait_ms(&f, 1000, 5), 25);
	flush_end_came(&f, 1003); /* an end waits for less */
	ck_assert_uint_eq(flush_wait_ms(&f, 1003, 6), 5);
	ck_assert_uint_eq(flush_wait_ms(&f, 1008, 6), 0);
}
END_TEST

START_TEST(an_end_that_waits_for_the_disk_is_late)
{
	struct flush f = { 0 };

	ck_assert(!flush_is_late(&f, 1000));
	flush_end_came(&f, 1000);
	ck_assert(!flush_is_late(&f, 1005));
	flush_began(&f);
	flush_end_came(&f, 1006);
	ck_assert(flush_is_late(&f, 1006)); /* the one in the group */
	flush_took(&f, 1000, 1, 1);
	ck_assert(!flush_is_late(&f, 1015));
	ck_assert(flush_is_late(&f, 1016));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("flush");
	TCase *t = tcase_create("groups");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, a_quick_disk_gets_each_group_at_once);
	tcase_add_test(t, a_few_wait_a_little_for_ends);
	tcase_add_test(t, on_a_slow_disk_a_group_waits_for_those_of_the_last_one);
	tcase_add_test(t, never_for_long);
	tcase_add_test(t, an_end_that_waits_for_the_disk_is_late);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
