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

struct lane {
	struct draw draw;
	struct draw_set set, other;
};

static void
lane_init(struct lane *l)
{
	draw_init(&l->draw);
	draw_set_init(&l->set, &l->draw);
	draw_set_init(&l->other, &l->draw);
}

static void
put(struct draw_set *s, struct thing *t, unsigned n, char tenant, char campaign, unsigned priority,
    uint32_t cost)
{
	for (unsigned i = 0; i < n; i++) {
		t[i] = (struct thing){ .tenant = tenant, .campaign = campaign };
		draw_put(s, &t[i].item,
		    &(struct draw_place){ span_of(&tenant, 1), span_of(&campaign, 1), priority,
			tenant == 'w' ? 3 : 1, false },
		    cost);
	}
}

/* What the lane gives away goes to whose turn it is, and that one is gone. */
static struct thing *
given(struct draw *d, enum draw_gift g)
{
	struct draw_item *i = draw_turn(d, g);

	if (i == NULL)
		return NULL;
	draw_charge(i, g, i->cost);
	draw_remove(i);
	return thing_of(i);
}

/* Each rule of fairness holds within a set, and for what the lane shares out. */
static struct thing *
next(struct lane *l, int gift)
{
	if (gift < 0)
		return thing_of(draw_take(&l->set));
	return given(&l->draw, (enum draw_gift)gift);
}

static void
all_want(struct lane *l)
{
	for (unsigned g = 0; g < DRAW_GIFTS; g++) {
		draw_wants(&l->set, g, true);
		draw_wants(&l->other, g, true);
	}
}

START_TEST(a_large_mailing_delays_nobody)
{
	static struct thing big[10000], small[3];
	struct lane l;
	unsigned at = 0, seen = 0;

	lane_init(&l);
	all_want(&l);
	put(&l.set, big, 10000, 'a', 'x', 1, 1);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_int_eq(next(&l, _i)->tenant, 'a');
	put(&l.set, small, 3, 'b', 'y', 1, 1);
	while (seen < 3) {
		seen += next(&l, _i)->tenant == 'b';
		at++;
	}
	ck_assert_uint_le(at, 16);
}
END_TEST

START_TEST(campaigns_of_a_tenant_share)
{
	static struct thing x[1000], y[1000];
	struct lane l;
	unsigned of_y = 0;

	lane_init(&l);
	all_want(&l);
	put(&l.set, x, 1000, 'a', 'x', 1, 1);
	put(&l.set, y, 1000, 'a', 'y', 1, 1);
	for (unsigned i = 0; i < 400; i++)
		of_y += next(&l, _i)->campaign == 'y';
	ck_assert_uint_ge(of_y, 190);
	ck_assert_uint_le(of_y, 210);
}
END_TEST

START_TEST(cost_counts)
{
	static struct thing heavy[1000], light[1000];
	struct lane l;
	unsigned of_heavy = 0;

	lane_init(&l);
	all_want(&l);
	put(&l.set, heavy, 1000, 'a', 'x', 1, 9);
	put(&l.set, light, 1000, 'b', 'x', 1, 1);
	for (unsigned i = 0; i < 500; i++)
		of_heavy += next(&l, _i)->tenant == 'a';
	ck_assert_uint_ge(of_heavy, 40);
	ck_assert_uint_le(of_heavy, 60);
}
END_TEST

START_TEST(weight_is_a_share)
{
	static struct thing heavy[1000], light[1000];
	struct lane l;
	unsigned of_w = 0;

	lane_init(&l);
	all_want(&l);
	put(&l.set, heavy, 1000, 'w', 'x', 1, 1);
	put(&l.set, light, 1000, 'b', 'x', 1, 1);
	for (unsigned i = 0; i < 400; i++)
		of_w += next(&l, _i)->tenant == 'w';
	ck_assert_uint_ge(of_w, 290);
	ck_assert_uint_le(of_w, 310);
}
END_TEST

START_TEST(priority_comes_first_within_a_tenant_only)
{
	static struct thing low[100], high[5], other[5];
	struct lane l;

	lane_init(&l);
	all_want(&l);
	put(&l.set, low, 100, 'a', 'x', 2, 1);
	put(&l.set, high, 5, 'a', 'y', 0, 1);
	put(&l.set, other, 5, 'b', 'z', 2, 1);
	for (unsigned i = 0, highs = 0; i < 10; i++) {
		struct thing *t = next(&l, _i);

		highs += t->campaign == 'y';
		ck_assert(t->campaign != 'x' || highs == 5);
	}
}
END_TEST

START_TEST(removing_leaves_nothing_behind)
{
	static struct thing x[100];
	struct lane l;

	lane_init(&l);
	put(&l.set, x, 100, 'a', 'x', 1, 1);
	ck_assert_ptr_eq(draw_behind(&x[3].item), &x[4].item);
	for (unsigned i = 0; i < 100; i++)
		draw_remove(&x[(i * 37) % 100].item);
	ck_assert_uint_eq(l.draw.n, 0);
	ck_assert_uint_eq(l.set.n, 0);
	ck_assert_ptr_null(draw_take(&l.set));
	ck_assert_ptr_null(draw_any(&l.draw));
	ck_assert(RB_EMPTY(&l.draw.tenants) && RB_EMPTY(&l.set.shares));
	for (unsigned g = 0; g < DRAW_GIFTS; g++)
		ck_assert(TAILQ_EMPTY(&l.draw.rounds[g]) && TAILQ_EMPTY(&l.set.aside[g]));
}
END_TEST

/* One tenant with ten thousand sets of hosts, and one with a single: what the lane shares out is halved all the same. */
START_TEST(many_sets_weigh_no_more_than_one)
{
	enum { SETS = 10000 };
	static struct draw_set sets[SETS];
	static struct thing many[SETS], few[SETS];
	struct lane l;
	unsigned of_b = 0;

	lane_init(&l);
	for (unsigned i = 0; i < SETS; i++) {
		draw_set_init(&sets[i], &l.draw);
		draw_wants(&sets[i], (enum draw_gift)_i, true);
		put(&sets[i], &many[i], 1, 'a', 'x', 1, 1);
	}
	draw_wants(&l.other, (enum draw_gift)_i, true);
	put(&l.other, few, SETS, 'b', 'y', 1, 1);
	for (unsigned i = 0; i < 400; i++)
		of_b += given(&l.draw, (enum draw_gift)_i)->tenant == 'b';
	ck_assert_uint_ge(of_b, 190);
	ck_assert_uint_le(of_b, 210);
}
END_TEST

START_TEST(so_do_campaigns_of_many_sets)
{
	enum { SETS = 1000 };
	static struct draw_set sets[SETS];
	static struct thing many[SETS], few[SETS];
	struct lane l;
	unsigned of_y = 0;

	lane_init(&l);
	for (unsigned i = 0; i < SETS; i++) {
		draw_set_init(&sets[i], &l.draw);
		draw_wants(&sets[i], (enum draw_gift)_i, true);
		put(&sets[i], &many[i], 1, 'a', 'x', 1, 1);
	}
	draw_wants(&l.other, (enum draw_gift)_i, true);
	put(&l.other, few, SETS, 'a', 'y', 1, 1);
	for (unsigned i = 0; i < 400; i++)
		of_y += given(&l.draw, (enum draw_gift)_i)->campaign == 'y';
	ck_assert_uint_ge(of_y, 190);
	ck_assert_uint_le(of_y, 210);
}
END_TEST

START_TEST(a_set_that_wants_nothing_stands_aside)
{
	static struct thing dead[100], well[3];
	enum draw_gift g = (enum draw_gift)_i;
	struct lane l;

	lane_init(&l);
	draw_wants(&l.set, g, true);
	draw_wants(&l.other, g, true);
	put(&l.set, dead, 100, 'a', 'x', 1, 1);
	put(&l.other, well, 2, 'a', 'x', 1, 1);
	draw_wants(&l.set, g, false);
	ck_assert_ptr_eq(given(&l.draw, g), &well[0]);
	ck_assert_ptr_eq(given(&l.draw, g), &well[1]);
	ck_assert_ptr_null(given(&l.draw, g));
	put(&l.other, &well[2], 1, 'b', 'x', 1, 1);
	draw_wants(&l.set, g, true);
	ck_assert_int_eq(given(&l.draw, g)->tenant + given(&l.draw, g)->tenant, 'a' + 'a');
	ck_assert_uint_eq(l.draw.n, 99);
}
END_TEST

START_TEST(sets_of_a_campaign_take_turns)
{
	static struct thing x[10], y[10];
	struct lane l;
	unsigned of_set = 0;

	lane_init(&l);
	all_want(&l);
	put(&l.set, x, 10, 'a', 'x', 1, 1);
	put(&l.other, y, 10, 'a', 'x', 1, 1);
	for (unsigned i = 0; i < 10; i++) {
		struct thing *t = given(&l.draw, DRAW_PERMIT);

		of_set += t >= x && t < x + 10;
	}
	ck_assert_uint_eq(of_set, 5);
}
END_TEST

START_TEST(first_is_first)
{
	static struct thing x[3], again;
	struct lane l;
	char a = 'a';

	lane_init(&l);
	put(&l.set, x, 3, 'a', 'x', 1, 1);
	draw_put(&l.set, &again.item,
	    &(struct draw_place){ span_of(&a, 1), SPAN_LIT("x"), 1, 1, true }, 1);
	ck_assert_ptr_eq(draw_take(&l.set), &again.item);
	ck_assert_ptr_eq(draw_take(&l.set), &x[0].item);
}
END_TEST

/* 200 000 sets in one lane, nearly all of them with hosts that are dead: who can go goes, and what a turn costs is not the
 * number of sets. A walk over all of them for each would be 4e10 steps, and not end within the test's time. */
START_TEST(two_hundred_thousand_sets)
{
	enum { SETS = 200000 };
	static struct draw_set sets[SETS];
	static struct thing things[SETS], well[SETS];
	struct lane l;

	lane_init(&l);
	draw_wants(&l.other, DRAW_CONNECTION, true);
	for (unsigned i = 0; i < SETS; i++) {
		draw_set_init(&sets[i], &l.draw);
		draw_wants(&sets[i], DRAW_CONNECTION, true);
		put(&sets[i], &things[i], 1, 'a', 'x', 1, 1);
		draw_wants(&sets[i], DRAW_CONNECTION, false);
	}
	put(&l.other, well, SETS, 'b', 'y', 1, 1);
	for (unsigned i = 0; i < SETS; i++)
		ck_assert_ptr_eq(given(&l.draw, DRAW_CONNECTION), &well[i]);
	for (unsigned i = SETS; i-- > 0;)
		draw_remove(&things[i].item);
	ck_assert(l.draw.n == 0 && RB_EMPTY(&l.draw.tenants));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("draw");
	TCase *t = tcase_create("draw");
	SRunner *r;
	int bad;

	tcase_add_loop_test(t, a_large_mailing_delays_nobody, -1, DRAW_GIFTS);
	tcase_add_loop_test(t, campaigns_of_a_tenant_share, -1, DRAW_GIFTS);
	tcase_add_loop_test(t, cost_counts, -1, DRAW_GIFTS);
	tcase_add_loop_test(t, weight_is_a_share, -1, DRAW_GIFTS);
	tcase_add_loop_test(t, priority_comes_first_within_a_tenant_only, -1, DRAW_GIFTS);
	tcase_add_test(t, removing_leaves_nothing_behind);
	tcase_add_loop_test(t, many_sets_weigh_no_more_than_one, 0, DRAW_GIFTS);
	tcase_add_loop_test(t, so_do_campaigns_of_many_sets, 0, DRAW_GIFTS);
	tcase_add_loop_test(t, a_set_that_wants_nothing_stands_aside, 0, DRAW_GIFTS);
	tcase_add_test(t, sets_of_a_campaign_take_turns);
	tcase_add_test(t, first_is_first);
	tcase_add_test(t, two_hundred_thousand_sets);
	tcase_set_timeout(t, 60); /* a loaded machine */
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
