#include "policy.h"

#include <check.h>
#include <stdlib.h>

static const struct policy five_of_fourteen = {
	.hard_after = 1, .soft_after = 5, .soft_over_days = 14
};

/* Each result is another one's. */
static uint64_t message = 1;

START_TEST(soft_days_are_counted_once)
{
	struct suppression_counts c = { 0 };

	for (int i = 0; i < 20; i++)
		ck_assert(!policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20000));
	for (uint32_t day = 1; day < 4; day++)
		ck_assert(
		    !policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20000 + day));
	ck_assert(policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20013));
}
END_TEST

START_TEST(days_outside_the_window_fall_out)
{
	struct suppression_counts c = { 0 };

	for (uint32_t day = 0; day < 4; day++)
		ck_assert(
		    !policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20000 + day));
	ck_assert(!policy_count(
	    &five_of_fourteen, &c, RESULT_SOFT, message++, 20014)); /* the first fell out */
	ck_assert(!policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20200));
	ck_assert_uint_eq(c.soft_days, 1);
}
END_TEST

START_TEST(a_clock_that_was_ahead)
{
	struct suppression_counts c = { .soft_days = 1, .last_day = 60000 };

	for (uint32_t day = 0; day < 4; day++)
		ck_assert(
		    !policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20000 + day));
	ck_assert(policy_count(&five_of_fourteen, &c, RESULT_SOFT, message++, 20004));
	ck_assert_uint_eq(policy_keeps_from(&five_of_fourteen, 3), 0);
	ck_assert_uint_eq(policy_keeps_from(&five_of_fourteen, 20000), 20000 - POLICY_HARD_DAYS);
}
END_TEST

START_TEST(likely_ones_need_two_messages)
{
	struct policy one = { .hard_after = 1 }, never = { .hard_after = 0 };
	struct suppression_counts c = { 0 };

	ck_assert(!policy_count(&one, &c, RESULT_LIKELY, 7, 20000));
	ck_assert(!policy_count(&one, &c, RESULT_LIKELY, 7, 20001));
	ck_assert(policy_count(&one, &c, RESULT_LIKELY, 8, 20001));
	c = (struct suppression_counts){ 0 };
	ck_assert(!policy_count(&one, &c, RESULT_LIKELY, 7, 20000));
	ck_assert(policy_count(&one, &c, RESULT_HARD, 7, 20000));
	c = (struct suppression_counts){ 0 };
	ck_assert(!policy_count(&one, &c, RESULT_LIKELY, 7, 20000));
	ck_assert(!policy_count(&one, &c, RESULT_LIKELY, 8, 20000 + POLICY_HARD_DAYS + 1));
	ck_assert(!policy_count(&never, &c, RESULT_LIKELY, 9, 20000 + POLICY_HARD_DAYS + 1));
}
END_TEST

START_TEST(hard_results_are_counted)
{
	struct policy three = { .hard_after = 3 }, never = { .hard_after = 0 };
	struct suppression_counts c = { 0 };

	ck_assert(policy_count(&five_of_fourteen, &c, RESULT_HARD, message++, 20000));
	c = (struct suppression_counts){ 0 };
	ck_assert(!policy_count(&three, &c, RESULT_HARD, message++, 20000));
	ck_assert(!policy_count(&three, &c, RESULT_HARD, message++, 20000));
	ck_assert(policy_count(&three, &c, RESULT_HARD, message++, 20001));
	ck_assert(!policy_count(&never, &c, RESULT_HARD, message++, 20000));
	c = (struct suppression_counts){ .hard = 2, .last_hard_day = 20000 };
	ck_assert(!policy_count(&three, &c, RESULT_HARD, message++, 20000 + POLICY_HARD_DAYS + 1));
}
END_TEST

static const struct {
	enum verdict_class class;
	enum category category;
	enum advice advice;
	bool final;
	enum policy_result counts;
} verdicts[] = {
	{ CLASS_HARD, CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS, true, RESULT_HARD },
	{ CLASS_HARD, CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS, true, RESULT_LIKELY },
	{ CLASS_SOFT, CATEGORY_MAILBOX_FULL, ADVICE_RETRY, false, RESULT_SOFT },
	{ CLASS_SOFT, CATEGORY_INACTIVE, ADVICE_RETRY, false, RESULT_SOFT },
	{ CLASS_SOFT, CATEGORY_BLOCKED_SOURCE, ADVICE_SUSPEND_LANE, true, RESULT_NONE },
	{ CLASS_SOFT, CATEGORY_SPAM_CONTENT, ADVICE_FIX, true, RESULT_NONE },
	{ CLASS_SOFT, CATEGORY_NETWORK, ADVICE_RETRY, false, RESULT_NONE },
	{ CLASS_SOFT, CATEGORY_NETWORK, ADVICE_RETRY, true, RESULT_SOFT },
};

START_TEST(only_what_is_about_the_recipient_counts)
{
	struct verdict v = { .class = verdicts[_i].class,
		.category = verdicts[_i].category,
		.advice = verdicts[_i].advice,
		.agreed = verdicts[_i].counts == RESULT_HARD };

	ck_assert_int_eq(policy_counts(&v, verdicts[_i].final), verdicts[_i].counts);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");
	SRunner *r;
	int failed;

	tcase_add_test(t, soft_days_are_counted_once);
	tcase_add_test(t, days_outside_the_window_fall_out);
	tcase_add_test(t, a_clock_that_was_ahead);
	tcase_add_test(t, likely_ones_need_two_messages);
	tcase_add_test(t, hard_results_are_counted);
	tcase_add_loop_test(
	    t, only_what_is_about_the_recipient_counts, 0, sizeof(verdicts) / sizeof(verdicts[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
