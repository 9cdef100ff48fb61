#include "span.h"

#include <check.h>
#include <string.h>

static const struct {
	const char *glob, *name;
	bool fits;
} globs[] = {
	{ "*.google.com", "aspmx.l.google.com", true },
	{ "*.google.com", "google.com", false },
	{ "mx?.b.example", "MX1.b.example", true },
	{ "mx?.b.example", "mx10.b.example", false },
	{ "*", "", true },
	{ "a*b*c", "a-b-b-c", true },
	{ "a*b*c", "a-b-b-d", false },
	{ "", "a", false },
};

START_TEST(globs_fit)
{
	ck_assert_int_eq(
	    span_glob(span_str(globs[_i].glob), span_str(globs[_i].name)), globs[_i].fits);
}
END_TEST

START_TEST(lower_case)
{
	char text[] = "AZaz@[`{09\xc3\x84";

	span_lower(text, span_str(text));
	ck_assert_str_eq(text, "azaz@[`{09\xc3\x84");
	ck_assert_int_eq(span_low('\0'), '\0');
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("span");
	TCase *t = tcase_create("span");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, globs_fit, 0, sizeof(globs) / sizeof(globs[0]));
	tcase_add_test(t, lower_case);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
