#include "compose.h"

#include <check.h>
#include <string.h>

#define MADE  "Date: D\r\nFrom: F <f@x>\r\nMessage-ID: <m@x>\r\n"
#define THERE "From: a@b\r\nDate: b\r\nMessage-Id: c\r\n"

static const struct {
	const char *rule, *in;
	bool dot_ends;
	const char *out;
} cases[] = {
	{ "what is missing is added", "Subject: s\n\nhi\n", false,
	    MADE "Subject: s\r\n\r\nhi\r\n" },
	{ "what is there stays", THERE "\r\nhi\r\n", false, THERE "\r\nhi\r\n" },
	{ "names have no case", "FROM: a@b\ndate: b\nmessage-id: c\n\n", false,
	    "FROM: a@b\r\ndate: b\r\nmessage-id: c\r\n\r\n" },
	{ "Bcc goes, with what it continues on", THERE "bcc: x,\n y\nTo: z@x\n\n", false,
	    THERE "To: z@x\r\n\r\n" },
	{ "no header at all", "hello\nworld\n", false, MADE "\r\nhello\r\nworld\r\n" },
	{ "a body without an empty line before it", "Subject: s\nhello world\n", false,
	    MADE "Subject: s\r\n\r\nhello world\r\n" },
	{ "nothing", "", false, MADE "\r\n" },
	{ "mbox line", "From a@b Tue Nov 24\n" THERE "\nx\n", false, THERE "\r\nx\r\n" },
	{ "a dot alone ends", THERE "\nx\n.\ny\n", true, THERE "\r\nx\r\n" },
	{ "or does not", THERE "\nx\n.\ny\n", false, THERE "\r\nx\r\n.\r\ny\r\n" },
	{ "CR CR LF is one line end", THERE "\nx\r\r\ny", false, THERE "\r\nx\r\ny\r\n" },
	{ "a lone CR in the body ends a line", THERE "\nx\ry\n", false, THERE "\r\nx\r\ny\r\n" },
	{ "a lone CR in the header makes no header line", THERE "S: a\rBcc: b\n\n", false,
	    THERE "S: a Bcc: b\r\n\r\n" },
	{ "cron's From gets its domain", "From: root (Cron Daemon)\nDate: b\nMessage-Id: c\n\n",
	    false, "From: root@o.test (Cron Daemon)\r\nDate: b\r\nMessage-Id: c\r\n\r\n" },
	{ "each address without a domain gets it, and nothing else changes",
	    THERE "To: \"A, B\" <root> , b@x,\n\t(c) \"q r\" , g: d;\nCC:ops\n\n", false,
	    THERE "To: \"A, B\" <root@o.test> , b@x,\r\n\t(c) \"q r\"@o.test , g: d@o.test;\r\n"
		  "CC:ops@o.test\r\n\r\n" },
	{ "Sender, Reply-To and Resent- fields", THERE "Sender: a\nReply-to: b\nResent-From: c\n\n",
	    false,
	    THERE "Sender: a@o.test\r\nReply-to: b@o.test\r\nResent-From: c@o.test\r\n\r\n" },
	{ "what is not an address stays", THERE "To: a b, <c, <>, x:;\nSubject: root\n\n", false,
	    THERE "To: a b, <c, <>, x:;\r\nSubject: root\r\n\r\n" },
};

START_TEST(compose_cases)
{
	struct compose how = { .from = SPAN_LIT("f@x"),
		.full_name = SPAN_LIT("F"),
		.date = SPAN_LIT("D"),
		.message_id = SPAN_LIT("m@x"),
		.origin = SPAN_LIT("o.test"),
		.dot_ends = cases[_i].dot_ends };
	struct buf out;

	buf_init(&out, 4096);
	compose_message(&how, span_str(cases[_i].in), &out);
	ck_assert(!buf_over(&out));
	ck_assert_msg(span_is(buf_all(&out), cases[_i].out), "%s:\n%.*s", cases[_i].rule,
	    SPAN(buf_all(&out)));
	buf_free(&out);
}
END_TEST

START_TEST(full_name_is_quoted)
{
	struct compose how = { .from = SPAN_LIT("f@x"),
		.full_name = SPAN_LIT("A \"b\", C\r\nX: y"),
		.date = SPAN_LIT("D"),
		.message_id = SPAN_LIT("m@x") };
	struct buf out;

	buf_init(&out, 4096);
	compose_message(&how, SPAN_LIT(""), &out);
	ck_assert(span_find_str(buf_all(&out), "From: \"A \\\"b\\\", C  X: y\" <f@x>\r\n") >= 0);
	buf_free(&out);
}
END_TEST

START_TEST(too_large)
{
	struct compose how = {
		.from = SPAN_LIT("f@x"), .date = SPAN_LIT("D"), .message_id = SPAN_LIT("m@x")
	};
	struct buf out;

	buf_init(&out, 60);
	compose_message(&how, SPAN_LIT("\nhello world, this is longer than sixty bytes\n"), &out);
	ck_assert(buf_over(&out));
	buf_free(&out);
}
END_TEST

START_TEST(dots)
{
	struct buf out;

	buf_init(&out, 4096);
	compose_dots(SPAN_LIT(".a\r\nb.\r\n..\r\n.\r\n"), &out);
	ck_assert(span_is(buf_all(&out), "..a\r\nb.\r\n...\r\n..\r\n"));
	buf_free(&out);
}
END_TEST

static const struct {
	const char *rule, *in, *to;
} takings[] = {
	{ "To, Cc and Bcc", "To: a@x\nCC: b@x\nSubject: c@x\nbcc: d@x\n\nTo: e@x\n",
	    "a@x b@x d@x " },
	{ "names, comments, quotes",
	    "To: A <a@x>, \"B, <q@x>\" <b@x>,\n\t(c@x) d@x (Mr. (D)), e@ x\n\n",
	    "a@x b@x d@x e@x " },
	{ "groups", "To: friends: a@x, B <b@x>; , c@x\nCc: undisclosed-recipients:;\n\n",
	    "a@x b@x c@x " },
	{ "a quoted local part", "To: \"a b\"@x, root\n\n", "\"a b\"@x root " },
	{ "a route", "To: <@r,@s:a@x>\n\n", "a@x " },
	{ "resent", "To: a@x\nResent-To: b@x\nResent-Bcc: c@x\n\n", "b@x c@x " },
	{ "open ends are wrong", "To: \"a, (b <c@x\nCc: (open, d@x\nBcc: <e@x\n\n", "! ! " },
	{ "white space makes no other address of it", "To: mailer daemon@x, a . b @ x, a@x y\n\n",
	    "! a.b@x ! " },
	{ "a domain literal", "To: <b@[IPv6:2001:db8::1]>, c@[192.0.2.1], <d@[e>\n\n",
	    "b@[IPv6:2001:db8::1] c@[192.0.2.1] ! " },
	{ "a quoted local part in <>", "To: J <\"john doe\"@x>, \"a>b,c\"@x\n\n",
	    "\"john doe\"@x \"a>b,c\"@x " },
	{ "a comma or a bracket that is missing", "To: <a@x> <b@x>\nCc: a@x>, @x, a@\n\n",
	    "! ! ! ! " },
	{ "what stands behind an address", "To: A <a@x> (A) A\n\n", "a@x " },
	{ "nobody", "To: , ,;<>\n\n", "" },
};

static void
on_address(void *ctx, const struct address *a)
{
	buf_printf(ctx, "%.*s ", SPAN(a->wrong != NULL ? SPAN_LIT("!") : a->text));
}

START_TEST(recipients)
{
	struct arena *arena = arena_new(0);
	struct buf out;

	buf_init(&out, 4096);
	compose_recipients(span_str(takings[_i].in), arena, on_address, &out);
	ck_assert_msg(span_is(buf_all(&out), takings[_i].to), "%s: %.*s", takings[_i].rule,
	    SPAN(buf_all(&out)));
	buf_free(&out);
	arena_free(arena);
}
END_TEST

START_TEST(an_address_that_is_too_long)
{
	struct arena *arena = arena_new(0);
	struct address a;
	struct buf list;
	size_t at = 0;

	buf_init(&list, 8192);
	for (unsigned i = 0; i < ADDRESS_BYTES; i++)
		buf_byte(&list, 'a');
	buf_str(&list, "@x, b@x");
	ck_assert(addresses_next(buf_all(&list), &at, arena, &a));
	ck_assert_ptr_nonnull(a.wrong);
	ck_assert(addresses_next(buf_all(&list), &at, arena, &a));
	ck_assert(span_is(a.text, "b@x"));
	ck_assert(!addresses_next(buf_all(&list), &at, arena, &a));
	buf_free(&list);
	arena_free(arena);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("compose");
	TCase *t = tcase_create("compose");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, compose_cases, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, full_name_is_quoted);
	tcase_add_test(t, too_large);
	tcase_add_test(t, dots);
	tcase_add_loop_test(t, recipients, 0, sizeof(takings) / sizeof(takings[0]));
	tcase_add_test(t, an_address_that_is_too_long);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
