#include "rewrite_turns.h"

#include <check.h>
#include <string.h>

enum { KB = 1024, MB = 1024 * 1024, JOBS = 64 };

static struct turn_worker workers[4];
static struct turn_job jobs[JOBS];
static const char *owners[JOBS];
static unsigned jobs_n;
static struct turns turns;

static void
begin(unsigned workers_n)
{
	jobs_n = 0;
	turns_init(&turns, workers, 4, 4);
	for (unsigned i = 0; i < workers_n; i++)
		workers[i].there = true;
}

static struct turn_job *
put(const char *tenant, uint64_t bytes, bool alone)
{
	struct draw_place place = { span_str(tenant), SPAN_LIT("c"), 1, 1, false };
	struct turn_job *j = &jobs[jobs_n];

	owners[jobs_n++] = tenant;
	turns_put(&turns, j, &place, bytes, alone);
	return j;
}

static const char *
owner(const struct turn_job *j)
{
	return j == NULL ? "nobody" : owners[j - jobs];
}

/* Whose message a lone worker gets next, when it is done with the one before. */
static const char *
next_after(struct turn_job **in_hand)
{
	if (*in_hand != NULL)
		turns_remove(*in_hand);
	*in_hand = turns_next(&turns);
	return owner(*in_hand);
}

START_TEST(a_small_one_goes_before_the_second_large_one)
{
	struct turn_job *j = NULL;

	begin(1);
	for (unsigned i = 0; i < 4; i++)
		put("alpha", 24 * MB, false);
	ck_assert_str_eq(next_after(&j), "alpha");
	ck_assert_ptr_null(turns_next(&turns)); /* no second one beside it */
	put("beta", 4 * KB, false);
	ck_assert_ptr_null(turns_next(&turns));
	ck_assert_str_eq(next_after(&j), "beta");
	ck_assert_str_eq(next_after(&j), "alpha");
}
END_TEST

START_TEST(large_ones_get_their_share_beside_small_ones)
{
	unsigned small = 0;
	struct turn_job *j = NULL;

	begin(1);
	put("alpha", 512 * KB, false);
	for (unsigned i = 1; i < JOBS; i++)
		put("beta", 32 * KB, false);
	while (strcmp(next_after(&j), "beta") == 0)
		small++;
	ck_assert(j == &jobs[0]);
	ck_assert_uint_le(small, 16);
}
END_TEST

START_TEST(tenants_take_turns)
{
	unsigned alpha = 0;
	struct turn_job *j = NULL;

	begin(1);
	for (unsigned i = 0; i < 40; i++)
		put("alpha", 4 * KB, false);
	for (unsigned i = 0; i < 10; i++)
		put("beta", 4 * KB, false);
	for (unsigned i = 0; i < 24; i++)
		alpha += strcmp(next_after(&j), "alpha") == 0;
	ck_assert_uint_le(alpha, 14);
}
END_TEST

START_TEST(large_ones_never_have_all_workers)
{
	begin(3);
	for (unsigned i = 0; i < 8; i++)
		put("alpha", 24 * MB, false);
	ck_assert_ptr_nonnull(turns_next(&turns));
	ck_assert_ptr_nonnull(turns_next(&turns));
	ck_assert_ptr_null(turns_next(&turns));
	put("beta", 4 * KB, false);
	ck_assert_str_eq(owner(turns_next(&turns)), "beta");
}
END_TEST

START_TEST(a_suspect_is_alone_with_its_worker)
{
	struct turn_job *suspect;

	begin(1);
	suspect = put("alpha", 4 * KB, true);
	ck_assert(turns_next(&turns) == suspect);
	put("beta", 4 * KB, false);
	ck_assert_ptr_null(turns_next(&turns));
	turns_remove(suspect);
	ck_assert_str_eq(owner(turns_next(&turns)), "beta");
}
END_TEST

START_TEST(what_a_worker_has_in_hand_is_bounded)
{
	uint64_t bytes = 0;
	struct turn_job *j;

	begin(1);
	for (unsigned i = 0; i < JOBS; i++)
		put("alpha", 100 * KB, false);
	while ((j = turns_next(&turns)) != NULL)
		bytes += j->bytes;
	ck_assert_uint_gt(bytes, 256 * KB);
	ck_assert_uint_le(bytes, 512 * KB);
}
END_TEST

START_TEST(nobody_there_gets_nothing)
{
	begin(0);
	put("alpha", 4 * KB, false);
	ck_assert_ptr_null(turns_next(&turns));
	workers[2].there = true;
	ck_assert(turns_next(&turns)->with == &workers[2]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rewrite_turns");
	TCase *t = tcase_create("rewrite_turns");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, a_small_one_goes_before_the_second_large_one);
	tcase_add_test(t, large_ones_get_their_share_beside_small_ones);
	tcase_add_test(t, tenants_take_turns);
	tcase_add_test(t, large_ones_never_have_all_workers);
	tcase_add_test(t, a_suspect_is_alone_with_its_worker);
	tcase_add_test(t, what_a_worker_has_in_hand_is_bounded);
	tcase_add_test(t, nobody_there_gets_nothing);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
