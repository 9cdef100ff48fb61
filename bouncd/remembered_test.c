#include "remembered.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct remembered_key
key(const char *text, int code, const char *provider, bool permanent)
{
	return (struct remembered_key){
		.text = span_str(text), .code = code, .provider = provider, .permanent = permanent
	};
}

START_TEST(nothing_but_the_very_same)
{
	static const char google[] = "google", other[] = "google ";
	struct remembered *r = remembered_new();
	struct verdict v = { .category = CATEGORY_POLICY, .rule = "r" };
	struct remembered_key k = key("no", 550, google, true), more = k;

	remembered_put(r, &k, &v);
	ck_assert_ptr_nonnull(remembered_get(r, &k));
	more = key("No", 550, google, true);
	ck_assert_ptr_null(remembered_get(r, &more));
	more = key("no", 551, google, true);
	ck_assert_ptr_null(remembered_get(r, &more));
	more = key("no", 550, other, true);
	ck_assert_ptr_null(remembered_get(r, &more));
	more = key("no", 550, google, false);
	ck_assert_ptr_null(remembered_get(r, &more));
	more = k;
	more.status = (struct status){ 5, 1, 1 };
	ck_assert_ptr_null(remembered_get(r, &more));
	remembered_free(r);
}
END_TEST

START_TEST(bounded_and_never_mixed_up)
{
	struct remembered *r = remembered_new();
	unsigned there = 0;
	char text[40];

	for (unsigned i = 0; i < 3 * REMEMBERED_PLACES; i++) {
		struct verdict v = { .category = CATEGORY_POLICY, .retry_s = i };
		struct remembered_key k;

		snprintf(text, sizeof(text), "reply number %u", i);
		k = key(text, 550, NULL, true);
		remembered_put(r, &k, &v);
	}
	for (unsigned i = 0; i < 3 * REMEMBERED_PLACES; i++) {
		const struct verdict *v;
		struct remembered_key k;

		snprintf(text, sizeof(text), "reply number %u", i);
		k = key(text, 550, NULL, true);
		if ((v = remembered_get(r, &k)) == NULL)
			continue;
		ck_assert_uint_eq(v->retry_s, i);
		there++;
	}
	ck_assert_uint_gt(there, REMEMBERED_PLACES / 2);
	ck_assert_uint_le(there, REMEMBERED_PLACES);
	remembered_free(r);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("remembered");
	TCase *t = tcase_create("all");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, nothing_but_the_very_same);
	tcase_add_test(t, bounded_and_never_mixed_up);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
