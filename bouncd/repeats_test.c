#include "repeats.h"

#include <check.h>
#include <stdlib.h>

static struct id
id_of(uint8_t n)
{
	return (struct id){ { n, 7 } };
}

/* A new one each time. */
static struct id
report(void)
{
	static struct id last;

	for (int i = ID_BYTES - 1; ++last.b[i] == 0; i--)
		;
	return last;
}

START_TEST(the_first_stays_the_first)
{
	struct id one = report();

	ck_assert_int_eq(repeats_count(id_of(9), 0, 1, one), REPEAT_FIRST);
	ck_assert_int_eq(repeats_count(id_of(9), 0, 1, report()), REPEAT_AGAIN);
	ck_assert_int_eq(repeats_count(id_of(9), 0, 1, one), REPEAT_FIRST);
}
END_TEST

START_TEST(first_then_again_then_too_many)
{
	ck_assert_int_eq(repeats_count(id_of(1), 0, 1, report()), REPEAT_FIRST);
	ck_assert_int_eq(repeats_count(id_of(1), 0, 1, report()), REPEAT_AGAIN);
	ck_assert_int_eq(repeats_count(id_of(1), 0, 2, report()), REPEAT_FIRST); /* another kind */
	ck_assert_int_eq(
	    repeats_count(id_of(1), 1, 1, report()), REPEAT_FIRST); /* another recipient */
	for (int i = 3; i < REPEATS_MAX; i++)
		ck_assert_int_eq(repeats_count(id_of(1), 0, 1, report()), REPEAT_AGAIN);
	ck_assert_int_eq(repeats_count(id_of(1), 0, 1, report()), REPEAT_TOO_MANY);
	ck_assert_int_eq(repeats_count(id_of(1), 0, 3, report()), REPEAT_TOO_MANY);
}
END_TEST

/* However many there are, memory stays as it is; those in use are kept. */
START_TEST(bounded)
{
	for (uint32_t i = 0; i < 200000; i++) {
		(void)repeats_count(id_of(2), i, 0, report());
		if (i % 100 == 0)
			(void)repeats_count(id_of(3), 0, 0, report());
	}
	ck_assert_int_eq(repeats_count(id_of(3), 0, 0, report()), REPEAT_TOO_MANY);
	ck_assert_int_eq(
	    repeats_count(id_of(2), 1, 0, report()), REPEAT_FIRST); /* long forgotten */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("repeats");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, the_first_stays_the_first);
	tcase_add_test(t, first_then_again_then_too_many);
	tcase_add_test(t, bounded);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
