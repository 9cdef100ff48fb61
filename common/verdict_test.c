#include "verdict.h"

#include <check.h>

START_TEST(words_and_back)
{
	struct span words = span_str(category_choices);
	int n = 0;

	for (struct span w = span_word(words, &words); w.n > 0; w = span_word(words, &words), n++)
		ck_assert_int_eq(category_of(w), n + 1);
	ck_assert_int_eq(n, CATEGORY_OTHER);
	for (int i = KIND_OTHER; i <= KIND_AUTOREPLY; i++)
		ck_assert_int_eq(kind_of(span_str(kind_word((enum kind)i))), i);
	ck_assert_int_eq(class_of(SPAN_LIT("Hard")), CLASS_HARD);
	ck_assert_int_eq(class_of(SPAN_LIT("")), -1);
	ck_assert_int_eq(category_of(SPAN_LIT("spam")), -1);
	ck_assert_int_eq(advice_of(SPAN_LIT("retry-later")), ADVICE_RETRY_LATER);
}
END_TEST

START_TEST(hard_is_suppressed)
{
	ck_assert(category_is_hard(CATEGORY_MOVED));
	ck_assert(!category_is_hard(CATEGORY_MAILBOX_FULL));
	ck_assert_int_eq(category_advice(CATEGORY_BAD_MAILBOX, CLASS_HARD, true), ADVICE_SUPPRESS);
	ck_assert_int_eq(
	    category_advice(CATEGORY_BLOCKED_SOURCE, CLASS_SOFT, true), ADVICE_SUSPEND_LANE);
	ck_assert_int_eq(category_advice(CATEGORY_POLICY, CLASS_SOFT, true), ADVICE_NONE);
	ck_assert_int_eq(category_advice(CATEGORY_POLICY, CLASS_SOFT, false), ADVICE_RETRY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = tcase_create("verdict");
	SRunner *r;
	int failed;

	tcase_add_test(t, words_and_back);
	tcase_add_test(t, hard_is_suppressed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
