#include "suffixes.h"

#include <check.h>
#include <string.h>

static const struct {
	const char *host, *organisation;
} hosts[] = {
	{ "a.b.example.co.uk", "example.co.uk" },
	{ "example.com", "example.com" },
	{ "com", "com" },
	{ "mx.test", "mx.test" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "", "" },
};

START_TEST(organisations)
{
	struct suffixes *s = suffixes_load();

	ck_assert(
	    span_is(suffixes_organisation(s, span_str(hosts[_i].host)), hosts[_i].organisation));
	suffixes_free(s);
}
END_TEST

START_TEST(names_too_long_and_with_zero_bytes)
{
	struct suffixes *s = suffixes_load();
	static const char zero[] = "a.example.com\0.test";
	char name[300];

	memset(name, 'a', sizeof(name));
	memcpy(name + 288, ".example.com", 12);
	ck_assert_uint_eq(suffixes_organisation(s, span_of(name, sizeof(name))).n, sizeof(name));
	ck_assert_uint_eq(
	    suffixes_organisation(s, span_of(zero, sizeof(zero) - 1)).n, sizeof(zero) - 1);
	suffixes_free(s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("suffixes");
	TCase *t = tcase_create("suffixes");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, organisations, 0, sizeof(hosts) / sizeof(hosts[0]));
	tcase_add_test(t, names_too_long_and_with_zero_bytes);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
