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
	{ "=?big5?b?pECk61A=?= <a@acme.example>", true },
	{ "=?gbk?q?=81=40?= <a@acme.example>", true },
	{ "=?x-ias-german?q?J|rg?= <a@acme.example>", true },
	{ "=?utf-8?q?Me_=40_home?= <a@acme.example>", true },
	{ "=?utf-8?q?Is_it_me?= =?utf-8?q?=3F?= <a@acme.example>", true },
	{ "\xe2\x80\x8f\xd7\x90 <a@acme.example>", true }, /* a mark of direction, Hebrew */
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
	{ "=?utf_16?b?AHgAQABl?= <a@acme.example>", false },
	{ "=?u7?q?x+AEA-evil.example?= <a@acme.example>", false },
	{ "=?cp500?q?=A7=7C=85?= <a@acme.example>", false },
	{ "=?ibm870?q?=A7=7C=85?= <a@acme.example>", false },
	{ "=?raw_unicode_escape?q?x=5Cu0040evil.example?= <a@acme.example>", false },
	{ "=?punycode?q?x?= <a@acme.example>", false },
	/* escapes of another charset, first bytes that make no character */
	{ "=?utf-8?q?=1B=24x=40evil.example?= <a@acme.example>", false },
	{ "=?iso-2022-jp?q?=1B=24Zx=40evil.example?= <a@acme.example>", false },
	{ "=?iso-2022-jp?q?=1B=24B=21=21=1B(Bx=40evil.example?= <a@acme.example>", false },
	{ "=?iso-2022-jp?q?x_=40evil=1B(B.example?= <a@acme.example>", false },
	{ "=?shift_jis?q?x=B1=40evil.example?= <a@acme.example>", false },
	{ "=?shift_jis?q?x=A0=40evil.example?= <a@acme.example>", false },
	{ "=?shift_jis?q?x=86=40evil.example?= <a@acme.example>", false },
	{ "=?gbk?q?x=A2=40evil.example?= <a@acme.example>", false },
	{ "=?big5?q?x=81=40evil.example?= <a@acme.example>", false },
	{ "=?ks_c_5601-1987?q?x=B0=40evil.example?= <a@acme.example>", false },
	/* what programs read differently */
	{ "=?utf-8?q?=?utf-8?q?=40evil.example?= <a@acme.example>", false },
	{ "=?utf-8?b?eA==QGV2aWwuZXhhbXBsZQ==?= <a@acme.example>", false },
	{ "=?utf-8?q?x=0D=0ASubject:_y?= <a@acme.example>", false },
	{ "=?utf-8?q?x=00?= <a@acme.example>", false },
	{ "=?utf-8?q?x=40acme.example=5Fevil.example?= <a@acme.example>", false },
	{ "=?utf-8?q?x=40_evil.example?= <a@acme.example>", false },
	{ "=?utf-8?q?x=40(y)evil.example?= <a@acme.example>", false },
	{ "\"=?utf-8?q?=22_=3C?=x@evil.example>\" <a@acme.example>", false },
	{ "(x@ evil.example) a@acme.example", false },
	{ "x\xe2\x80\xaemoc.live@ <a@acme.example>", false },
	{ "\"x\xe2\x80\xaemoc.live\" <a@acme.example>", false },
	{ "=?utf-8?q?x=E2=80=AEmoc.live=40?= <a@acme.example>", false },
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
	{ "From: a@acme.example\r\nFrom\r\n : x@evil.example\r\n", false },
	{ "From: a@acme.example\r\nsender \r\n\t\r\n : x@evil.example\r\n", false },
	{ "From: a@acme.example\r\nFrom here on no field\r\n", true },
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

/* The sender of a message without From becomes its author. */
START_TEST(addresses)
{
	static const struct {
		const char *address;
		bool ok;
	} senders[] = {
		{ "a@acme.example", true },
		{ "\"j doe\"@acme.example", true },
		{ "\"x@evil.example, \"@acme.example", false },
		{ "\"\\\"@evil.example> \"@acme.example", false },
		{ "=?utf-8?q?x=40evil.example?=@acme.example", false },
		{ "a..b@acme.example", false },
	};
	struct originator_fault fault;

	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++)
		ck_assert_msg(originator_address_ok(span_str(senders[i].address), &rule, &fault) ==
				  senders[i].ok,
		    "%s", senders[i].address);
}
END_TEST

/* Work grows with the value, not with its square: these take no time, or minutes. */
START_TEST(long_values)
{
	static const char *const pieces[] = { "=?x?q? ", "=?", "\"\" ", "(", "@", "a, ",
		"=?x?q?a?= ", "=?utf-8?q?=40?= ", "=?utf-8?q?a?= @ " };
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
	tcase_add_test(t, addresses);
	tcase_add_loop_test(t, long_values, 0, 9);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
