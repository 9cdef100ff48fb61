#include "acks.h"

#include <check.h>

START_TEST(a_gap_holds_back)
{
	struct acks a = { 0 };

	for (uint64_t n = 5; n < 10; n++)
		acks_got(&a, n);
	acks_settled(&a, 6);
	acks_settled(&a, 7);
	ck_assert_uint_eq(acks_due(&a), 4); /* what came before us is not ours to keep */
	ck_assert_uint_eq(acks_due(&a), 0);
	acks_settled(&a, 5);
	ck_assert_uint_eq(acks_due(&a), 7);
	acks_free(&a);
}
END_TEST

START_TEST(many_in_a_window)
{
	struct acks a = { 0 };
	uint64_t last = 0;

	for (uint64_t n = 1; n <= 100000; n++) {
		acks_got(&a, n);
		if (n > 5000)
			acks_settled(&a, n - 5000);
		if (n % 100 == 0) {
			uint64_t due = acks_due(&a);

			ck_assert(due == 0 || due > last);
			last = due != 0 ? due : last;
		}
	}
	ck_assert_uint_eq(last, 95000);
	ck_assert_uint_le(a.cap, 8192);
	acks_free(&a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("acks");
	TCase *t = tcase_create("acks");
	SRunner *r;
	int bad;

	tcase_add_test(t, a_gap_holds_back);
	tcase_add_test(t, many_in_a_window);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
