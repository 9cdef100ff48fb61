#include "recipient_line.h"

#include <check.h>

static const struct {
	const char *line, *address; /* NULL: it begins with none */
	bool opens;
} cases[] = {
	{ "<joe@example.org>: 550 no", "joe@example.org", true },
	{ "  joe@example.org", "joe@example.org", true },
	{ ">>> joe@example.org", "joe@example.org", true },
	{ "   * joe@example.org", "joe@example.org", true },
	{ "1. joe@example.org   No such user", "joe@example.org", true },
	{ "Recipient: [SMTP:joe@example.org]", "joe@example.org", true },
	{ "Final-Recipient: rfc822; joe@example.org", "joe@example.org", true },
	{ "Failed address: joe@example.org", "joe@example.org", true },
	{ "c=US;a= ;p=X;dda:SMTP=joe@example.org; on Mon", "joe@example.org", true },
	{ "joe@example.org    550 5.1.1 no", "joe@example.org", true },
	{ "joe@example.org 5.2.2 over", "joe@example.org", true },
	{ "joe@example.org 5 hours", "joe@example.org", false },
	{ "joe@example.org am 02.03.2006", "joe@example.org", false },
	{ "Original Sender: <ann@example.org>", NULL, false },
	{ "write to joe@example.org", NULL, false },
	{ "", NULL, false },
};

START_TEST(lines)
{
	struct recipient_line r;
	bool found = recipient_line(span_str(cases[_i].line), &r);

	ck_assert_msg(found == (cases[_i].address != NULL), "%s", cases[_i].line);
	if (!found)
		return;
	ck_assert_msg(
	    span_is(r.address, cases[_i].address), "%s: %.*s", cases[_i].line, SPAN(r.address));
	ck_assert_msg(r.opens == cases[_i].opens, "%s", cases[_i].line);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("recipient_line");
	TCase *t = tcase_create("recipient_line");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, lines, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
