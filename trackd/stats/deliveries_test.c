#include "deliveries.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const uint64_t now_ms = 1800000000000;
static char folder[] = "/tmp/deliveries-XXXXXX";
static struct err err;

static struct deliveries *
opened(uint64_t bytes)
{
	struct deliveries *d = deliveries_open(folder, bytes, 8 * 86400, &err);

	ck_assert_msg(d != NULL, "%s", err.text);
	return d;
}

static struct id
id_at(uint64_t ms, uint32_t n)
{
	struct id id = { { 0 } };

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	memcpy(id.b + 12, &n, sizeof(n));
	return id;
}

static void
message(struct deliveries *d, struct id id, const char *message_id)
{
	deliveries_message_put(d, &(struct delivered_message){ .id = id,
				      .tenant = SPAN_LIT("first"),
				      .campaign = SPAN_LIT("spring"),
				      .from = SPAN_LIT("n@first.example"),
				      .message_id = span_str(message_id) });
}

static void
ended(struct deliveries *d, struct id id, uint32_t index, const char *to)
{
	deliveries_end_put(d, &(struct delivered_end){ .message = id,
				  .event = id_at(now_ms, 77),
				  .index = index,
				  .ended = SPAN_LIT("delivered"),
				  .recipient = span_str(to),
				  .source = SPAN_LIT("192.0.2.1"),
				  .site = SPAN_LIT("b.example") });
}

START_TEST(found_by_index_and_by_name)
{
	struct deliveries *d = opened(16 << 20);
	struct arena *a = arena_new(0);
	struct id m = id_at(now_ms, 1), twin = id_at(now_ms + 5, 2);
	struct lookup_found f;

	ck_assert_int_eq(deliveries_begin(d, now_ms, &err), 0);
	message(d, m, "<one@first.example>");
	message(d, twin, "one@first.example");
	ended(d, m, 0, "ann@b.example");
	ended(d, m, 3, "bob@b.example");
	ended(d, twin, 0, "eve@b.example");
	ck_assert_int_eq(deliveries_commit(d, &err), 0);
	deliveries_find(
	    d, &(struct lookup_ask){ .has_message = true, .message = m, .index = 3 }, &f, a);
	ck_assert(
	    f.found && span_is(f.recipient, "bob@b.example") && span_is(f.ended, "delivered"));
	ck_assert(
	    span_is(f.tenant, "first") && span_is(f.campaign, "spring") && f.time_ms == now_ms);
	deliveries_find(
	    d, &(struct lookup_ask){ .has_message = true, .message = m, .index = 9 }, &f, a);
	ck_assert(f.found && f.recipient.n == 0);
	deliveries_find(d,
	    &(struct lookup_ask){ .index = UINT32_MAX,
		.message_id = SPAN_LIT(" <one@first.example>"),
		.address = SPAN_LIT("Ann@B.example") },
	    &f, a);
	ck_assert(f.found && f.index == 0 && id_eq(f.message, m));
	deliveries_find(d,
	    &(struct lookup_ask){ .index = UINT32_MAX,
		.message_id = SPAN_LIT("one@first.example"),
		.address = SPAN_LIT("stranger@b.example") },
	    &f, a);
	ck_assert(f.found && f.recipient.n == 0);
	deliveries_find(d,
	    &(struct lookup_ask){
		.index = UINT32_MAX, .message_id = SPAN_LIT("other@first.example") },
	    &f, a);
	ck_assert(!f.found);
	arena_free(a);
	deliveries_close(d);
}
END_TEST

/* Opened anew, what was there is there; what is too old is gone. */
START_TEST(old_buckets_go)
{
	struct deliveries *d = opened(16 << 20);
	struct arena *a = arena_new(0);
	struct lookup_ask ask = { .has_message = true, .message = id_at(now_ms, 1), .index = 0 };
	struct lookup_found f;
	uint32_t bucket = 0;
	int n = 0;

	deliveries_find(d, &ask, &f, a);
	ck_assert(f.found && span_is(f.recipient, "ann@b.example"));
	do
		n += deliveries_forget(d, SPAN_LIT("ANN@b.example"), &bucket, &err);
	while (bucket != 0);
	ck_assert_int_eq(n, 1);
	deliveries_find(d, &ask, &f, a);
	ck_assert(f.found && f.recipient.n == 0);
	ck_assert_int_eq(deliveries_begin(d, now_ms + 9ull * 86400 * 1000, &err), 0);
	ck_assert_int_eq(deliveries_commit(d, &err), 0);
	deliveries_find(d, &ask, &f, a);
	ck_assert(!f.found);
	arena_free(a);
	deliveries_close(d);
}
END_TEST

START_TEST(bounded_on_disk)
{
	struct deliveries *d = opened(16 << 20);
	struct arena *a = arena_new(0);
	struct lookup_found f;
	uint32_t n = 0;
	char name[64];

	for (uint64_t hour = 0; hour < 48; hour++)
		for (int batch = 0; batch < 2; batch++) {
			ck_assert_int_eq(deliveries_begin(d, now_ms + hour * 3600000, &err), 0);
			for (int i = 0; i < 1000; i++, n++) {
				struct id m = id_at(now_ms + hour * 3600000, n);

				snprintf(name, sizeof(name), "%u@first.example", n);
				message(d, m, name);
				ended(d, m, 0, name);
			}
			ck_assert_msg(deliveries_commit(d, &err) == 0, "%s", err.text);
		}
	deliveries_find(d,
	    &(struct lookup_ask){ .has_message = true,
		.index = 0,
		.message = id_at(now_ms + 47ull * 3600000, n - 1) },
	    &f, a);
	ck_assert(f.found);
	deliveries_find(
	    d, &(struct lookup_ask){ .has_message = true, .message = id_at(now_ms, 0) }, &f, a);
	ck_assert(!f.found);
	arena_free(a);
	deliveries_close(d);
}
END_TEST

/* Figures for people: ten thousand deliveries a step, as at that many a second. */
START_TEST(bench)
{
	struct deliveries *d = opened((uint64_t)4 << 30);
	uint64_t ms = now_ms + 20ull * 86400 * 1000;
	uint32_t n = 0;
	clock_t start = clock();
	char name[64];

	for (int step = 0; step < 100; step++) {
		ck_assert_int_eq(deliveries_begin(d, ms, &err), 0);
		for (int i = 0; i < 10000; i++, n++) {
			struct id m = id_at(ms + (unsigned)step * 1000 + (unsigned)i / 10, n);

			snprintf(name, sizeof(name), "%x.%u@first.example", n * 2654435761u, n);
			message(d, m, name);
			ended(d, m, 0, name);
		}
		ck_assert_msg(deliveries_commit(d, &err) == 0, "%s", err.text);
	}
	printf("%.2f us of CPU a delivery\n", 1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / n);
	deliveries_close(d);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *s = suite_create("deliveries");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	(void)argv;
	tcase_set_timeout(t, 0);
	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	if (argc > 1)
		tcase_add_test(t, bench);
	tcase_add_test(t, found_by_index_and_by_name);
	tcase_add_test(t, old_buckets_go);
	tcase_add_test(t, bounded_on_disk);
	suite_add_tcase(s, t);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	unlink("deliveries.mdb");
	unlink("deliveries.mdb-lock");
	if (chdir("/") == 0)
		rmdir(folder);
	return failed == 0 ? 0 : 1;
}
