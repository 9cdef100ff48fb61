#include "budget.h"

#include <check.h>

static void
said(void *ctx)
{
	++*(unsigned *)ctx;
}

START_TEST(ends_when_spent)
{
	struct budget b;
	unsigned steps = 0, said_n = 0;

	budget_init(&b, said, &said_n);
	budget_begin(&b, 5);
	while (budget_left(&b, 1024)) /* ends, or the test's time is up */
		steps++;
	ck_assert_uint_gt(steps, 0);
	ck_assert(!budget_left(&b, 0));
}
END_TEST

START_TEST(none_is_endless)
{
	ck_assert(budget_left(NULL, SIZE_MAX));
}
END_TEST

START_TEST(nothing_left_ends_at_the_first_look)
{
	unsigned said_n = 0;
	struct budget b;

	budget_init(&b, said, &said_n);
	budget_begin(&b, 0);
	ck_assert(!budget_left(&b, 1 << 20));
}
END_TEST

START_TEST(says_that_it_lives)
{
	struct budget b;
	unsigned times = 0;

	budget_init(&b, said, &times);
	budget_begin(&b, 60 * 1000);
	while (times == 0)
		ck_assert(budget_left(&b, 1 << 20));
	ck_assert_uint_eq(times, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("budget");
	TCase *t = tcase_create("budget");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, ends_when_spent);
	tcase_add_test(t, none_is_endless);
	tcase_add_test(t, nothing_left_ends_at_the_first_look);
	tcase_add_test(t, says_that_it_lives);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
