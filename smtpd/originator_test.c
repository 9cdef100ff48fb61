#include "originator.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static bool
is_acme(const void *ctx, struct span domain)
{
	(void)ctx;
	return span_is_nocase(domain, "acme.example") ||
	       span_is_nocase(domain, "news.acme.example");
}

static const struct originator_rule rule = { is_acme, NULL, false };
static const struct originator_rule report = { is_acme, NULL, true };

static const struct {
	const char *value;
	bool ok;
} froms[] = {
	{ "a@acme.example", true },
	{ "<a@acme.example>", true },
	{ " Me <a@Acme.Example>", true },
	{ "Dr. J. Me <a@acme.example>", true },
	{ "a@acme.example (Me, at home)", true },
	{ "(Me) a@acme.example", true },
	{ "(a (b (c))) Me (d) <a@acme.example> (e)", true },
	{ "\"x@evil.example\" <a@acme.example>", true },
	{ "\"Me \\\"the\\\" One\" <a@acme.example>", true },
	{ "\"a@acme.example <a@acme.example>\" <a@acme.example>", true },
	{ "a@acme.example, B <b@news.acme.example>", true },
	{ "a@acme.example,\r\n b@acme.example", true },
	{ "J\xc3\xb6rg <a@acme.example>", true },
	{ "\"j doe\"@acme.example", true },
	{ "=?utf-8?q?J=C3=B6rg,_Acme?= <a@acme.example>", true },
	{ "=?utf-8?q?J=C3=B6rg_=28a=40acme.example=29?= <a@acme.example>", true },
	{ "=?utf-8?b?YUBhY21lLmV4YW1wbGU=?= <a@acme.example>", true },
	{ "=?iso-2022-jp?b?GyRCIUBBaBsoQg==?= <a@acme.example>", true },
	{ "=?shift_jis?q?=83=40=83A?= <a@acme.example>", true },
	{ "Me @ home <a@acme.example>", false },
	{ "", false },
	{ "nobody", false },
	{ "a@", false },
	{ "@acme.example", false },
	{ "<@acme.example>", false },
	{ "<>", false },
	{ "Me", false },
	{ "a@acme.example,", false },
	{ ",a@acme.example", false },
	{ "a@acme.example, b@evil.example", false },
	{ "x@evil.example <a@acme.example>", false },
	{ "a@acme.example <x@evil.example>", false },
	{ "Me a@acme.example", false },
	{ "a@acme.example b@acme.example", false },
	{ "a@acme.example.evil.example", false },
	{ "a@acme.example@evil.example", false },
	{ "a@[192.0.2.1]", false },
	{ "a @acme.example", false },
	{ "a@ acme.example", false },
	{ "a@acme.example.", false },
	{ "a..b@acme.example", false },
	{ "<a@acme.example", false },
	{ "a@acme.example>", false },
	{ "<<a@acme.example>>", false },
	{ "<@evil.example:a@acme.example>", false },
	{ "Friends: a@acme.example;", false },
	{ "Acme, Inc. <a@acme.example>", false },
	{ "Me [x] <a@acme.example>", false },
	{ "\"unclosed <a@acme.example>", false },
	{ "\"unclosed \\\" <a@acme.example>", false },
	{ "(unclosed <a@acme.example>", false },
	{ "(un(closed) <a@acme.example>", false },
	{ "\\\"x@evil.example <a@acme.example>", false },
	{ "\\\" <x@evil.example> \\\" <a@acme.example>", false },
	{ "\"\\\" <x@evil.example>\" <a@acme.example>", false },
	{ "\"<x@evil.example>\" <a@acme.example>", false },
	{ "\"x@evil.example\\\\\" <a@acme.example>", false },
	{ "(x@evil.example (y@z)) a@acme.example", false },
	{ "\"x@evil.example\"@acme.example", false },
	{ "\"x@evil.example>\"@acme.example", false },
	{ "\"x@evil.example y\"@acme.example", false },
	{ "=?utf-8?q?x=40evil.example=3E?=@acme.example", false },
	{ "=?utf-8?q?x?=@acme.example", false },
	{ "<=?utf-8?q?x=40evil.example?=@acme.example>", false },
	{ "=?utf-8?q?x=40evil.example?= <a@acme.example>", false },
	{ "=?utf-8?b?eEBldmlsLmV4YW1wbGU=?= <a@acme.example>", false },
	{ "\"=?utf-8?q?=22_<x=40evil.example>,?=\" <a@acme.example>", false },
	{ "=?utf-8?q?x?= =?utf-8?q?=40evil.example?= <a@acme.example>", false },
	{ "=?utf-8?q?x=40?=evil.example <a@acme.example>", false },
	{ "=?utf-7?q?x+AEA-evil.example?= <a@acme.example>", false },
	{ "=?utf-16?b?AHgAQABl?= <a@acme.example>", false },
	{ "J\xf6rg <a@acme.example>", false },
	{ "a@acme.example\x01", false },
	{ "Me\x1b[2J <a@acme.example>", false },
};

static bool
judge(const char *field, const char *value, const struct originator_rule *r)
{
	char header[1024];
	struct originator_fault fault;
	bool ok;

	snprintf(header, sizeof(header), "Received: x\r\n%s%s%s\r\nSubject: x\r\n", field,
	    field[0] == '\0' ? "X-Nothing: " : ": ", value);
	ok = originator_fields_ok(span_str(header), r, &fault);
	if (!ok)
		ck_assert_ptr_nonnull(fault.why);
	return ok;
}

START_TEST(from_fields)
{
	ck_assert_msg(judge("From", froms[_i].value, &rule) == froms[_i].ok, "%s", froms[_i].value);
}
END_TEST

static const struct {
	const char *header;
	bool ok;
} headers[] = {
	{ "From: a@acme.example\r\n", true },
	{ "from : a@acme.example\r\n", true },
	{ "Subject: x\r\n", true },
	{ "Subject: x\r\nSender: x@evil.example\r\n", false },
	{ "From: a@acme.example\r\nFrom: b@acme.example\r\n", false },
	{ "From: a@acme.example\r\nFROM : x@evil.example\r\n", false },
	{ "From: a@acme.example\r\nSender: s@news.acme.example\r\n", true },
	{ "From: a@acme.example\r\nSender: s@evil.example\r\n", false },
	{ "From: a@acme.example\r\nSender: a@acme.example, b@acme.example\r\n", false },
	{ "From: a@acme.example\r\nResent-From: x@evil.example\r\n", false },
	{ "From: a@acme.example\r\nResent-Sender: x@evil.example\r\n", false },
	{ "From: a@acme.example\r\nResent-From: a@acme.example\r\n"
	  "Resent-From: b@acme.example\r\n",
	    true },
	{ "From: a@acme.example\r\nReply-To: x@elsewhere.example\r\n", true },
	{ "From: a@acme.example,\r\n\tx@evil.example\r\n", false },
};

START_TEST(all_fields)
{
	struct originator_fault fault;

	ck_assert_msg(
	    originator_fields_ok(span_str(headers[_i].header), &rule, &fault) == headers[_i].ok,
	    "%s", headers[_i].header);
}
END_TEST

START_TEST(reports)
{
	ck_assert(judge("From", "MAILER-DAEMON@web1.lan (Mail Delivery System)", &report));
	ck_assert(judge("From", "MAILER-DAEMON <>", &report));
	ck_assert(judge("From", "<postmaster@localhost>", &report));
	ck_assert(!judge("From", "boss@web1.lan", &report));
	ck_assert(!judge("From", "MAILER-DAEMON@web1.lan, boss@victim.example", &report));
	ck_assert(!judge("From", "MAILER-DAEMON@web1.lan", &rule));
}
END_TEST

/* Work grows with the value, not with its square: these take no time, or minutes. */
START_TEST(long_values)
{
	static const char *const pieces[] = { "=?x?q? ", "=?", "\"\" ", "(", "@", "a, ",
		"=?x?q?a?= " };
	static char value[256 * 1024];
	struct originator_fault fault;
	size_t n = strlen(pieces[_i]), at = (size_t)snprintf(value, sizeof(value), "From: ");

	for (; at + n + 1 < sizeof(value); at += n)
		memcpy(value + at, pieces[_i], n + 1);
	ck_assert(!originator_fields_ok(span_str(value), &rule, &fault));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("originator");
	TCase *t = tcase_create("fields");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, from_fields, 0, sizeof(froms) / sizeof(froms[0]));
	tcase_add_loop_test(t, all_fields, 0, sizeof(headers) / sizeof(headers[0]));
	tcase_add_test(t, reports);
	tcase_add_loop_test(t, long_values, 0, 7);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
