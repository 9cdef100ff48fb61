#include "names.h"

#include <check.h>

static const struct {
	const char *reply, *becomes;
} masks[] = {
	{ "550 No such user: newsletter", "No such user: <@>" },
	{ "550 Newsletter unknown at lists.example", "<@> unknown at host.example" },
	{ "550 newsletter.", "<@>." },
	{ "550 newsletters newsletter2 my-newsletter newsletter.x", "newsletters newsletter2 "
								    "my-newsletter newsletter.x" },
	{ "550 <newsletter@lists.example>: no", "<@>: no" },
	{ "550 spam.shop.example is listed; from promo", "host.example is listed; from <@>" },
	{ "550 relay7.example refused", "host.example refused" },
};

START_TEST(names_become_masks)
{
	static const struct names names = { .recipient = SPAN_LIT("newsletter@lists.example"),
		.sender = SPAN_LIT("promo@spam.shop.example"),
		.ours = SPAN_LIT("relay7.example") };
	struct arena *a = arena_new(0);
	struct said said, out;

	said_reply(&said, span_str(masks[_i].reply), a);
	names_mask(&out, &said, &names, a);
	ck_assert_msg(span_is(out.text, masks[_i].becomes), "%.*s", SPAN(out.text));
	arena_free(a);
}
END_TEST

/* "user unknown" means the same for user@. */
START_TEST(words_of_all_replies_stay)
{
	static const struct names names = { .recipient = SPAN_LIT("user@a.example") };
	struct arena *a = arena_new(0);
	struct said said, out;

	said_reply(&said, SPAN_LIT("550 user unknown"), a);
	names_mask(&out, &said, &names, a);
	ck_assert(span_is(out.text, "user unknown"));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("names");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, names_become_masks, 0, sizeof(masks) / sizeof(masks[0]));
	tcase_add_test(t, words_of_all_replies_stay);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
