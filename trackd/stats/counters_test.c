#include "observe.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/counters-XXXXXX";
static struct counters *counters;
static struct deliveries *deliveries;
static struct err err;
static uint64_t now_ms = 1732357000000;

/* 01JDC8Q4Z7... is of November 2024. */
static void
line(enum event_file file, const char *rest)
{
	char text[1024];

	snprintf(text, sizeof(text), "{\"v\":1,\"id\":\"01JDC8Q4Z7M2KX9V3TB6WNRAEH\",%s}", rest);
	observe_line(counters, deliveries, file, span_str(text));
}

static void
step(void (*what)(void))
{
	ck_assert_int_eq(deliveries_begin(deliveries, now_ms, &err), 0);
	ck_assert_int_eq(counters_begin(counters, now_ms, &err), 0);
	what();
	ck_assert_int_eq(deliveries_commit(deliveries, &err), 0);
	ck_assert_int_eq(counters_commit(counters, &err), 0);
}

static const uint64_t *
row(const struct tally *t, const char *name)
{
	return tally_at((struct tally *)(void *)t, span_str(name))->n;
}

#define OF "\"tenant\":\"first\",\"campaign\":\"spring\",\"site\":\"b.example\",\"source\":\"s\""

static void
deliveries_of_a_day(void)
{
	line(FILE_QUEUED, "\"event\":\"delivered\"," OF);
	line(FILE_QUEUED, "\"event\":\"delivered\"," OF);
	line(FILE_QUEUED, "\"event\":\"bounced\",\"class\":\"hard\",\"category\":\"bad-mailbox\","
			  "\"provider\":\"post\"," OF);
	line(FILE_QUEUED,
	    "\"event\":\"deferred\",\"class\":\"soft\",\"category\":\"greylisted\"," OF);
	line(FILE_BOUNCD, "\"event\":\"bounced\",\"late\":true,\"class\":\"hard\",\"category\":"
			  "\"bad-mailbox\"," OF);
	line(FILE_BOUNCD,
	    "\"event\":\"bounced\",\"late\":true,\"repeat\":true,\"class\":\"hard\"," OF);
	line(FILE_BOUNCD, "\"event\":\"complaint\"," OF);
	line(FILE_WEB, "\"event\":\"delivered\"," OF); /* not trackd-web's to say */
	line(FILE_BOUNCD, "\"event\":\"complaint\",\"tie\":\"none\"");
	line(FILE_WEB, "\"event\":\"opened\",\"machine\":\"yes\"," OF);
	line(FILE_WEB, "\"event\":\"opened\",\"machine\":\"no\"," OF);
	line(FILE_WEB, "\"event\":\"clicked\",\"machine\":\"unsure\"," OF);
	line(FILE_WEB, "\"event\":\"clicked\",\"machine\":\"no\"," OF);
	line(FILE_WEB, "\"event\":\"clicked\",\"machine\":\"no\"," OF);
	line(FILE_WEB, "\"event\":\"revised\",\"kind\":\"clicked\",\"was\":\"unsure\",\"machine\":"
		       "\"yes\"," OF);
	line(FILE_WEB,
	    "\"event\":\"revised\",\"kind\":\"clicked\",\"was\":\"no\",\"machine\":\"yes\"," OF);
	line(FILE_QUEUED,
	    "\"event\":\"revised\",\"kind\":\"clicked\",\"was\":\"no\",\"machine\":\"yes\"," OF);
	observe_line(counters, deliveries, FILE_WEB, /* half of it is not there */
	    SPAN_LIT("{\"id\":\"01JDC8Q4Z7M2KX9V3TB6WNRAEH\",\"event\":\"clicked\"," OF));
}

static void
total(void *ctx, struct span tenant, struct span campaign, const uint64_t n[COUNT_KINDS])
{
	if (span_is(tenant, "first") && span_is(campaign, "spring"))
		memcpy(ctx, n, sizeof(uint64_t) * COUNT_KINDS);
}

START_TEST(shares_by_name)
{
	uint64_t n[COUNT_KINDS] = { 0 };
	struct tally t = { 0 };

	step(deliveries_of_a_day);
	counters_shares(counters, BY_CAMPAIGN, 0, &t);
	ck_assert_uint_eq(row(&t, "first/spring")[SHARE_DELIVERED], 2);
	ck_assert_uint_eq(row(&t, "first/spring")[SHARE_HARD], 1);
	ck_assert_uint_eq(row(&t, "first/spring")[SHARE_LATE], 1);
	ck_assert_uint_eq(row(&t, "first/spring")[SHARE_COMPLAINT], 1);
	tally_reset(&t);
	counters_shares(counters, BY_PROVIDER, 0, &t);
	ck_assert_uint_eq(row(&t, "post")[SHARE_DELIVERED], 2); /* its site's */
	ck_assert_uint_eq(row(&t, "post")[SHARE_HARD], 1);
	tally_reset(&t);
	counters_shares(counters, BY_CATEGORY, 0, &t);
	ck_assert_uint_eq(row(&t, "bad-mailbox")[SHARE_HARD], 1);
	ck_assert_uint_eq(row(&t, "greylisted")[SHARE_DEFERRED], 1);
	tally_reset(&t);
	counters_shares(counters, BY_TENANT, 60000, &t);
	ck_assert_uint_eq(t.rows_n, 0);
	tally_free(&t);
	counters_each(counters, total, n);
	ck_assert_uint_eq(n[COUNT_DELIVERED], 2);
	ck_assert_uint_eq(n[COUNT_BOUNCED_HARD], 1);
	ck_assert_uint_eq(n[COUNT_LATE_HARD], 1);
	ck_assert_uint_eq(n[COUNT_COMPLAINT], 1);
	ck_assert_uint_eq(n[COUNT_OPENED], 2);
	ck_assert_uint_eq(n[COUNT_OPENED_MACHINE], 1);
	ck_assert_uint_eq(n[COUNT_CLICKED], 3);
	ck_assert_uint_eq(n[COUNT_CLICKED_MACHINE], 2);
	ck_assert_uint_eq(n[COUNT_CLICKED_UNSURE], 0);
}
END_TEST

static void
too_many_names(void)
{
	for (int i = 0; i < COUNTERS_NAMES_MAX + 50; i++) {
		char name[32];

		snprintf(name, sizeof(name), "s%d.example", i);
		counters_share(counters, 20000, BY_SITE, span_str(name), SHARE_DELIVERED);
	}
}

START_TEST(names_are_bounded)
{
	struct tally t = { 0 };

	step(too_many_names);
	counters_shares(counters, BY_SITE, 20000, &t);
	ck_assert_uint_le(t.rows_n, COUNTERS_NAMES_MAX + 2);
	ck_assert_uint_ge(row(&t, "(other)")[SHARE_DELIVERED], 50);
	tally_free(&t);
}
END_TEST

enum { HOG_NAMES = COUNTERS_CAMPAIGNS_MAX + 300 };

static void
names_of_a_hog(void)
{
	char name[32];

	for (int i = 0; i < HOG_NAMES; i++) {
		int n = snprintf(name, sizeof(name), "order-%07d", i);

		counters_add(
		    counters, SPAN_LIT("hog"), span_of(name, (size_t)n), COUNT_DELIVERED, 2);
	}
	counters_add(counters, SPAN_LIT("modest"), SPAN_LIT("spring"), COUNT_DELIVERED, 1);
}

struct sums {
	uint64_t hog, other, modest;
	unsigned hog_rows, modest_rows;
};

static void
sum_up(void *ctx, struct span tenant, struct span campaign, const uint64_t n[COUNT_KINDS])
{
	struct sums *s = ctx;

	if (span_is(tenant, "hog")) {
		s->hog += n[COUNT_DELIVERED];
		s->hog_rows++;
		if (span_is(campaign, "(other)"))
			s->other += n[COUNT_DELIVERED];
	}
	if (span_is(tenant, "modest") && span_is(campaign, "spring")) {
		s->modest += n[COUNT_DELIVERED];
		s->modest_rows++;
	}
}

static void
a_campaign_goes_on(void)
{
	counters_add(counters, SPAN_LIT("modest"), SPAN_LIT("spring"), COUNT_DELIVERED, 1);
}

START_TEST(campaigns_of_a_tenant_are_bounded)
{
	struct sums s = { 0 };

	step(names_of_a_hog);
	counters_each(counters, sum_up, &s);
	ck_assert_uint_eq(s.hog, 2 * HOG_NAMES);
	ck_assert_uint_eq(s.other, 2 * 300);
	ck_assert_uint_eq(s.hog_rows, COUNTERS_CAMPAIGNS_MAX + 1);
	ck_assert_uint_eq(s.modest, 1);
	/* Old ones go, and the sum stays. */
	now_ms += (uint64_t)(COUNTERS_DAYS + 1) * 86400000;
	for (int i = 0; i < 8; i++)
		step(a_campaign_goes_on);
	s = (struct sums){ 0 };
	counters_each(counters, sum_up, &s);
	ck_assert_uint_eq(s.hog, 2 * HOG_NAMES);
	ck_assert_uint_eq(s.other, 2 * HOG_NAMES);
	ck_assert_uint_eq(s.hog_rows, 1);
	ck_assert_uint_eq(s.modest, 9);
	step(names_of_a_hog); /* and there is room for new ones */
	s = (struct sums){ 0 };
	counters_each(counters, sum_up, &s);
	ck_assert_uint_eq(s.hog_rows, COUNTERS_CAMPAIGNS_MAX + 1);
	ck_assert_uint_eq(s.hog, 4 * HOG_NAMES);
}
END_TEST

static void
names_of_a_day(void)
{
	char name[64];

	for (int i = 0; i < COUNTERS_TENANT_NAMES_MAX + 50; i++) {
		int n = snprintf(name, sizeof(name), "hog/order-%d", i);

		counters_share(
		    counters, 30000, BY_CAMPAIGN, span_of(name, (size_t)n), SHARE_DELIVERED);
	}
	counters_share(counters, 30000, BY_CAMPAIGN, SPAN_LIT("modest/spring"), SHARE_DELIVERED);
}

START_TEST(campaigns_of_a_day_are_bounded_by_tenant)
{
	struct tally t = { 0 };

	step(names_of_a_day);
	step(names_of_a_day);
	counters_shares(counters, BY_CAMPAIGN, 30000, &t);
	ck_assert_uint_eq(t.rows_n, COUNTERS_TENANT_NAMES_MAX + 2);
	ck_assert_uint_eq(row(&t, "hog/(other)")[SHARE_DELIVERED], 100);
	ck_assert_uint_eq(row(&t, "modest/spring")[SHARE_DELIVERED], 2);
	tally_free(&t);
}
END_TEST

static void
an_event_of_the_future(void)
{
	counters_share(counters, 65535, BY_TENANT, SPAN_LIT("first"), SHARE_DELIVERED);
}

START_TEST(the_clock_says_what_is_old)
{
	struct tally t = { 0 };

	step(deliveries_of_a_day);
	step(an_event_of_the_future);
	step(deliveries_of_a_day);
	counters_shares(counters, BY_CAMPAIGN, 0, &t);
	ck_assert_uint_eq(row(&t, "first/spring")[SHARE_DELIVERED], 4);
	tally_free(&t);
}
END_TEST

START_TEST(an_abort_forgets_the_step_alone)
{
	struct sums s = { 0 };

	counters_each(counters, sum_up, &s);
	ck_assert_int_eq(counters_begin(counters, now_ms, &err), 0);
	a_campaign_goes_on();
	counters_abort(counters);
	step(a_campaign_goes_on);
	ck_assert_int_eq(counters_sync(counters, &err), 0);
	s.modest = 0;
	counters_each(counters, sum_up, &s);
	ck_assert_uint_eq(s.modest, 11);
}
END_TEST

int
main(void)
{
	static const char *const files[] = { "deliveries.mdb", "deliveries.mdb-lock", "data.mdb",
		"lock.mdb" };
	Suite *s = suite_create("counters");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	counters = counters_open(".", &err);
	deliveries = deliveries_open(".", 16 << 20, 8 * 86400, &err);
	if (counters == NULL || deliveries == NULL)
		return 1;
	tcase_add_test(t, shares_by_name);
	tcase_add_test(t, names_are_bounded);
	tcase_add_test(t, campaigns_of_a_tenant_are_bounded);
	tcase_add_test(t, campaigns_of_a_day_are_bounded_by_tenant);
	tcase_add_test(t, the_clock_says_what_is_old);
	tcase_add_test(t, an_abort_forgets_the_step_alone);
	suite_add_tcase(s, t);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	counters_close(counters);
	deliveries_close(deliveries);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	if (chdir("/") == 0)
		rmdir(folder);
	return failed == 0 ? 0 : 1;
}
