#include "command.h"
#include "ehlo.h"

#include <check.h>

static const struct {
	const char *address;
	bool ok;
} addresses[] = {
	{ "a@b.test", true },
	{ "", true },
	{ "\"a b\"@c.test", true },
	{ "\"a\\\"b>\"@c.test", true },
	{ "\303\274@b.test", true },
	{ "a b@c.test", false },
	{ "a>@c.test", false },
	{ "<a@c.test", false },
	{ "a@c.test\r\nRSET", false },
	{ "\"a\r\n\"@c.test", false },
	{ "\"a\\\r\"@c.test", false },
	{ "\"a@c.test", false },
	{ "a\177@c.test", false },
	{ "\"a\\", false },
};

START_TEST(addresses_fit_for_a_path)
{
	ck_assert_msg(command_address_ok(span_str(addresses[_i].address)) == addresses[_i].ok, "%s",
	    addresses[_i].address);
}
END_TEST

START_TEST(mail_parameters_follow_what_is_offered)
{
	struct deliver_transact t = { .from = SPAN_LIT("a@b.test"),
		.envid = SPAN_LIT("x+2By"),
		.ret = RET_HDRS,
		.body_8bit = true,
		.smtputf8 = true };
	struct buf out;

	buf_init(&out, 1000);
	ck_assert_int_eq(command_mail(&out, &t, 7, 0, NULL), 0);
	ck_assert(span_is(buf_all(&out), "MAIL FROM:<a@b.test>\r\n"));
	buf_reset(&out);
	ck_assert_int_eq(command_mail(&out, &t, 7, ~0u, NULL), 0);
	ck_assert(span_is(buf_all(&out),
	    "MAIL FROM:<a@b.test> SIZE=7 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2By\r\n"));
	buf_reset(&out);
	t.envid = SPAN_LIT("x\r\nRSET");
	t.from = span_of(NULL, 0);
	ck_assert_int_eq(command_mail(&out, &t, 7, EXT_DSN, NULL), 0);
	ck_assert(span_is(buf_all(&out), "MAIL FROM:<> RET=HDRS\r\n"));
	buf_free(&out);
}
END_TEST

START_TEST(rcpt_parameters_follow_what_is_offered)
{
	struct deliver_rcpt r = { .address = SPAN_LIT("a@b.test"),
		.orcpt = SPAN_LIT("rfc822;a@b.test"),
		.notify = NOTIFY_SUCCESS | NOTIFY_DELAY };
	struct buf out;

	buf_init(&out, 1000);
	ck_assert_int_eq(command_rcpt(&out, &r, 0, NULL), 0);
	ck_assert_int_eq(command_rcpt(&out, &r, EXT_DSN, NULL), 0);
	r.notify = NOTIFY_NEVER;
	r.orcpt = SPAN_LIT("a b");
	ck_assert_int_eq(command_rcpt(&out, &r, EXT_DSN, NULL), 0);
	ck_assert(span_is(buf_all(&out),
	    "RCPT TO:<a@b.test>\r\n"
	    "RCPT TO:<a@b.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b.test\r\n"
	    "RCPT TO:<a@b.test> NOTIFY=NEVER\r\n"));
	buf_reset(&out);
	r = (struct deliver_rcpt){ .address = SPAN_LIT("a@b.test"),
		.orcpt = SPAN_LIT("utf-8;j\xc3\xb6@b.test") };
	ck_assert_int_eq(command_rcpt(&out, &r, EXT_DSN | EXT_SMTPUTF8, NULL), 0);
	ck_assert_int_eq(command_rcpt(&out, &r, EXT_DSN, NULL), 0);
	ck_assert(span_is(buf_all(&out), "RCPT TO:<a@b.test> ORCPT=utf-8;j\xc3\xb6@b.test\r\n"
					 "RCPT TO:<a@b.test> ORCPT=utf-8;j\\x{F6}@b.test\r\n"));
	r.address = span_of(NULL, 0);
	ck_assert_int_eq(command_rcpt(&out, &r, EXT_DSN, NULL), -1);
	buf_free(&out);
}
END_TEST

START_TEST(auth_plain)
{
	struct buf out;

	buf_init(&out, 1000);
	command_auth_plain(&out, SPAN_LIT("me"), SPAN_LIT("secret"));
	ck_assert(span_is(buf_all(&out), "AUTH PLAIN AG1lAHNlY3JldA==\r\n"));
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("command");
	TCase *t = tcase_create("command");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(
	    t, addresses_fit_for_a_path, 0, sizeof(addresses) / sizeof(addresses[0]));
	tcase_add_test(t, mail_parameters_follow_what_is_offered);
	tcase_add_test(t, rcpt_parameters_follow_what_is_offered);
	tcase_add_test(t, auth_plain);
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
