#include "transcript.h"

#include <check.h>

static const struct {
	const char *name, *text, *address, *reply; /* the last one refused */
	unsigned n;
} cases[] = {
	{ "sendmail", ">>> RCPT To:<joe@example.org>\n<<< 550 5.1.1 no\n", "joe@example.org",
	    "550 5.1.1 no", 1 },
	{ "Postfix", " In:  RCPT TO:<joe@example.org>\n Out: 550 no\n", "joe@example.org", "550 no",
	    1 },
	{ "with times", "Mon 10:00:00: --> RCPT To:<joe@example.org>\nMon 10:00:00: <-- 550 no\n",
	    "joe@example.org", "550 no", 1 },
	{ "names of turns", "Command: RCPT TO: <joe@example.org>\nResponse: 550 no\n",
	    "joe@example.org", "550 no", 1 },
	{ "DATA fails who was accepted",
	    "In: RCPT TO:<a@example.org>\nOut: 250 ok\nIn: RCPT TO:<b@example.org>\nOut: 250 "
	    "ok\nIn: "
	    "DATA\nOut: 354 go\nOut: 451 no\n",
	    "b@example.org", "451 no", 2 },
	{ "nobody refused", "In: RCPT TO:<a@example.org>\nOut: 250 ok\n", NULL, NULL, 0 },
	{ "no reply", "RCPT TO: joe@example.org\n", NULL, NULL, 0 },
};

struct last {
	struct span address, reply;
};

static void
take(void *ctx, struct span address, struct span reply)
{
	*(struct last *)ctx = (struct last){ address, reply };
}

START_TEST(dialogues)
{
	struct last last = { 0 };

	ck_assert_msg(transcript_read(span_str(cases[_i].text), take, &last) == cases[_i].n, "%s",
	    cases[_i].name);
	if (cases[_i].n == 0)
		return;
	ck_assert_msg(span_is(last.address, cases[_i].address), "%s", cases[_i].name);
	ck_assert_msg(span_is(last.reply, cases[_i].reply), "%s", cases[_i].name);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("transcript");
	TCase *t = tcase_create("transcript");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, dialogues, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
