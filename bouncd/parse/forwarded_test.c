#include "forwarded.h"

#include <check.h>

static const struct {
	const char *name, *text, *message;
} cases[] = {
	{ "Apple",
	    "Look.\n\nBegin forwarded message:\n\n> From: Mailer <m@x.example>\n> Subject: "
	    "Returned\n>\n> not there\n",
	    "From: Mailer <m@x.example>\nSubject: Returned\n\n\nnot there\n" },
	{ "Outlook, German",
	    "-----Ursprüngliche Nachricht-----\r\nVon: m@x.example\r\nGesendet: "
	    "heute\r\nBetreff: Unzustellbar\r\n\r\nweg\r\n",
	    "From: m@x.example\nDate: heute\nSubject: Unzustellbar\n\n\nweg\n" },
	{ "bold", "Forwarded message\n*From:* m@x.example\n*Subject:* s\n\nb\n",
	    "From: m@x.example\nSubject: s\n\n\nb\n" },
	{ "no fields", "Begin forwarded message:\n\nhello\nyou\n", NULL },
	{ "no announcement", "From: a\nSubject: b\n\nc\n", NULL },
	{ "empty", "", NULL },
};

START_TEST(becomes)
{
	struct arena *a = arena_new(0);
	struct span s = forwarded_message(span_str(cases[_i].text), a);

	ck_assert_msg(span_is(s, cases[_i].message == NULL ? "" : cases[_i].message),
	    "%s: \"%.*s\"", cases[_i].name, SPAN(s));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("forwarded");
	TCase *t = tcase_create("forwarded");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, becomes, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
