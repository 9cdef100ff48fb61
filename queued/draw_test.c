#include "draw.h"

#include <check.h>
#include <string.h>

struct thing {
	struct draw_item item;
	char tenant, campaign;
};

static struct thing *
thing_of(struct draw_item *i)
{
	return (struct thing *)(void *)i;
}

static void
put(struct draw *d, struct thing *t, unsigned n, char tenant, char campaign, unsigned priority,
    uint32_t cost)
{
	for (unsigned i = 0; i < n; i++) {
		t[i] = (struct thing){ .tenant = tenant, .campaign = campaign };
		draw_put(d, &t[i].item,
		    &(struct draw_place){ span_of(&tenant, 1), span_of(&campaign, 1), priority,
			tenant == 'w' ? 3 : 1 },
		    cost);
	}
}

START_TEST(a_large_mailing_delays_nobody)
{
	static struct thing big[10000], small[3];
	struct draw d;
	unsigned at = 0, seen = 0;

	draw_init(&d);
	put(&d, big, 10000, 'a', 'x', 1, 1);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_int_eq(thing_of(draw_take(&d))->tenant, 'a');
	put(&d, small, 3, 'b', 'y', 1, 1);
	while (seen < 3) {
		seen += thing_of(draw_take(&d))->tenant == 'b';
		at++;
	}
	ck_assert_uint_le(at, 16);
}
END_TEST

START_TEST(campaigns_of_a_tenant_share)
{
	static struct thing x[1000], y[1000];
	struct draw d;
	unsigned of_y = 0;

	draw_init(&d);
	put(&d, x, 1000, 'a', 'x', 1, 1);
	put(&d, y, 1000, 'a', 'y', 1, 1);
	for (unsigned i = 0; i < 400; i++)
		of_y += thing_of(draw_take(&d))->campaign == 'y';
	ck_assert_uint_ge(of_y, 190);
	ck_assert_uint_le(of_y, 210);
}
END_TEST

START_TEST(cost_counts)
{
	static struct thing heavy[1000], light[1000];
	struct draw d;
	unsigned of_heavy = 0;

	draw_init(&d);
	put(&d, heavy, 1000, 'a', 'x', 1, 9);
	put(&d, light, 1000, 'b', 'x', 1, 1);
	for (unsigned i = 0; i < 500; i++)
		of_heavy += thing_of(draw_take(&d))->tenant == 'a';
	ck_assert_uint_ge(of_heavy, 40);
	ck_assert_uint_le(of_heavy, 60);
}
END_TEST

START_TEST(weight_is_a_share)
{
	static struct thing heavy[1000], light[1000];
	struct draw d;
	unsigned of_w = 0;

	draw_init(&d);
	put(&d, heavy, 1000, 'w', 'x', 1, 1);
	put(&d, light, 1000, 'b', 'x', 1, 1);
	for (unsigned i = 0; i < 400; i++)
		of_w += thing_of(draw_take(&d))->tenant == 'w';
	ck_assert_uint_ge(of_w, 290);
	ck_assert_uint_le(of_w, 310);
}
END_TEST

START_TEST(priority_comes_first_within_a_tenant_only)
{
	static struct thing low[100], high[5], other[5];
	struct draw d;

	draw_init(&d);
	put(&d, low, 100, 'a', 'x', 2, 1);
	put(&d, high, 5, 'a', 'y', 0, 1);
	put(&d, other, 5, 'b', 'z', 2, 1);
	for (unsigned i = 0, highs = 0; i < 10; i++) {
		struct thing *t = thing_of(draw_take(&d));

		highs += t->campaign == 'y';
		ck_assert(t->campaign != 'x' || highs == 5);
	}
}
END_TEST

START_TEST(removing_leaves_nothing_behind)
{
	static struct thing x[100];
	struct draw d;

	draw_init(&d);
	put(&d, x, 100, 'a', 'x', 1, 1);
	ck_assert_ptr_eq(draw_behind(&x[3].item), &x[4].item);
	for (unsigned i = 0; i < 100; i++)
		draw_remove(&d, &x[(i * 37) % 100].item);
	ck_assert_uint_eq(d.n, 0);
	ck_assert_ptr_null(draw_take(&d));
	ck_assert(TAILQ_EMPTY(&d.turns) && RB_EMPTY(&d.names));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("draw");
	TCase *t = tcase_create("draw");
	SRunner *r;
	int bad;

	tcase_add_test(t, a_large_mailing_delays_nobody);
	tcase_add_test(t, campaigns_of_a_tenant_share);
	tcase_add_test(t, cost_counts);
	tcase_add_test(t, weight_is_a_share);
	tcase_add_test(t, priority_comes_first_within_a_tenant_only);
	tcase_add_test(t, removing_leaves_nothing_behind);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
