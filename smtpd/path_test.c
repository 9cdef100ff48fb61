#include "path.h"
#include "utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *in;
	enum path_error error;
	const char *address, *rest;
} cases[] = {
	{ "<a@B.Example>", PATH_OK, "a@b.example", "" },
	{ "<a@b> SIZE=1", PATH_OK, "a@b", " SIZE=1" },
	{ "<>", PATH_OK, "", "" },
	{ "<> RET=FULL", PATH_OK, "", " RET=FULL" },
	{ "<Postmaster>", PATH_OK, "Postmaster", "" },
	{ "<@r.example,@s.example:a@b>", PATH_OK, "a@b", "" },
	{ "<\"a b\\\"@c\"@d>", PATH_OK, "\"a b\\\"@c\"@d", "" },
	{ "<a@[192.0.2.1]>", PATH_OK, "a@[192.0.2.1]", "" },
	{ "<a@[IPv6:2001:db8::1]>", PATH_OK, "a@[ipv6:2001:db8::1]", "" },
	{ "<a..b.@c>", PATH_OK, "a..b.@c", "" },
	{ "<a@b>junk", PATH_OK, "a@b", "junk" },
	{ "a@b", PATH_SYNTAX, "", "" },
	{ "<a@b", PATH_SYNTAX, "", "" },
	{ "<a@>", PATH_SYNTAX, "", "" },
	{ "<@b>", PATH_SYNTAX, "", "" },
	{ "<a>", PATH_SYNTAX, "", "" },
	{ "<a@b@c>", PATH_SYNTAX, "", "" },
	{ "<a@-b>", PATH_SYNTAX, "", "" },
	{ "<a@b->", PATH_SYNTAX, "", "" },
	{ "<a@b..c>", PATH_SYNTAX, "", "" },
	{ "<a@b.>", PATH_SYNTAX, "", "" },
	{ "<a b@c>", PATH_SYNTAX, "", "" },
	{ "<\"a@c>", PATH_SYNTAX, "", "" },
	{ "<\"a\\\\\"@c>", PATH_OK, "\"a\\\\\"@c", "" },
	{ "<\"a\\\"@c>", PATH_SYNTAX, "", "" },
	{ "<\"a\\\r\"@c>", PATH_SYNTAX, "", "" },
	{ "<\"a\\\x01\"@c>", PATH_SYNTAX, "", "" },
	{ "<a@[1.2.3.4>", PATH_SYNTAX, "", "" },
	{ "<", PATH_SYNTAX, "", "" },
	{ "", PATH_SYNTAX, "", "" },
	{ "<j\xc3\xb6rg@b>", PATH_OK, "j\xc3\xb6rg@b", "" },
	{ "<a@B\xc3\xbc"
	  "cher.example>",
	    PATH_OK, "a@xn--bcher-kva.example", "" },
	{ "<\xe7\x94\xa8@\xe4\xbe\x8b.example> SMTPUTF8", PATH_OK, "\xe7\x94\xa8@xn--fsq.example",
	    " SMTPUTF8" },
	{ "<\"j\xc3\xb6 x\"@b>", PATH_OK, "\"j\xc3\xb6 x\"@b", "" },
	{ "<j\xc3rg@b>", PATH_NOT_UTF8, "", "" },
	{ "<a@b\xff.example>", PATH_NOT_UTF8, "", "" },
	{ "<a@\xe2\x80\xa8.example>", PATH_NO_DOMAIN, "", "" },
	{ "<a@evil\xef\xbc\xa0"
	  "b.example>",
	    PATH_NO_DOMAIN, "", "" },                            /* U+FF20 becomes @ */
	{ "<a@b\xef\xbc\x8d.example>", PATH_NO_DOMAIN, "", "" }, /* U+FF0D becomes a hyphen */
	{ "<a@b23456789012345678901234567890123456789012345678901234567890123.c>", PATH_OK,
	    "a@b23456789012345678901234567890123456789012345678901234567890123.c", "" },
	{ "<a@b234567890123456789012345678901234567890123456789012345678901234.c>", PATH_SYNTAX, "",
	    "" },
	{ "<a23456789012345678901234567890123456789012345678901234567890123456@b>", PATH_LONG, "",
	    "" },
};

START_TEST(no_zero_byte_behind_a_backslash)
{
	struct arena *a = arena_new(0);
	struct span rest;
	struct path p;

	ck_assert_int_eq(path_read(SPAN_LIT("<\"a\\\0\"@c>"), a, &p, &rest), PATH_SYNTAX);
	arena_free(a);
}
END_TEST

START_TEST(paths)
{
	struct arena *a = arena_new(0);
	size_t n = strlen(cases[_i].in);
	char *exact = memcpy(malloc(n + 1), cases[_i].in, n); /* reading past the end shows */
	struct span rest = { NULL, 0 };
	struct path p;

	ck_assert_int_eq(path_read(span_of(exact, n), a, &p, &rest), cases[_i].error);
	if (cases[_i].error == PATH_OK) {
		ck_assert(span_is(p.address, cases[_i].address));
		ck_assert(span_is(rest, cases[_i].rest));
		ck_assert_int_eq(p.utf8, utf8_any_8bit(span_first(span_of(exact, n), n - rest.n)));
	}
	free(exact);
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("path");
	TCase *t = tcase_create("path");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, paths, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, no_zero_byte_behind_a_backslash);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
