#include "parking.h"

#include <check.h>
#include <stdio.h>

static void
put(struct parking *p, const char *tenant, unsigned priority, uint32_t index)
{
	ck_assert(parking_put(p, span_str(tenant), priority, &(struct parked){ .index = index }));
}

static uint32_t
take(struct parking *p)
{
	struct parked e = { .index = 0 };

	ck_assert(parking_take(p, &e));
	return e.index;
}

START_TEST(each_tenant_in_turn_and_in_order)
{
	static const uint32_t order[] = { 1, 11, 2, 12, 3, 4 };
	struct parking p;
	struct parked e;

	parking_init(&p);
	for (uint32_t i = 1; i <= 4; i++)
		put(&p, "large", 1, i);
	put(&p, "small", 1, 11);
	put(&p, "small", 1, 12);
	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		ck_assert_uint_eq(take(&p), order[i]);
	ck_assert(!parking_take(&p, &e));
	ck_assert_uint_eq(p.n, 0);
	ck_assert_uint_eq(p.lines.n, 0);
	table_free(&p.lines);
}
END_TEST

START_TEST(priorities_come_first)
{
	struct parking p;

	parking_init(&p);
	put(&p, "t", 2, 1);
	put(&p, "t", 1, 2);
	put(&p, "u", 0, 3);
	ck_assert_uint_eq(take(&p), 3);
	ck_assert_uint_eq(take(&p), 2);
	ck_assert_uint_eq(take(&p), 1);
	table_free(&p.lines);
}
END_TEST

START_TEST(a_line_grows_and_goes_round)
{
	struct parking p;
	uint32_t in = 0, out = 0;

	parking_init(&p);
	for (unsigned round = 0; round < 300; round++) {
		for (unsigned i = 0; i < 7; i++)
			put(&p, "t", 1, ++in);
		for (unsigned i = 0; i < 5; i++)
			ck_assert_uint_eq(take(&p), ++out);
	}
	while (p.n > 0)
		ck_assert_uint_eq(take(&p), ++out);
	ck_assert_uint_eq(in, out);
	table_free(&p.lines);
}
END_TEST

START_TEST(there_is_an_end_to_it)
{
	struct parking p;
	struct parked e = { .index = 1 };
	unsigned n = 0;

	parking_init(&p);
	while (n < 10000000 && parking_put(&p, SPAN_LIT("t"), 1, &e))
		n++;
	ck_assert_uint_eq(n, 500000);
	while (parking_take(&p, &e))
		n--;
	ck_assert_uint_eq(n, 0);
	table_free(&p.lines);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("parking");
	TCase *t = tcase_create("parking");
	SRunner *r;
	int bad;

	tcase_add_test(t, each_tenant_in_turn_and_in_order);
	tcase_add_test(t, priorities_come_first);
	tcase_add_test(t, a_line_grows_and_goes_round);
	tcase_add_test(t, there_is_an_end_to_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
