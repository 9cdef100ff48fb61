#include "utf8.h"

#include <check.h>

static const struct {
	const char *text;
	size_t shown;
} texts[] = {
	{ "", 0 },
	{ "plain text", 10 },
	{ "gr\xc3\xbc\xc3\x9f", 6 },
	{ "a\tb", 1 },
	{ "a\x7f", 1 },
	{ "a\xc2\x9b"
	  "31m",
	    1 },
	{ "a\x9b"
	  "31m",
	    1 },
	{ "a\xe2\x80\xae"
	  "b",
	    1 },
	{ "a\xe2\x81\xa6"
	  "b",
	    1 },
	{ "a\xe2\x80\xa8"
	  "b",
	    1 },
	{ "a\xd8\x9c", 1 },
	{ "a\xef\xbb\xbf", 1 },
	{ "\xc2\xa0", 2 },
	{ "\xf0\x9f\x93\xac", 4 },
	{ "a\xff", 1 },
	{ "a\xe2\x80", 1 },
};

START_TEST(shown)
{
	ck_assert_uint_eq(utf8_shown(span_str(texts[_i].text)), texts[_i].shown);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("utf8");
	TCase *t = tcase_create("shown");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, shown, 0, sizeof(texts) / sizeof(texts[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
