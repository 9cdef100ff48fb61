#include "bucket.h"

#include <check.h>

START_TEST(a_rate_is_kept)
{
	struct bucket b = { 0 };
	unsigned n = 0;

	for (uint64_t now = 1000; now < 61000; now += 10)
		if (bucket_wait_ms(&b, 60, 60, now) == 0) {
			bucket_take(&b);
			n++;
		}
	ck_assert_uint_ge(n, 59);
	ck_assert_uint_le(n, 61);
}
END_TEST

/* A day without a rate, then one is in force: the first goes at once. */
START_TEST(what_went_freely_is_not_owed)
{
	struct bucket b = { 0 };

	for (unsigned i = 0; i < 100000; i++)
		bucket_take(&b);
	ck_assert_uint_eq(bucket_wait_ms(&b, 60, 60, 86400000), 0);
	bucket_take(&b);
	bucket_rest(&b);
	for (unsigned i = 0; i < 100000; i++)
		bucket_take(&b);
	ck_assert_uint_eq(bucket_wait_ms(&b, 60, 60, 86400001), 0);
}
END_TEST

START_TEST(what_never_left_is_given_back)
{
	struct bucket b = { 0 };

	ck_assert_uint_eq(bucket_wait_ms(&b, 1, 60, 1000), 0);
	bucket_take(&b);
	ck_assert_uint_gt(bucket_wait_ms(&b, 1, 60, 1000), 0);
	bucket_give_back(&b);
	ck_assert_uint_eq(bucket_wait_ms(&b, 1, 60, 1000), 0);
	bucket_rest(&b);
	bucket_give_back(&b);
	bucket_take(&b);
	ck_assert_uint_eq(bucket_wait_ms(&b, 1, 60, 2000), 0);
}
END_TEST

START_TEST(a_minute_is_whole)
{
	struct minute m = { 0 };

	ck_assert_uint_eq(minute_rate(&m, 500), 0);
	for (unsigned i = 0; i < 600; i++)
		minute_count(&m, 1000 + i * 100);
	ck_assert_uint_eq(minute_rate(&m, 60999), 600);
	for (unsigned i = 0; i < 3; i++) /* three in the next one say nothing yet */
		minute_count(&m, 61000 + i);
	ck_assert_uint_eq(minute_rate(&m, 62000), 600);
	ck_assert_uint_eq(minute_rate(&m, 122000), 3);
	ck_assert_uint_eq(minute_rate(&m, 300000), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bucket");
	TCase *t = tcase_create("bucket");
	SRunner *r;
	int bad;

	tcase_add_test(t, a_rate_is_kept);
	tcase_add_test(t, what_went_freely_is_not_owed);
	tcase_add_test(t, what_never_left_is_given_back);
	tcase_add_test(t, a_minute_is_whole);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
