#include "recent.h"

#include <check.h>
#include <stdio.h>

#define ANN    SPAN_LIT("ann")
#define SECRET SPAN_LIT("secret")

enum { MINUTE_MS = 60 * 1000 };

static const struct {
	const char *rule, *login, *password, *hash;
	uint64_t after_ms;
	bool has;
} cases[] = {
	{ "the same", "ann", "secret", "$y$x", 0, true },
	{ "some minutes later", "ann", "secret", "$y$x", 14 * MINUTE_MS, true },
	{ "later", "ann", "secret", "$y$x", 15 * MINUTE_MS, false },
	{ "another password", "ann", "secreT", "$y$x", 0, false },
	{ "another login", "Ann", "secret", "$y$x", 0, false },
	{ "another hash", "ann", "secret", "$y$z", 0, false },
	{ "cut at another place", "anns", "ecret", "$y$x", 0, false },
	{ "no password", "ann", "", "$y$x", 0, false },
};

START_TEST(what_was_checked)
{
	struct recent *r = recent_new();

	ck_assert(!recent_has(r, ANN, SECRET, "$y$x", 5));
	recent_add(r, ANN, SECRET, "$y$x", 5);
	ck_assert_msg(recent_has(r, span_str(cases[_i].login), span_str(cases[_i].password),
			  cases[_i].hash, 5 + cases[_i].after_ms) == cases[_i].has,
	    "%s", cases[_i].rule);
	recent_free(r);
}
END_TEST

START_TEST(another_start_knows_nothing)
{
	struct recent *one = recent_new(), *two = recent_new();

	recent_add(one, ANN, SECRET, "$y$x", 5);
	ck_assert(!recent_has(two, ANN, SECRET, "$y$x", 5));
	recent_free(one);
	recent_free(two);
}
END_TEST

START_TEST(the_last_ones_are_kept)
{
	struct recent *r = recent_new();
	char login[32];

	for (unsigned i = 0; i < 100000; i++) {
		snprintf(login, sizeof(login), "u%u", i);
		recent_add(r, span_str(login), SECRET, "$y$x", 5 + i);
		ck_assert(recent_has(r, span_str(login), SECRET, "$y$x", 5 + i));
	}
	recent_free(r);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recent");
	TCase *t = tcase_create("recent");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, what_was_checked, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, another_start_knows_nothing);
	tcase_add_test(t, the_last_ones_are_kept);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
