#include "needle.h"

#include <check.h>

/* A pattern, a text, and whether it may match there: false must never be said of a text that matches. */
static const struct {
	const char *pattern, *text;
	bool possible;
} cases[] = {
	{ "mailbox full", "the mailbox full of it", true },
	{ "mailbox full", "the mail is full", false },
	{ "Mailbox", "MAILBOX", true },
	{ "colou?r", "the color", true },
	{ "abcd?", "xabcx", true },
	{ "abcd*e", "abce", true },
	{ "abcd{0,3}", "abc", true },
	{ "quota|storage", "storage", true },
	{ "quota|storage", "disk", false },
	{ "quota|a", "disk a", true },
	{ "(user|mailbox) unknown", "user unknown", true },
	{ "(user|mailbox) unknown", "user known", false },
	{ "(unknown)? user", "a user", true },
	{ "ex[.]com", "ex.com", true },
	{ "ex[.]com", "ex-com", false },
	{ "a[bc]d[]x]yes", "abdxyes", true },
	{ "[[:<:]]quota[[:>:]]", "quota", true },
	{ "\\bquota", "quota", true },
	{ "a\\.bcd", "a.bcd", true },
	{ "(?i)word", "other", true },
	{ "abc(?=def)", "abcdef", true },
	{ "a{x|y}zzz", "zzz", true },
	{ "abcdefghijklmnop?q", "abcdefghijklmnoq", true },
	{ "abcdefghijk?lm", "abcdefghijlm", true },
	{ "", "", true },
};

START_TEST(needles)
{
	struct needles n;
	struct marks m;

	needles_of(&n, span_str(cases[_i].pattern));
	marks_of(&m, span_str(cases[_i].text));
	ck_assert_int_eq(needles_among(&n, &m), cases[_i].possible);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("needle");
	TCase *t = tcase_create("all");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, needles, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
