#include "rcpt_set.h"

#include <check.h>

enum { MANY = 50000 };

START_TEST(once_each)
{
	struct arena *a = arena_new(0);
	struct recipient *r = arena_alloc(a, sizeof(*r) * MANY);
	struct rcpt_set s = { .places = NULL };

	for (uint32_t i = 0; i < MANY; i++) {
		struct span address = span_str(arena_printf(a, "u%u@t.example", i));

		ck_assert(!rcpt_set_has(&s, r, address));
		r[i].address = address;
		rcpt_set_add(&s, r, i, a);
		ck_assert(rcpt_set_has(&s, r, address));
	}
	for (uint32_t i = 0; i < MANY; i++)
		ck_assert(rcpt_set_has(&s, r, span_str(arena_printf(a, "u%u@t.example", i))));
	ck_assert(!rcpt_set_has(&s, r, SPAN_LIT("U1@t.example")));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rcpt_set");
	TCase *t = tcase_create("rcpt_set");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, once_each);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
