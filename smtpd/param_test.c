#include "param.h"

#include <check.h>

static const struct {
	const char *in;
	enum param_error error;
} mail[] = {
	{ "", PARAM_OK },
	{ " SIZE=1000 BODY=8BITMIME", PARAM_OK },
	{ " RET=full ENVID=a+2Bb", PARAM_OK },
	{ " AUTH=<>", PARAM_OK },
	{ " SIZE=", PARAM_BAD },
	{ " SIZE=-1", PARAM_BAD },
	{ " SIZE=99999999999999999999", PARAM_BAD },
	{ " SIZE=1 SIZE=2", PARAM_BAD },
	{ " BODY=9BIT", PARAM_BAD },
	{ " ENVID=a+2", PARAM_BAD },
	{ " ENVID=a+2b", PARAM_BAD },
	{ " ENVID=", PARAM_BAD },
	{ " RET=ALL", PARAM_BAD },
	{ "SIZE=1", PARAM_BAD },
	{ " SMTPUTF8", PARAM_OK },
	{ " SMTPUTF8=yes", PARAM_BAD },
	{ " NOTIFY=NEVER", PARAM_UNKNOWN },
}, rcpt[] = {
	{ " NOTIFY=NEVER", PARAM_OK },
	{ " NOTIFY=success,DELAY ORCPT=rfc822;a@b", PARAM_OK },
	{ " NOTIFY=NEVER,DELAY", PARAM_BAD },
	{ " NOTIFY=", PARAM_BAD },
	{ " NOTIFY=SOMETIMES", PARAM_BAD },
	{ " ORCPT=rfc822", PARAM_BAD },
	{ " ORCPT=;a", PARAM_BAD },
	{ " ORCPT=utf-8;j\\x{F6}rg@b", PARAM_OK },
	{ " ORCPT=utf-8;j\xc3\xb6rg@b", PARAM_OK },
	{ " ORCPT=utf-8;j\xc3rg@b", PARAM_BAD },
	{ " ORCPT=rfc822;j\xc3\xb6rg@b", PARAM_BAD },
	{ " SIZE=1", PARAM_UNKNOWN },
};

START_TEST(of_mail)
{
	struct mail_params p;
	struct span which;

	ck_assert_int_eq(mail_params_read(span_str(mail[_i].in), &p, &which), mail[_i].error);
}
END_TEST

START_TEST(of_rcpt)
{
	struct rcpt_params p;
	struct span which;

	ck_assert_int_eq(rcpt_params_read(span_str(rcpt[_i].in), &p, &which), rcpt[_i].error);
}
END_TEST

START_TEST(values)
{
	struct mail_params m;
	struct rcpt_params r;
	struct span which;

	mail_params_read(span_str(" SIZE=12 BODY=8bitmime RET=HDRS ENVID=q"), &m, &which);
	ck_assert_uint_eq(m.size_bytes, 12);
	ck_assert(m.body_8bit && m.ret == RET_HDRS && span_is(m.envid, "q"));
	rcpt_params_read(span_str(" ORCPT=rfc822;x NOTIFY=FAILURE,DELAY"), &r, &which);
	ck_assert_uint_eq(r.notify, NOTIFY_FAILURE | NOTIFY_DELAY);
	ck_assert(span_is(r.orcpt, "rfc822;x") && !r.utf8);
	rcpt_params_read(span_str(" ORCPT=utf-8;\xc3\xb6@b"), &r, &which);
	ck_assert(r.utf8);
	mail_params_read(span_str(" smtputf8"), &m, &which);
	ck_assert(m.smtputf8 && m.size_bytes == 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("param");
	TCase *t = tcase_create("param");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, of_mail, 0, sizeof(mail) / sizeof(mail[0]));
	tcase_add_loop_test(t, of_rcpt, 0, sizeof(rcpt) / sizeof(rcpt[0]));
	tcase_add_test(t, values);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
