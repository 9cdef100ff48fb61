#include "limits.h"

#include <check.h>

static struct span google_mx[] = { SPAN_LIT("*.google.com") };
static struct span all_domains[] = { SPAN_LIT("*") };

static const struct limit_rule rules[] = {
	{ .name = SPAN_LIT("everyone"),
	    .domains = all_domains,
	    .domains_n = 1,
	    .set = { [LIMIT_MESSAGE_RATE] = true },
	    .limits.of = { [LIMIT_MESSAGE_RATE] = { 50, 1, "a.conf", 3 } } },
	{ .name = SPAN_LIT("google"),
	    .mx = google_mx,
	    .mx_n = 1,
	    .set = { [LIMIT_CONNECTIONS] = true, [LIMIT_MESSAGE_RATE] = true },
	    .limits.of = { [LIMIT_CONNECTIONS] = { 7, 0, "a.conf", 9 },
		[LIMIT_MESSAGE_RATE] = { 10, 1, "a.conf", 10 } } },
	{ .name = SPAN_LIT("smtp-in.b.example"),
	    .set = { [LIMIT_MESSAGE_RATE] = true },
	    .limits.of = { [LIMIT_MESSAGE_RATE] = { 1, 60, "b.conf", 2 } } },
};

START_TEST(each_limit_from_the_most_specific)
{
	struct span mx[] = { SPAN_LIT("aspmx.l.google.com") };
	struct limits l =
	    limits_find(rules, 3, SPAN_LIT("google.com"), SPAN_LIT("c.example"), mx, 1);

	ck_assert_uint_eq(l.of[LIMIT_CONNECTIONS].value, 7);
	ck_assert_uint_eq(l.of[LIMIT_CONNECTIONS].line, 9);
	ck_assert_uint_eq(l.of[LIMIT_MESSAGE_RATE].value, 50);
	ck_assert_uint_eq(l.of[LIMIT_RECIPIENTS].value, 100);
	ck_assert_ptr_null(l.of[LIMIT_RECIPIENTS].file);
}
END_TEST

START_TEST(the_name_beats_all)
{
	struct limits l =
	    limits_find(rules, 3, SPAN_LIT("smtp-in.b.example"), SPAN_LIT("b.example"), NULL, 0);

	ck_assert_uint_eq(l.of[LIMIT_MESSAGE_RATE].per_s, 60);
	ck_assert_str_eq(l.of[LIMIT_MESSAGE_RATE].file, "b.conf");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");
	SRunner *r;
	int bad;

	tcase_add_test(t, each_limit_from_the_most_specific);
	tcase_add_test(t, the_name_beats_all);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
