#include "ban.h"

#include <check.h>
#include <stdio.h>

#define NOW UINT64_C(1000000)
#define S   UINT64_C(1000)

START_TEST(one_tenant_is_suspended_and_no_other)
{
	struct bans bs = { 0 };

	ck_assert(ban_put(&bs, SPAN_LIT("first"), NOW, 0, SPAN_LIT("550 spam")));
	ck_assert_ptr_nonnull(ban_of(&bs, SPAN_LIT("First"), NOW));
	ck_assert_ptr_null(ban_of(&bs, SPAN_LIT("second"), NOW));
	ck_assert_str_eq(ban_of(&bs, SPAN_LIT("first"), NOW)->reason, "550 spam");
	ck_assert_ptr_null(ban_of(&bs, SPAN_LIT("first"), NOW + 900 * S));
	bans_lift(&bs, SPAN_LIT(""), NOW);
}
END_TEST

START_TEST(each_lasts_longer_than_the_last)
{
	static const uint64_t lasts[] = { 900, 1800, 3600, 7200, 14400, 21600, 21600 };
	struct bans bs = { 0 };
	uint64_t at = NOW;

	for (unsigned i = 0; i < 7; i++) {
		ck_assert(ban_put(&bs, SPAN_LIT("t"), at, 0, SPAN_LIT("550")));
		ck_assert(!ban_put(&bs, SPAN_LIT("t"), at + 1, 0, SPAN_LIT("550")));
		ck_assert_uint_eq(ban_of(&bs, SPAN_LIT("t"), at)->until_ms, at + lasts[i] * S);
		at += lasts[i] * S;
	}
	at += 90000 * S; /* a day without one: as the first */
	ck_assert(ban_put(&bs, SPAN_LIT("t"), at, 86400, SPAN_LIT("550")));
	ck_assert_uint_eq(ban_of(&bs, SPAN_LIT("t"), at)->until_ms, at + 86400 * S);
	bans_lift(&bs, SPAN_LIT(""), at);
}
END_TEST

START_TEST(an_operator_lifts_one_or_all)
{
	struct bans bs = { 0 };

	ban_put(&bs, SPAN_LIT("a"), NOW, 60, SPAN_LIT("550"));
	ban_put(&bs, SPAN_LIT("b"), NOW, 60, SPAN_LIT("550"));
	ban_put(&bs, SPAN_LIT("c"), NOW, 10, SPAN_LIT("550"));
	ck_assert_uint_eq(bans_n(&bs, NOW + 20 * S), 2);
	ck_assert_uint_eq(bans_lift(&bs, SPAN_LIT("b"), NOW), 1);
	ck_assert_ptr_null(ban_of(&bs, SPAN_LIT("b"), NOW));
	ck_assert_uint_eq(bans_lift(&bs, SPAN_LIT(""), NOW + 20 * S), 1);
	ck_assert(bans_none(&bs));
}
END_TEST

/* Each delivery asks: a walk over all of them would be 4e10 steps. */
START_TEST(two_hundred_thousand_tenants)
{
	enum { MANY = 200000 };
	struct bans bs = { 0 };
	char name[16];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		ck_assert(ban_put(&bs, span_str(name), NOW, 60, SPAN_LIT("550")));
	}
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		ck_assert_ptr_nonnull(ban_of(&bs, span_str(name), NOW));
	}
	ck_assert_uint_eq(bans_lift(&bs, SPAN_LIT(""), NOW), MANY);
}
END_TEST

static struct id
message(uint8_t n)
{
	return (struct id){ { n } };
}

START_TEST(three_in_a_row)
{
	struct bans bs = { 0 };

	ban_taken(&bs, span_str("shop"));
	ck_assert(!ban_refused(&bs, span_str("shop"), message(1)));
	ck_assert(!ban_refused(&bs, span_str("shop"), message(2)));
	ban_taken(&bs, span_str("other"));
	ban_taken(&bs, span_str("Shop"));
	ck_assert(!ban_refused(&bs, span_str("shop"), message(3)));
	ck_assert(!ban_refused(&bs, span_str("other"), message(4)));
	ck_assert(!ban_refused(&bs, span_str("shop"), message(5)));
	ck_assert(ban_refused(&bs, span_str("shop"), message(6)));
	ck_assert_ptr_null(ban_of(&bs, span_str("shop"), 1000));
	ck_assert(ban_put(&bs, span_str("shop"), 1000, 0, span_str("no")));
	ck_assert(!ban_refused(&bs, span_str("shop"), message(7)));
	bans_lift(&bs, span_of(NULL, 0), 1000);
}
END_TEST

/* One message with many recipients is one. */
START_TEST(messages_are_counted)
{
	struct bans bs = { 0 };

	for (unsigned i = 0; i < 9; i++)
		ck_assert(!ban_refused(&bs, span_str("shop"), message(1)));
	ck_assert(!ban_refused(&bs, span_str("shop"), message(2)));
	ck_assert(ban_refused(&bs, span_str("shop"), message(3)));
	ck_assert_uint_eq(bans_lift(&bs, SPAN_LIT(""), 1), 0);
}
END_TEST

START_TEST(general_words_need_a_second_message)
{
	struct bans bs = { 0 };

	ck_assert(!ban_blamed(&bs, span_str("shop"), message(1), NOW));
	ck_assert(!ban_blamed(&bs, span_str("shop"), message(1), NOW + 1));
	ck_assert(!ban_blamed(&bs, span_str("other"), message(2), NOW + 1));
	ck_assert(ban_blamed(&bs, span_str("shop"), message(2), NOW + 2));
	ck_assert(!ban_blamed(&bs, span_str("shop"), message(3), NOW + 2 + SUSPICION_MS));
	(void)bans_lift(&bs, SPAN_LIT(""), NOW);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ban");
	TCase *t = tcase_create("ban");
	SRunner *r;
	int bad;

	tcase_add_test(t, one_tenant_is_suspended_and_no_other);
	tcase_add_test(t, each_lasts_longer_than_the_last);
	tcase_add_test(t, an_operator_lifts_one_or_all);
	tcase_add_test(t, two_hundred_thousand_tenants);
	tcase_add_test(t, three_in_a_row);
	tcase_add_test(t, messages_are_counted);
	tcase_add_test(t, general_words_need_a_second_message);
	tcase_set_timeout(t, 60); /* a loaded machine */
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
