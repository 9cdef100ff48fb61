#include "sum.h"
#include "mail.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *stuffed, *plain;
} dots[] = {
	{ "nothing to do", "a\r\nb\r\n", "a\r\nb\r\n" },
	{ "empty", "", "" },
	{ "first line", "..a\r\nb\r\n", ".a\r\nb\r\n" },
	{ "two in a row", "a\r\n..b\r\n..\r\nc\r\n", "a\r\n.b\r\n.\r\nc\r\n" },
	{ "last byte", "a\r\n..", "a\r\n." },
};

START_TEST(unstuffs)
{
	char text[64];
	size_t n = strlen(dots[_i].stuffed);

	memcpy(text, dots[_i].stuffed, n + 1);
	n = sum_unstuff(text, n);
	ck_assert_msg(span_is(span_of(text, n), dots[_i].plain), "%s", dots[_i].name);
}
END_TEST

static size_t
whole(struct mail_maker *maker, const struct mail_job *job, char *out)
{
	struct buf head;
	struct span body;
	size_t n;

	buf_init(&head, 4096);
	mail_head(maker, job, &head);
	body = mail_body(maker, job->number);
	memcpy(out, head.p, head.n);
	memcpy(out + head.n, body.p, body.n);
	n = sum_unstuff(out, head.n + body.n);
	buf_free(&head);
	return n;
}

START_TEST(a_made_message_checks)
{
	static char text[65536];
	struct mail_maker *maker =
	    mail_maker_new(&(struct mail_style){ .run = 7, .size_bytes = 10240, .html = _i == 1 });
	struct mail_job job = { .number = 42, .recipients = 1 };
	size_t n = whole(maker, &job, text);
	struct sum_facts facts = sum_check(span_of(text, n));

	ck_assert(span_is(facts.number, "7-42"));
	ck_assert(facts.unchanged);
	text[n - 10] ^= 1;
	ck_assert(!sum_check(span_of(text, n)).unchanged);
	text[n - 10] ^= 1;
	ck_assert(!sum_check(span_of(text, n - 2)).unchanged);
	mail_maker_free(maker);
}
END_TEST

START_TEST(foreign_mail_has_no_number)
{
	struct sum_facts facts = sum_check(SPAN_LIT("Subject: x\r\n\r\nX-Bench: 1-1\r\n"));

	ck_assert_uint_eq(facts.number.n, 0);
	ck_assert(!facts.unchanged);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sum");
	TCase *tc = tcase_create("sum");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tc, unstuffs, 0, sizeof(dots) / sizeof(dots[0]));
	tcase_add_loop_test(tc, a_made_message_checks, 0, 2);
	tcase_add_test(tc, foreign_mail_has_no_number);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
