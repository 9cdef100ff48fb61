#include "address.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *given, *canonical;
} cases[] = {
	{ "Joe@Example.ORG", "joe@example.org" },
	{ "joe@example.org.", "joe@example.org" },
	{ "\"joe\"@example.org", "joe@example.org" },
	{ "\"J\\oe\"@example.org", "joe@example.org" },
	{ "\"joe.\\s\"@example.org", "joe.s@example.org" },
	{ "\"joe smith\"@example.org", "\"joe smith\"@example.org" },
	{ "\"joe\\ smith\"@example.org", "\"joe smith\"@example.org" },
	{ "\"a@b\"@example.org", "\"a@b\"@example.org" },
	{ "\"a\\\"b\\\\\"@example.org", "\"a\\\"b\\\\\"@example.org" },
	{ "\"joe.\"@example.org", "\"joe.\"@example.org" },
	{ "\"\"@example.org", "\"\"@example.org" },
	{ "a..b@example.org", "a..b@example.org" },
	{ "joe@[192.0.2.1]", "joe@[192.0.2.1]" },
	{ "joe@[IPv6:2001:DB8:0:0::1]", "joe@[ipv6:2001:db8::1]" },
	{ "joe@[ipv6:2001:db8::1]", "joe@[ipv6:2001:db8::1]" },
	{ "joe@[IPv6:::FFFF:0:1]", "joe@[ipv6:::ffff:0.0.0.1]" },
	{ "joe@[IPv6:nonsense]", "joe@[ipv6:nonsense]" },
	{ "joe@[IPv6:", "joe@[ipv6:" },
	{ "j\303\234rgen@example.org", "j\303\234rgen@example.org" },
	{ "\"@x", "\"@x" },
	{ "@x", "@x" },
	{ "Joe", "joe" },
	{ "", "" },
};

START_TEST(forms)
{
	struct span given = span_str(cases[_i].given);
	size_t room = given.n + ADDRESS_CANONICAL_EXTRA; /* no byte more, for ASan to see */
	char *to = malloc(room), *again = malloc(room + ADDRESS_CANONICAL_EXTRA);
	size_t n = address_canonical(to, given), m = address_canonical(again, span_of(to, n));

	ck_assert_msg(
	    span_is(span_of(to, n), cases[_i].canonical), "%s: %.*s", cases[_i].given, (int)n, to);
	ck_assert(span_eq(span_of(to, n), span_of(again, m)));
	free(to);
	free(again);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("address");
	TCase *t = tcase_create("address");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, forms, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
