#include "schedule.h"

#include <check.h>
#include <stdlib.h>

static uint64_t last_at;
static unsigned fired;

static void
on_due(void *ctx, struct due *d)
{
	(void)ctx;
	ck_assert_uint_ge(d->at_ms, last_at);
	last_at = d->at_ms;
	fired++;
}

START_TEST(fires_in_order_and_only_what_is_due)
{
	enum { N = 5000 };
	static struct due items[N];
	struct schedule s;

	srandom(7);
	schedule_init(&s);
	for (unsigned i = 0; i < N; i++) {
		items[i].fire = on_due;
		schedule_set(&s, &items[i], (uint64_t)(random() % 1000) + 1);
	}
	for (unsigned i = 0; i < N; i += 3)
		schedule_set(&s, &items[i], (uint64_t)(random() % 1000) + 1);
	for (unsigned i = 0; i < N; i += 5)
		schedule_clear(&s, &items[i]);
	schedule_run(&s, 500);
	ck_assert_uint_le(last_at, 500);
	schedule_run(&s, 1000);
	ck_assert_uint_eq(fired, N - N / 5);
	ck_assert_uint_eq(s.n, 0);
	schedule_free(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("schedule");
	TCase *t = tcase_create("schedule");
	SRunner *r;
	int bad;

	tcase_add_test(t, fires_in_order_and_only_what_is_due);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
