#include "address_find.h"

#include <check.h>

static const struct {
	const char *text, *address;
} texts[] = {
	{ "to joe@a.example: no", "joe@a.example" },
	{ "To=joe@a.example", "joe@a.example" },
	{ "<list=joe@a.example> is not known", "list=joe@a.example" },
	{ "<.joe@a.example>... User unknown", ".joe@a.example" },
	{ "<'joe'@a.example>: no", "'joe'@a.example" },
	{ "'joe@a.example' is not known", "joe@a.example" },
	{ "<\"joe doe\"@a.example>", "\"joe doe\"@a.example" },
	{ "<\"a@b\"@a.example>", "\"a@b\"@a.example" },
	{ "<\"say \\\"hi\\\" now\"@a.example>", "\"say \\\"hi\\\" now\"@a.example" },
	{ "j\\x{f6}rg@a.example: Unrouteable address", "j\\x{f6}rg@a.example" },
	{ "a backslash\\joe@a.example", "joe@a.example" },
	{ "\"@", "" },
	{ "\\x{@", "" },
};

START_TEST(finds)
{
	struct span found = address_find(span_str(texts[_i].text), NULL);

	ck_assert_msg(span_is(found, texts[_i].address), "%s: %.*s", texts[_i].text, SPAN(found));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("address_find");
	TCase *t = tcase_create("address_find");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, finds, 0, sizeof(texts) / sizeof(texts[0]));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
