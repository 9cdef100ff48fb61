#include "idna.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *domain, *ascii; /* ascii NULL: it is not a valid domain */
} cases[] = {
	{ "b.example", "b.example" },
	{ "[192.0.2.1]", "[192.0.2.1]" },
	{ "b\xc3\xbc"
	  "cher.example",
	    "xn--bcher-kva.example" },
	{ "B\xc3\x9c"
	  "CHER.EXAMPLE",
	    "xn--bcher-kva.example" },
	{ "a_b.\xc3\xbc.example", "a_b.xn--tda.example" },
	{ "a\xe3\x80\x82"
	  "example",
	    "a.example" }, /* U+3002: a dot */
	{ "a\xef\xbc\xa0"
	  "b.example",
	    NULL },               /* U+FF20: @ */
	{ "\xef\xb9\x87", NULL }, /* U+FE47: [ */
	{ "a\xe2\x84\x80"
	  "b.example",
	    NULL }, /* U+2100: a/c */
	{ "a\xc2\xa0"
	  "b.example",
	    NULL },                        /* U+00A0: a space */
	{ "a\xef\xbc\x9e.example", NULL }, /* U+FF1E: > */
	{ "a\xef\xbc\x9a.example", NULL }, /* U+FF1A: : */
	{ "a.\xe3\x80\x82"
	  "example",
	    NULL }, /* an empty label */
	{ "\xef\xbc\x8e"
	  "example",
	    NULL }, /* U+FF0E */
	{ "\xc3\xbc.example\xe3\x80\x82", NULL },
	{ "\xff\xfe", NULL },
};

START_TEST(each_case)
{
	struct arena *a = arena_new(0);
	struct span out;
	int r = idna_ascii(span_str(cases[_i].domain), a, &out);

	if (cases[_i].ascii == NULL)
		ck_assert_msg(r == -1, "%s: %.*s", cases[_i].domain, SPAN(out));
	else
		ck_assert_msg(r == 0 && span_is(out, cases[_i].ascii), "%s: %.*s", cases[_i].domain,
		    SPAN(out));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("idna");
	TCase *t = tcase_create("idna");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, each_case, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
