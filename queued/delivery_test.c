#include "delivery.h"
#include "loop.h"
#include "message.h"

#include <check.h>

static const struct {
	enum delivery_state from, to;
	bool may;
} moves[] = {
	{ DELIVERY_NEW, DELIVERY_LANE, true }, { DELIVERY_LANE, DELIVERY_SENDING, true },
	{ DELIVERY_SENDING, DELIVERY_ENDING, true }, { DELIVERY_ENDING, DELIVERY_ENDED, true },
	{ DELIVERY_SENDING, DELIVERY_ENDED, false }, { DELIVERY_VERDICT, DELIVERY_LANE, false },
	{ DELIVERY_NOTICE, DELIVERY_DEFERRED, false }, { DELIVERY_SENDING, DELIVERY_HELD, true },
	{ DELIVERY_DEFERRED, DELIVERY_SENDING, true }, /* its old worker still has it */
	{ DELIVERY_RETURNED, DELIVERY_NOTICE, true },  /* bouncd is silent, and its time is over */
};

START_TEST(moves_along_the_table)
{
	ck_assert_int_eq(delivery_may(moves[_i].from, moves[_i].to), moves[_i].may);
}
END_TEST

START_TEST(whoever_ends_came_through_ending)
{
	for (unsigned s = 0; s < DELIVERY_STATES; s++)
		ck_assert_int_eq(delivery_may(s, DELIVERY_ENDED), s == DELIVERY_ENDING);
}
END_TEST

START_TEST(nothing_comes_back_from_the_end)
{
	for (unsigned s = 0; s < DELIVERY_STATES; s++) {
		ck_assert(!delivery_may(DELIVERY_ENDED, s));
		ck_assert(s == DELIVERY_ENDED || !delivery_may(DELIVERY_ENDING, s));
	}
}
END_TEST

START_TEST(domain_is_behind_the_last_at)
{
	struct recipient r = { .address = SPAN_LIT("\"a@x\"@b.example") };
	struct envelope e = { .rcpts_n = 1, .rcpts = &r };
	struct message m = { .envelope = &e };
	struct delivery d = { .message = &m };

	ck_assert(span_is(delivery_domain(&d), "b.example"));
	r.address = SPAN_LIT("postmaster");
	ck_assert_uint_eq(delivery_domain(&d).n, 0);
}
END_TEST

START_TEST(no_age_wraps_when_the_clock_was_put_back)
{
	struct envelope e = { .received_ms = loop_wall_ms() + 3600 * 1000 };
	struct message m = { .envelope = &e };
	struct delivery d = { .message = &m };

	ck_assert_uint_eq(delivery_age_ms(&d), 0);
	e.received_ms = loop_wall_ms() - 5000;
	ck_assert_uint_ge(delivery_age_ms(&d), 5000);
	ck_assert_uint_lt(delivery_age_ms(&d), 3600 * 1000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("delivery");
	TCase *t = tcase_create("delivery");
	SRunner *r;
	int bad;

	tcase_add_loop_test(t, moves_along_the_table, 0, sizeof(moves) / sizeof(moves[0]));
	tcase_add_test(t, whoever_ends_came_through_ending);
	tcase_add_test(t, nothing_comes_back_from_the_end);
	tcase_add_test(t, domain_is_behind_the_last_at);
	tcase_add_test(t, no_age_wraps_when_the_clock_was_put_back);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
