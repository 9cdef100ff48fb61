#include "health.h"

#include <check.h>

#define HOUR UINT64_C(3600000)

static const uint64_t noon = 490000 * HOUR;

START_TEST(shares_are_judged)
{
	static const struct {
		const char *rule;
		struct health_counts counts;
		enum health_verdict verdict;
	} cases[] = {
		{ "nothing happened", { { 0, 0, 0, 0 } }, HEALTH_GOOD },
		{ "too few to judge", { { 300, 199, 0, 0 } }, HEALTH_GOOD },
		{ "at the limit", { { 900, 100, 0, 0 } }, HEALTH_GOOD },
		{ "above the limit", { { 898, 102, 0, 0 } }, HEALTH_BOUNCES },
		{ "late ones count too", { { 1000, 0, 101, 0 } }, HEALTH_BOUNCES },
		{ "complaints at the limit", { { 2000, 0, 0, 6 } }, HEALTH_GOOD },
		{ "complaints above it", { { 2000, 0, 0, 7 } }, HEALTH_COMPLAINTS },
		{ "few complaints of few", { { 600, 0, 0, 4 } }, HEALTH_GOOD },
		{ "complaints before bounces", { { 600, 400, 0, 9 } }, HEALTH_COMPLAINTS },
	};
	static const struct health_limits limits = { 10000, 300, 500, 5 }, never = { 0, 0, 1, 1 };

	ck_assert_msg(
	    health_judge(&cases[_i].counts, &limits) == cases[_i].verdict, "%s", cases[_i].rule);
	ck_assert_int_eq(health_judge(&cases[_i].counts, &never), HEALTH_GOOD);
}
END_TEST

START_TEST(the_window_is_a_day)
{
	struct health h = { 0 };
	struct health_counts c;

	for (uint64_t i = 0; i < 100; i++)
		health_add(&h, noon + i * HOUR, HEALTH_DELIVERED, 10);
	c = health_sum(&h, noon + 99 * HOUR);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 240);
	c = health_sum(&h, noon + 101 * HOUR);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 220);
	c = health_sum(&h, noon + 500 * HOUR);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 0);
	health_add(&h, noon + 500 * HOUR, HEALTH_COMPLAINT, 1);
	c = health_sum(&h, noon + 500 * HOUR);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 0);
	ck_assert_uint_eq(c.of[HEALTH_COMPLAINT], 1);
}
END_TEST

START_TEST(a_clock_that_goes_back_loses_nothing)
{
	struct health h = { 0 };
	struct health_counts c;

	health_add(&h, noon, HEALTH_DELIVERED, 3);
	health_add(&h, noon - 5 * HOUR, HEALTH_DELIVERED, 4);
	c = health_sum(&h, noon - 5 * HOUR);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 7);
}
END_TEST

START_TEST(a_clock_that_was_years_ahead_begins_anew)
{
	struct health h = { 0 };
	uint64_t hour_ms = 3600 * 1000, now = 500000 * hour_ms;

	health_add(&h, 900000 * hour_ms, HEALTH_BOUNCED, 7);
	health_add(&h, now, HEALTH_DELIVERED, 1);
	ck_assert_uint_eq(health_sum(&h, now).of[HEALTH_BOUNCED], 0);
	ck_assert_uint_eq(health_sum(&h, now).of[HEALTH_DELIVERED], 1);
	ck_assert_uint_eq(
	    health_sum(&h, now + (HEALTH_HOURS + 1) * hour_ms).of[HEALTH_DELIVERED], 0);
}
END_TEST

START_TEST(what_was_kept_comes_back)
{
	static const struct health_counts kept = { { 5, 1, 0, 0 } };
	struct health h = { 0 };
	struct health_counts c;

	health_keep(&h, noon, noon / HOUR, &kept);
	health_keep(&h, noon, noon / HOUR - 23, &kept);
	health_keep(&h, noon, noon / HOUR - 24, &kept);
	health_keep(&h, noon, noon / HOUR + 1, &kept);
	c = health_sum(&h, noon);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 10);
	ck_assert_uint_eq(c.of[HEALTH_BOUNCED], 2);
	health_forget(&h);
	c = health_sum(&h, noon);
	ck_assert_uint_eq(c.of[HEALTH_DELIVERED], 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("health");
	TCase *t = tcase_create("health");
	SRunner *r;
	int bad;

	tcase_add_loop_test(t, shares_are_judged, 0, 9);
	tcase_add_test(t, the_window_is_a_day);
	tcase_add_test(t, a_clock_that_goes_back_loses_nothing);
	tcase_add_test(t, a_clock_that_was_years_ahead_begins_anew);
	tcase_add_test(t, what_was_kept_comes_back);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
