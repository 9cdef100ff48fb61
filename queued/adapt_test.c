#include "adapt.h"

#include <check.h>

START_TEST(one_burst_is_one_cut)
{
	struct adapt a;

	adapt_init(&a);
	ck_assert(adapt_slow(&a, 100000, 600, SPAN_LIT("421 slow down")));
	ck_assert(!adapt_slow(&a, 100500, 600, SPAN_LIT("421 slow down")));
	ck_assert_uint_eq(adapt_share(&a, 100), 60);
	ck_assert(adapt_slow(&a, 120000, 600, SPAN_LIT("421 slow down")));
	ck_assert_uint_eq(adapt_share(&a, 100), 36);
	ck_assert_int_eq(adapt_state(&a, 120000), ADAPT_SLOWED);
	ck_assert_str_eq(a.reason, "421 slow down");
}
END_TEST

START_TEST(clean_stretches_lead_back)
{
	struct adapt a;
	unsigned steps = 0;

	adapt_init(&a);
	adapt_slow(&a, 100000, 600, SPAN_LIT("421"));
	for (unsigned i = 0; i < 2000; i++)
		steps += adapt_clean(&a, 200000);
	ck_assert_uint_eq(steps, 8);
	ck_assert_int_eq(adapt_state(&a, 200000), ADAPT_FULL);
}
END_TEST

START_TEST(never_to_nothing)
{
	struct adapt a;

	adapt_init(&a);
	for (uint64_t t = 1; t < 100; t++)
		adapt_slow(&a, t * 20000, 600, SPAN_LIT("421"));
	ck_assert_uint_ge(adapt_share(&a, 1), 1);
}
END_TEST

START_TEST(suspension_ends)
{
	struct adapt a;

	adapt_init(&a);
	ck_assert(adapt_suspend(&a, 1000, 60, SPAN_LIT("550 blocked")));
	ck_assert(!adapt_suspend(&a, 2000, 10, SPAN_LIT("550 blocked")));
	ck_assert_int_eq(adapt_state(&a, 60999), ADAPT_SUSPENDED);
	ck_assert(!adapt_tick(&a, 60999));
	ck_assert(adapt_tick(&a, 61000));
	ck_assert_int_eq(adapt_state(&a, 61000), ADAPT_FULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("adapt");
	TCase *t = tcase_create("adapt");
	SRunner *r;
	int bad;

	tcase_add_test(t, one_burst_is_one_cut);
	tcase_add_test(t, clean_stretches_lead_back);
	tcase_add_test(t, never_to_nothing);
	tcase_add_test(t, suspension_ends);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
