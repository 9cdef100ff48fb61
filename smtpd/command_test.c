#include "command.h"

#include <check.h>

static const struct {
	const char *line;
	enum verb verb;
	const char *args;
} cases[] = {
	{ "EHLO c.example", VERB_EHLO, "c.example" },
	{ "ehlo  c.example  ", VERB_EHLO, "c.example" },
	{ "Data", VERB_DATA, "" },
	{ "MAIL FROM:<a@b> SIZE=1", VERB_MAIL, "FROM:<a@b> SIZE=1" },
	{ " NOOP", VERB_UNKNOWN, "" },
	{ "", VERB_UNKNOWN, "" },
	{ "STARTTLSX", VERB_UNKNOWN, "" },
	{ "QUIT\tnow", VERB_QUIT, "now" },
};

START_TEST(verbs_in_any_case)
{
	struct command c = command_read(span_str(cases[_i].line));

	ck_assert_int_eq(c.verb, cases[_i].verb);
	ck_assert(span_is(c.args, cases[_i].args));
}
END_TEST

START_TEST(colon_is_needed)
{
	struct span rest;

	ck_assert(command_colon(span_str("FROM:<a@b> X"), "FROM:", &rest));
	ck_assert(span_is(rest, "<a@b> X"));
	ck_assert(command_colon(span_str("from: <a@b>"), "FROM:", &rest));
	ck_assert(span_is(rest, "<a@b>"));
	ck_assert(!command_colon(span_str("FROM <a@b>"), "FROM:", &rest));
}
END_TEST

START_TEST(names_of_clients)
{
	ck_assert(command_helo_ok(span_str("[127.0.0.1]")));
	ck_assert(command_helo_ok(span_str("my_host")));
	ck_assert(!command_helo_ok(span_str("")));
	ck_assert(!command_helo_ok(span_str("two words")));
	ck_assert(!command_helo_ok(span_str("a(b)")));
	ck_assert(!command_helo_ok(span_str("\xc3\xa9.example")));
}
END_TEST

static const struct {
	const char *line;
	bool whole, foreign;
} lines[] = {
	{ "GET / HTTP/1.1", true, true },
	{ "get /", true, true },
	{ "POST", true, true },
	{ "HEAD / HTTP/1.0", true, true },
	{ "PUT /x HTTP/1.1", true, true },
	{ "OPTIONS * HTTP/1.1", true, true },
	{ "CONNECT mx.test:25 HTTP/1.1", true, true },
	{ "PRI * HTTP/2.0", true, true },
	{ "ODD /x HTTP/1.1", true, true },
	{ "INVITE sip:a@b.test SIP/2.0", true, true },
	{ "SSH-2.0-OpenSSH_9.2", true, true },
	{ "\x16\x03\x01\x02", false, true },
	{ "\x16", false, true },
	{ "G", false, false },
	{ "GET / HTTP/1.1", false, false },
	{ "EHLO c.example", true, false },
	{ "HELO HTTP/1.1", true, false },
	{ "NOOP / HTTP/1.1", true, false },
	{ "XYZZY", true, false },
	{ "GETS", true, false },
	{ "", true, false },
	{ "\xc3\xa9", true, false },
};

START_TEST(what_is_not_smtp)
{
	ck_assert_msg(
	    command_is_foreign(span_str(lines[_i].line), lines[_i].whole) == lines[_i].foreign,
	    "%s", lines[_i].line);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("command");
	TCase *t = tcase_create("command");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, verbs_in_any_case, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, what_is_not_smtp, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, colon_is_needed);
	tcase_add_test(t, names_of_clients);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
