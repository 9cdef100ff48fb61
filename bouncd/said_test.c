#include "said.h"

#include <check.h>
#include <string.h>

static const struct {
	const char *reply;
	int code;
	const char *status, *text;
} cases[] = {
	{ "550 5.1.1 <a@b.example>: user unknown", 550, "5.1.1", "<@>: user unknown" },
	{ "550-5.7.1 one\n550 5.7.1 two", 550, "5.7.1", "one two" },
	{ "550-5.7.1 one\r\n550 5.7.1 two\r\n", 550, "5.7.1", "one two" },
	{ "550 #5.1.0 Address rejected.", 550, "5.1.0", "Address rejected." },
	{ "550 no mailbox here (#5.1.1 - chkusr)", 550, "5.1.1",
	    "no mailbox here (#5.1.1 - chkusr)" },
	{ "421", 421, "", "" },
	{ "554 host 192.0.2.1 blocked", 554, "", "host [ip] blocked" },
	{ "user  unknown", 0, "", "user unknown" },
	{ "5.2.2 over quota", 0, "5.2.2", "over quota" },
	{ "550 see version 5.1.1.4", 550, "", "see version [ip]" },
	{ "550 unknown (in reply to RCPT TO command)", 550, "", "unknown" },
	{ "550-5.7.1 one two 550 5.7.1 three", 550, "5.7.1", "one two three" },
	{ "550 收件人：joe@example.org。该用户不存在", 550, "", "收件人：<@>。该用户不存在" },
	{ "550 用户@例子.公司 不存在", 550, "", "<@> 不存在" },
	{ "550 j\303\274rgen@b\303\274cher.example unknown", 550, "", "<@> unknown" },
	{ "5501 is no code", 0, "", "5501 is no code" },
	{ "", 0, "", "" },
};

static void
same(const struct said *sd, size_t i)
{
	struct status st = { 0 };

	ck_assert_int_eq(sd->code, cases[i].code);
	status_at(span_str(cases[i].status), &st, NULL);
	ck_assert(status_is(sd->status, st.class, st.subject, st.detail));
	ck_assert_msg(span_is(sd->text, cases[i].text), "%.*s", SPAN(sd->text));
}

START_TEST(replies)
{
	struct arena *a = arena_new(0);
	struct said sd;

	said_reply(&sd, span_str(cases[_i].reply), a);
	same(&sd, (size_t)_i);
	arena_free(a);
}
END_TEST

START_TEST(behind_an_explanation)
{
	struct arena *a = arena_new(0);
	struct said sd;

	said_diagnostic(&sd,
	    SPAN_LIT("host mx.example[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)"),
	    a);
	ck_assert_int_eq(sd.code, 550);
	ck_assert(span_is(sd.text, "no"));
	said_diagnostic(&sd, SPAN_LIT("Connection timed out"), a);
	ck_assert_int_eq(sd.code, 0);
	ck_assert(span_is(sd.text, "Connection timed out"));
	arena_free(a);
}
END_TEST

START_TEST(endless_reply)
{
	static char big[SAID_TEXT_MAX * 8];
	struct arena *a = arena_new(0);
	struct said sd;

	memset(big, '@', sizeof(big));
	said_reply(&sd, span_of(big, sizeof(big)), a);
	ck_assert_uint_le(sd.text.n, SAID_TEXT_MAX + 8);
	for (size_t i = 0; i < sizeof(big); i += 2)
		big[i] = 'x';
	said_diagnostic(&sd, span_of(big, sizeof(big)), a);
	ck_assert_uint_le(sd.text.n, SAID_TEXT_MAX + 8);
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("said");
	TCase *t = tcase_create("said");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, replies, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, behind_an_explanation);
	tcase_add_test(t, endless_reply);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
