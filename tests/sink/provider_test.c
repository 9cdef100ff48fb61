#include "provider.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *name, *settings, *address, *want; /* NULL: taken */
} rcpts[] = {
	{ "taken", "", "a@x.example", NULL },
	{ "unknown user", "", "Nobody7@x.example", "550 5.1.1 no such user here" },
	{ "its own glob", "unknown=z?", "z1@x.example", "550 5.1.1 no such user here" },
	{ "full mailbox", "", "full@x.example", "552 5.2.2 mailbox full" },
	{ "a wish", "", "say-450+4.2.2+come+back@x.example", "450 4.2.2 come back" },
	{ "a wish wins", "rcpt=\"554 5.0.0 no\"", "say-450+x@x.example", "450 x" },
	{ "everyone refused", "rcpt=\"554 5.0.0 no\"", "a@x.example", "554 5.0.0 no" },
	{ "greylisted", "greylist=yes", "a@x.example", "451 4.7.1 greylisted, try again later" },
	{ "no domain", "", "say-550", NULL },
};

static const struct {
	const char *line, *error;
} bad[] = {
	{ "x", "\"x\" is not NAME ADDRESS:PORT" },
	{ "x 127.0.0.1:1 tls=maybe", "x: \"maybe\" is no value for tls" },
	{ "x 127.0.0.1:1 colour=red", "x: unknown setting \"colour\"" },
	{ "x 127.0.0.1:1 slow=-1", "x: \"-1\" is no value for slow" },
};

static struct arena *arena;

static void
make(struct provider *p, const char *text)
{
	struct err err;

	ck_assert_msg(provider_read(p, span_str(arena_printf(arena, "x 127.0.0.1:1 %s", text)),
			  arena, &err) == 0,
	    "%s", err.text);
}

START_TEST(answers_rcpt)
{
	struct provider p;
	const char *got;

	make(&p, rcpts[_i].settings);
	got = provider_at_rcpt(&p, span_str(rcpts[_i].address), arena);
	ck_assert_msg(span_eq(span_str(got), span_str(rcpts[_i].want)), "%s: %s", rcpts[_i].name,
	    got == NULL ? "taken" : got);
	free(p.seen);
}
END_TEST

START_TEST(bad_line_is_refused)
{
	struct provider p;
	struct err err;

	ck_assert_int_eq(provider_read(&p, span_str(bad[_i].line), arena, &err), -1);
	ck_assert_str_eq(err.text, bad[_i].error);
}
END_TEST

START_TEST(greylist_and_once_pass_the_second_time)
{
	struct provider p;

	make(&p, "greylist=yes");
	ck_assert_ptr_nonnull(provider_at_rcpt(&p, SPAN_LIT("a@x.example"), arena));
	ck_assert_ptr_null(provider_at_rcpt(&p, SPAN_LIT("a@x.example"), arena));
	ck_assert_ptr_nonnull(provider_at_rcpt(&p, SPAN_LIT("b@x.example"), arena));
	free(p.seen);
	make(&p, "");
	ck_assert_ptr_nonnull(provider_at_rcpt(&p, SPAN_LIT("once-450+no@x.example"), arena));
	ck_assert_ptr_null(provider_at_rcpt(&p, SPAN_LIT("once-450+no@x.example"), arena));
	free(p.seen);
}
END_TEST

START_TEST(throttles)
{
	struct provider p;

	make(&p, "throttle-every=2");
	ck_assert_ptr_null(provider_at_mail(&p, 0, 1));
	ck_assert_ptr_nonnull(provider_at_mail(&p, 1, 1));
	free(p.seen);
	make(&p, "throttle-after=2");
	ck_assert_ptr_null(provider_at_mail(&p, 1, 1));
	ck_assert_ptr_nonnull(provider_at_mail(&p, 2, 1));
	free(p.seen);
	make(&p, "throttle-rate=1");
	ck_assert_ptr_null(provider_at_mail(&p, 0, 1));
	ck_assert_ptr_nonnull(provider_at_mail(&p, 0, 1));
	ck_assert_ptr_null(provider_at_mail(&p, 0, 2));
	free(p.seen);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("provider");
	TCase *tc = tcase_create("provider");
	SRunner *runner = srunner_create(suite);
	int failed;

	arena = arena_new(0);
	tcase_add_loop_test(tc, answers_rcpt, 0, sizeof(rcpts) / sizeof(rcpts[0]));
	tcase_add_loop_test(tc, bad_line_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, greylist_and_once_pass_the_second_time);
	tcase_add_test(tc, throttles);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_free(arena);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
