#include "lately.h"

#include <check.h>
#include <stdio.h>

static bool
again(unsigned n)
{
	char line[80];

	snprintf(line, sizeof(line), "{\"v\":1,\"id\":\"E%u\",\"event\":\"x\"}", n);
	return lately_again(span_str(line));
}

START_TEST(an_id_counts_once)
{
	ck_assert(!again(1));
	ck_assert(!again(2));
	ck_assert(again(1));
	ck_assert(again(2));
	ck_assert(!lately_again(SPAN_LIT("{\"v\":1}")));
	ck_assert(!lately_again(SPAN_LIT("{\"v\":1}")));
}
END_TEST

START_TEST(old_ones_are_forgotten)
{
	for (unsigned i = 10; i < 10 + 3 * LATELY_MOST; i++)
		ck_assert(!again(i));
	for (unsigned i = 10 + 2 * LATELY_MOST; i < 10 + 3 * LATELY_MOST; i++)
		ck_assert(again(i));
	ck_assert(!again(10));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lately");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, an_id_counts_once);
	tcase_add_test(t, old_ones_are_forgotten);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
