#include "places.h"

#include <check.h>

enum { MOST = 256, LINGERING = 1024, MANY = 200000 };

static struct place big[MANY], small[4], again[MANY];

/* How many of them go now. */
static unsigned
go(struct places *ps)
{
	unsigned n = 0;

	while (places_next(ps) != NULL)
		n++;
	return n;
}

START_TEST(one_alone_has_half)
{
	struct places ps;

	places_init(&ps, MOST, LINGERING);
	for (unsigned i = 0; i < 600; i++)
		places_wait(&ps, &big[i], 1, false);
	ck_assert_uint_eq(go(&ps), MOST / 2);
}
END_TEST

START_TEST(who_has_none_goes_at_once)
{
	struct places ps;

	places_init(&ps, MOST, LINGERING);
	for (unsigned i = 0; i < MANY; i++)
		places_wait(&ps, &big[i], 1, false);
	go(&ps);
	for (unsigned i = 0; i < 4; i++) {
		places_wait(&ps, &small[i], 2 + i, false);
		ck_assert_ptr_eq(places_next(&ps), &small[i]);
	}
}
END_TEST

START_TEST(new_names_go_first)
{
	struct places ps;

	places_init(&ps, 8, LINGERING);
	for (unsigned i = 0; i < 100; i++)
		places_wait(&ps, &again[i], 1, true);
	ck_assert_uint_eq(go(&ps), 2);
	places_wait(&ps, &small[0], 1, false);
	ck_assert_ptr_eq(places_next(&ps), &small[0]);
	ck_assert_ptr_null(places_next(&ps));
	places_leave(&ps, &again[0]);
	places_wait(&ps, &small[1], 1, false);
	ck_assert_ptr_eq(places_next(&ps), &small[1]);
	ck_assert_ptr_eq(places_next(&ps), &again[2]);
}
END_TEST

START_TEST(what_lingers_is_shared_too)
{
	struct places ps;
	unsigned lingering = 0;
	struct place *p;

	places_init(&ps, MOST, LINGERING);
	for (unsigned i = 0; i < MANY; i++)
		places_wait(&ps, &big[i], 1, false);
	while ((p = places_next(&ps)) != NULL) {
		places_linger(&ps, p);
		lingering++;
	}
	ck_assert_uint_eq(lingering, LINGERING / 2);
	places_wait(&ps, &small[0], 2, false);
	ck_assert_ptr_eq(places_next(&ps), &small[0]);
}
END_TEST

START_TEST(leaving_leaves_nothing_behind)
{
	struct places ps;

	places_init(&ps, MOST, LINGERING);
	for (unsigned i = 0; i < 1000; i++)
		places_wait(&ps, &big[i], i % 7, i % 3 == 0);
	for (unsigned i = 0; i < 50; i++)
		places_linger(&ps, places_next(&ps));
	go(&ps);
	for (unsigned i = 0; i < 1000; i++)
		places_leave(&ps, &big[i]);
	ck_assert(RB_EMPTY(&ps.tenants) && TAILQ_EMPTY(&ps.turns[0]) && TAILQ_EMPTY(&ps.turns[1]));
	ck_assert_uint_eq(ps.use.held + ps.use.lingering + ps.again_held, 0);
}
END_TEST

/* As many tenants as questions, each with one more than it may have: no step walks them all. */
START_TEST(two_hundred_thousand_tenants)
{
	struct places ps;
	struct place *p;
	unsigned done = 0;

	places_init(&ps, MOST, LINGERING);
	for (unsigned i = 0; i < MANY; i++) {
		places_wait(&ps, &big[i], i, false);
		places_wait(&ps, &again[i], i, true);
	}
	for (; (p = places_next(&ps)) != NULL; done++)
		places_leave(&ps, p);
	ck_assert_uint_eq(done, 2 * MANY);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("places");
	TCase *t = tcase_create("places");
	SRunner *r;
	int bad;

	tcase_set_timeout(t, 60); /* a loaded machine */
	tcase_add_test(t, one_alone_has_half);
	tcase_add_test(t, who_has_none_goes_at_once);
	tcase_add_test(t, new_names_go_first);
	tcase_add_test(t, what_lingers_is_shared_too);
	tcase_add_test(t, leaving_leaves_nothing_behind);
	tcase_add_test(t, two_hundred_thousand_tenants);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
