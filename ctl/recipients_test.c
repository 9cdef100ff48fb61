#include "recipients.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *rule, *words[4], *list, *wrong;
} cases[] = {
	{ "one each", { "a@x", "<b@y>" }, "a@x b@y ", "" },
	{ "a name alone gets the origin", { "root", "\"a b\"" }, "root@o.test \"a b\"@o.test ",
	    "" },
	{ "several in a word, with names", { "a@x,b@y", "C D <c@x>, e" }, "a@x b@y c@x e@o.test ",
	    "" },
	{ "each once, in the order they came in", { "b@X,a@x", "b@x", "B@x, a@X" }, "b@X a@x B@x ",
	    "" },
	{ "literals and quotes", { "<b@[IPv6:2001:db8::1]>", "\"john doe\"@x" },
	    "b@[IPv6:2001:db8::1] \"john doe\"@x ", "" },
	{ "white space", { "a@x", "mailer daemon@x" }, "a@x ",
	    "\"mailer daemon@x\" is not an address: there is white space in it" },
	{ "an empty word", { "" }, "", "\"\" is not an address: nothing of one is in it" },
	{ "the null sender is nobody", { "<>" }, "",
	    "\"<>\" is not an address: nothing of one is in it" },
	{ "a control byte", { "a\001b@x" }, "",
	    "\"a\001b@x\" is not an address: there is a control byte in it" },
};

START_TEST(words)
{
	struct recipients r = { .arena = arena_new(0), .origin = SPAN_LIT("o.test") };
	char list[400] = "";

	for (unsigned i = 0; i < 4 && cases[_i].words[i] != NULL; i++)
		recipients_add_list(&r, span_str(cases[_i].words[i]));
	recipients_unique(&r);
	for (size_t i = 0; i < r.n; i++)
		snprintf(
		    list + strlen(list), sizeof(list) - strlen(list), "%.*s ", SPAN(r.list[i]));
	ck_assert_msg(strcmp(list, cases[_i].list) == 0, "%s: %s", cases[_i].rule, list);
	ck_assert_str_eq(r.wrong.text, cases[_i].wrong);
	recipients_free(&r);
	arena_free(r.arena);
}
END_TEST

START_TEST(many)
{
	struct recipients r = { .arena = arena_new(0), .origin = SPAN_LIT("o.test") };

	for (unsigned i = 0; i < 100000; i++)
		recipients_add_list(&r, span_str(arena_printf(r.arena, "u%u@x", i % 50000)));
	recipients_unique(&r);
	ck_assert_uint_eq(r.n, 50000);
	ck_assert(span_is(r.list[49999], "u49999@x"));
	recipients_free(&r);
	arena_free(r.arena);
}
END_TEST

START_TEST(what_fits_a_command)
{
	ck_assert(recipient_fits(SPAN_LIT("a@x")));
	ck_assert(recipient_fits(SPAN_LIT("\"a > \\\" b\"@x")));
	ck_assert(!recipient_fits(SPAN_LIT("a b@x")));
	ck_assert(!recipient_fits(SPAN_LIT("a@x> SIZE=1")));
	ck_assert(!recipient_fits(SPAN_LIT("\"a@x")));
	ck_assert(!recipient_fits(SPAN_LIT("\"a\r\nRCPT\"@x")));
	ck_assert(!recipient_fits(SPAN_LIT("\"a\\\r\nRCPT\"@x")));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("recipients");
	TCase *t = tcase_create("recipients");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, words, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, many);
	tcase_add_test(t, what_fits_a_command);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
