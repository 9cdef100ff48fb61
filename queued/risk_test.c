#include "risk.h"

#include <check.h>

static const struct risk_ends quiet = { 10, 10, 300 };

START_TEST(two_at_a_time)
{
	struct risk r = { 0 };

	ck_assert(risk_may_feed(&r, 1000, &quiet));
	risk_fed(&r, 1000);
	ck_assert(risk_may_feed(&r, 1000, &quiet));
	risk_fed(&r, 1000);
	ck_assert(!risk_may_feed(&r, 1001, &quiet));
	risk_answered(&r, 1001, 1000);
	ck_assert(!risk_may_feed(&r, 1001, &(struct risk_ends){ 11, 10, 300 }));
	ck_assert(risk_may_feed(&r, 1002, &(struct risk_ends){ 11, 11, 300 }));
}
END_TEST

/* Who knows when a server that takes its time has taken it? */
START_TEST(what_takes_long_is_not_counted)
{
	struct risk r = { 0 };

	risk_fed(&r, 1000);
	risk_fed(&r, 1001);
	ck_assert(!risk_may_feed(&r, 1007, &quiet));
	ck_assert(risk_may_feed(&r, 1008, &quiet));
	for (unsigned i = 0; i < 20; i++)
		risk_answered(&r, 2000 + i, 1900 + i);
	for (unsigned i = 0; i < 10; i++) {
		ck_assert(risk_may_feed(&r, 2020, &quiet));
		risk_fed(&r, 2020);
	}
}
END_TEST

static uint64_t
fed_for(struct risk *r, uint64_t from, unsigned ms, unsigned each_ms)
{
	for (uint64_t now = from; now < from + ms; now++)
		for (unsigned i = 0; i < each_ms; i++) {
			risk_fed(r, now);
			risk_answered(r, now, now);
		}
	return from + ms;
}

START_TEST(much_mail_is_not_held_up)
{
	struct risk r = { 0 };
	uint64_t now = fed_for(&r, 1000, 1000, 5);

	ck_assert(risk_may_feed(&r, now, &(struct risk_ends){ 80, 0, 300 }));
	ck_assert(!risk_may_feed(&r, now, &(struct risk_ends){ 130, 0, 300 }));
	ck_assert(risk_may_feed(&r, now, &(struct risk_ends){ 130, 0, 10000 })); /* a slow disk */
	now = fed_for(&r, now + 5000, 200, 0);
	risk_fed(&r, now);
	ck_assert(!risk_may_feed(&r, now, &(struct risk_ends){ 3, 0, 300 }));
}
END_TEST

/* Two at a time are too few where a flush takes long: more is borne for a while. Where no end comes to the disk it is not. */
START_TEST(what_waits_for_long_gets_more)
{
	struct risk r = { 0 };
	struct risk_ends e = { 3, 1, 9000 };

	risk_turn(&r, 1000, &e, true);
	risk_turn(&r, 1030, &e, true);
	ck_assert(!risk_may_feed(&r, 1030, &e)); /* the disk stands */
	e = (struct risk_ends){ 5, 3, 9000 };
	risk_turn(&r, 1040, &e, true);
	ck_assert(risk_may_feed(&r, 1040, &e));
	e.asked = 6;
	ck_assert(!risk_may_feed(&r, 1040, &e));
	risk_turn(&r, 2100, &e, false);
	ck_assert(!risk_may_feed(&r, 2100, &(struct risk_ends){ 8, 6, 9000 }));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("risk");
	TCase *t = tcase_create("ends");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, two_at_a_time);
	tcase_add_test(t, what_takes_long_is_not_counted);
	tcase_add_test(t, much_mail_is_not_held_up);
	tcase_add_test(t, what_waits_for_long_gets_more);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
