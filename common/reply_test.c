#include "reply.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *rule;
	const char *lines; /* separated by | */
	enum reply_step last;
	int code;
	const char *enhanced, *text;
} cases[] = {
	{ "one line", "250 ok", REPLY_DONE, 250, "", "ok" },
	{ "code alone", "354", REPLY_DONE, 354, "", "" },
	{ "enhanced code", "550 5.1.1 who", REPLY_DONE, 550, "5.1.1", "who" },
	{ "enhanced code alone", "250 2.0.0", REPLY_DONE, 250, "2.0.0", "" },
	{ "two lines", "250-2.0.0 a|250 2.0.0 b", REPLY_DONE, 250, "2.0.0", "a\nb" },
	{ "another enhanced code below stays text", "550-5.1.1 a|550 5.7.1 b", REPLY_DONE, 550,
	    "5.1.1", "a\n5.7.1 b" },
	{ "an enhanced code of another class is text", "550 4.1.1 a", REPLY_DONE, 550, "",
	    "4.1.1 a" },
	{ "enhanced code only below is text", "550-a|550 5.1.1 b", REPLY_DONE, 550, "",
	    "a\n5.1.1 b" },
	{ "no enhanced code: a number", "250 2.5 seconds", REPLY_DONE, 250, "", "2.5 seconds" },
	{ "no enhanced code: an address", "250 2.0.0.1 hello", REPLY_DONE, 250, "",
	    "2.0.0.1 hello" },
	{ "no enhanced code: too many digits", "250 2.1234.1 x", REPLY_DONE, 250, "",
	    "2.1234.1 x" },
	{ "more to come", "250-a", REPLY_MORE, 250, "", "a" },
	{ "code changes midway", "250-a|251 b", REPLY_BAD, 0, "", "" },
	{ "no code", "hello", REPLY_BAD, 0, "", "" },
	{ "empty line", "", REPLY_BAD, 0, "", "" },
	{ "code of no class", "150 x", REPLY_BAD, 0, "", "" },
	{ "code of no class above", "650 x", REPLY_BAD, 0, "", "" },
	{ "four digits", "2500 x", REPLY_BAD, 0, "", "" },
	{ "letters in the code", "2x0 x", REPLY_BAD, 0, "", "" },
	{ "the next reply begins anew", "250-a|250 b|421 4.3.2 c", REPLY_DONE, 421, "4.3.2", "c" },
};

START_TEST(lines_make_a_reply)
{
	struct span rest = span_str(cases[_i].lines);
	enum reply_step step = REPLY_MORE;
	struct reply r;
	struct err err;

	reply_init(&r);
	do
		step = reply_line(&r, span_cut(rest, '|', &rest), &err);
	while (rest.n > 0 && step != REPLY_BAD);
	ck_assert_msg(step == cases[_i].last, "%s: step %d", cases[_i].rule, step);
	if (step != REPLY_BAD) {
		ck_assert_msg(r.code == cases[_i].code, "%s: code %d", cases[_i].rule, r.code);
		ck_assert_str_eq(enhanced_text(r.enhanced).c, cases[_i].enhanced);
		ck_assert_msg(span_is(buf_all(&r.text), cases[_i].text), "%s: \"%.*s\"",
		    cases[_i].rule, SPAN(buf_all(&r.text)));
	}
	reply_free(&r);
}
END_TEST

START_TEST(a_nul_is_bad)
{
	struct reply r;
	struct err err;

	reply_init(&r);
	ck_assert_int_eq(reply_line(&r, span_of("250 a\0b", 7), &err), REPLY_BAD);
	reply_free(&r);
}
END_TEST

START_TEST(endless_replies_are_bad_not_cut)
{
	char line[1000];
	struct reply r;
	struct err err;
	int n = 0;

	memset(line, 'x', sizeof(line));
	memcpy(line, "250-", 4);
	reply_init(&r);
	while (reply_line(&r, span_of(line, sizeof(line)), &err) == REPLY_MORE)
		ck_assert_int_lt(++n, 20);
	reply_free(&r);
	reply_init(&r);
	for (n = 0; reply_line(&r, SPAN_LIT("250-"), &err) == REPLY_MORE; n++)
		ck_assert_int_lt(n, REPLY_LINES_MAX);
	reply_free(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reply");
	TCase *t = tcase_create("reply");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, lines_make_a_reply, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, a_nul_is_bad);
	tcase_add_test(t, endless_replies_are_bad_not_cut);
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
