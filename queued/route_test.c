#include "route.h"

#include <check.h>

static struct route all[] = {
	{ .pattern = SPAN_LIT("b.example") },
	{ .pattern = SPAN_LIT("*.b.example") },
	{ .pattern = SPAN_LIT("*.x.b.example") },
	{ .pattern = SPAN_LIT("*") },
};

static const struct {
	const char *domain;
	int route; /* -1: none */
} cases[] = {
	{ "b.example", 0 },
	{ "B.EXAMPLE", 0 },
	{ "a.b.example", 1 },
	{ "x.b.example", 1 },
	{ "a.x.b.example", 2 },
	{ "ab.example", 3 },
	{ "", 3 },
	{ "[192.0.2.1]", 3 },
};

START_TEST(the_most_specific_wins)
{
	struct routes rs = { 0 };

	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(routes_add(&rs, &all[i]), 0);
	ck_assert_int_eq(routes_add(&rs, &all[0]), -1);
	ck_assert_ptr_eq(routes_find(&rs, span_str(cases[_i].domain)), &all[cases[_i].route]);
	routes_free(&rs);
}
END_TEST

START_TEST(without_a_route_there_is_none)
{
	struct routes rs = { 0 };

	ck_assert_ptr_null(routes_find(&rs, SPAN_LIT("b.example")));
	routes_add(&rs, &all[1]);
	ck_assert_ptr_null(routes_find(&rs, SPAN_LIT("b.example")));
	routes_free(&rs);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("route");
	TCase *t = tcase_create("route");
	SRunner *r;
	int bad;

	tcase_add_loop_test(t, the_most_specific_wins, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, without_a_route_there_is_none);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
