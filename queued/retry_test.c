#include "retry.h"

#include <check.h>

static const struct retry_rule rule = { 120, 21600, 259200 };

START_TEST(waits_double_up_to_the_most)
{
	static const struct {
		unsigned attempts;
		uint32_t middle_s;
	} cases[] = { { 1, 120 }, { 2, 240 }, { 3, 480 }, { 7, 7680 }, { 9, 21600 },
		{ 400, 21600 } };
	uint32_t m = cases[_i].middle_s;

	for (uint32_t x = 0; x < 20000; x += 7) {
		uint32_t w = retry_wait_s(&rule, cases[_i].attempts, x, 0);

		ck_assert_uint_ge(w, m - m / 6);
		ck_assert_uint_le(w, m + m / 6 + 1);
	}
}
END_TEST

START_TEST(advice_is_a_floor)
{
	for (uint32_t x = 0; x < 20000; x += 7) {
		ck_assert_uint_ge(retry_wait_s(&rule, 1, x, 3600), 3600);
		ck_assert_uint_le(retry_wait_s(&rule, 1, x, 3600), 4200);
	}
}
END_TEST

START_TEST(last_try_falls_before_expiry)
{
	static const struct retry_rule minute = { 10, 10, 60 };

	ck_assert(!retry_expired(&rule, 1000, 1000 + 259199999));
	ck_assert(retry_expired(&rule, 1000, 1000 + 259200000));
	ck_assert_uint_eq(retry_at_ms(&rule, 0, 259100000, 21600), 259140000);
	ck_assert_uint_eq(retry_at_ms(&rule, 0, 259150000, 21600), 259200000);
	ck_assert_uint_eq(retry_at_ms(&minute, 0, 50000, 10), 57000);
	ck_assert_uint_eq(retry_at_ms(&minute, 0, 58000, 10), 60000);
	ck_assert_uint_eq(retry_at_ms(&minute, 0, 70000, 10), 80000);
	ck_assert_uint_eq(retry_at_ms(&rule, 0, 1000, 120), 121000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("retry");
	TCase *t = tcase_create("retry");
	SRunner *r;
	int bad;

	tcase_add_loop_test(t, waits_double_up_to_the_most, 0, 6);
	tcase_add_test(t, advice_is_a_floor);
	tcase_add_test(t, last_try_falls_before_expiry);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
