#include "refusal.h"

#include <check.h>

static const struct {
	const char *line;
	bool of_place, of_number;
} cases[] = {
	{ "503 5.5.1 nested MAIL command", true, false },
	{ "503 bad sequence of commands", true, false },
	{ "554 5.5.1 no valid recipients", false, false },
	{ "452 4.5.3 Error: too many recipients", false, true },
	{ "452 4.5.3 one message, one place", false, true },
	{ "451 4.5.3 Too many recipients", false, true },
	{ "552 too many recipients", false, true },
	{ "452 Too many recipients", false, true },
	{ "452 Maximum number of recipients reached", false, true },
	{ "550 5.5.3 too many recipients", false, true },
	{ "550 too many recipients", false, true },
	{ "452 4.3.1 Insufficient system storage", false, false },
	{ "452 4.2.2 Too many messages for recipients over their limit", false, false },
	{ "450 4.7.1 Error: too many recipients from 192.0.2.1", false, false },
	{ "450 too many recipients this hour", false, false },
	{ "452 out of space", false, false },
	{ "250 2.5.3 fine", false, false },
};

START_TEST(each)
{
	struct reply r;
	struct err err;

	reply_init(&r);
	ck_assert_int_eq(reply_line(&r, span_str(cases[_i].line), &err), REPLY_DONE);
	ck_assert_msg(refusal_is_of_place(&r) == cases[_i].of_place, "%s", cases[_i].line);
	ck_assert_msg(refusal_is_of_number(&r) == cases[_i].of_number, "%s", cases[_i].line);
	reply_free(&r);
}
END_TEST

static const struct {
	const char *line;
	bool of_mechanism;
} to_auth[] = {
	{ "504 5.7.4 Unrecognized authentication type", true },
	{ "504 5.5.4 no such thing", true },
	{ "501 5.5.2 Cannot decode the response", true },
	{ "535 5.7.8 Error: authentication failed: no mechanism available", true },
	{ "535 Authentication mechanism not supported", true },
	{ "535 5.7.8 Error: authentication failed: authentication failure", false },
	{ "535 5.7.3 Authentication unsuccessful", false },
	{ "454 4.7.0 Temporary authentication failure", false },
	{ "530 5.7.0 Must issue a STARTTLS command first", false },
	{ "235 2.7.0 mechanism not supported, but welcome", false },
};

START_TEST(each_to_auth)
{
	struct reply r;
	struct err err;

	reply_init(&r);
	ck_assert_int_eq(reply_line(&r, span_str(to_auth[_i].line), &err), REPLY_DONE);
	ck_assert_msg(
	    refusal_is_of_mechanism(&r) == to_auth[_i].of_mechanism, "%s", to_auth[_i].line);
	reply_free(&r);
}
END_TEST

static const struct {
	const char *line;
	bool of_connection;
} to_mail[] = {
	{ "452 4.5.3 Too many recipients: Too many messages sent", true }, /* OpenSMTPD */
	{ "450 too many messages in this session", true },
	{ "451 4.7.0 limit of 10 mails per connection", true },
	{ "452 too many transactions, open a new connection", true },
	{ "450 4.7.1 Error: too much mail from 192.0.2.1", false },
	{ "451 4.7.1 too many messages this hour", false },
	{ "452 4.5.3 rate of messages exceeded", false },
	{ "451 4.7.1 too many connections from your address", false },
	{ "452 4.3.1 Insufficient system storage", false },
	{ "250 2.5.3 fine", false },
};

START_TEST(each_to_mail)
{
	struct reply r;
	struct err err;

	reply_init(&r);
	ck_assert_int_eq(reply_line(&r, span_str(to_mail[_i].line), &err), REPLY_DONE);
	ck_assert_msg(
	    refusal_is_of_connection(&r) == to_mail[_i].of_connection, "%s", to_mail[_i].line);
	reply_free(&r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("refusal");
	TCase *t = tcase_create("refusal");
	SRunner *r;
	int bad;

	tcase_add_loop_test(t, each, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, each_to_auth, 0, sizeof(to_auth) / sizeof(to_auth[0]));
	tcase_add_loop_test(t, each_to_mail, 0, sizeof(to_mail) / sizeof(to_mail[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
