#include "model.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct features
seen(const char *reply, struct arena *a)
{
	struct features f;
	struct said sd;

	said_reply(&sd, span_str(reply), a);
	features_of(&f, &sd, NULL, true);
	return f;
}

START_TEST(names_and_numbers_leave_no_trace)
{
	struct arena *a = arena_new(0);
	struct features one = seen("550 5.1.1 Rejected by mx1.a.example: limit 17", a);
	struct features two = seen("550 5.1.1 rejects by mx22.b.example: limit 9000", a);
	struct features three = seen("550 5.1.1 accepted by mx22.b.example: limit 9000", a);

	ck_assert_uint_eq(one.n, two.n);
	ck_assert_int_eq(memcmp(one.hash, two.hash, one.n * sizeof(one.hash[0])), 0);
	ck_assert(
	    three.n != one.n || memcmp(one.hash, three.hash, one.n * sizeof(one.hash[0])) != 0);
	arena_free(a);
}
END_TEST

START_TEST(bounded)
{
	struct arena *a = arena_new(0);
	char *text = malloc(8000);
	struct features f;

	for (int i = 0; i < 7999; i++)
		text[i] = i % 5 == 4 ? ' ' : (char)('a' + rand() % 26);
	text[7999] = '\0';
	f = seen(text, a);
	ck_assert_uint_le(f.n, FEATURES_MAX);
	ck_assert_uint_gt(f.n, FEATURES_WORDS);
	free(text);
	arena_free(a);
}
END_TEST

/* Said by nobody, and plain. */
static const struct {
	const char *reply;
	enum category category;
} plain[] = {
	{ "550 5.1.1 we know of no user with that name, sorry", CATEGORY_BAD_MAILBOX },
	{ "552 5.2.2 the mailbox quota of this user is exceeded now", CATEGORY_MAILBOX_FULL },
	{ "554 5.7.1 message looks like spam to our content filter", CATEGORY_SPAM_CONTENT },
	{ "421 4.7.0 too many connections from your address, slow down", CATEGORY_RATE_LIMITED },
	{ "554 5.7.1 client host blocked: your IP is on a blacklist", CATEGORY_BLOCKED_SOURCE },
};

START_TEST(plain_words)
{
	struct arena *a = arena_new(0);
	struct features f = seen(plain[_i].reply, a);
	struct guess g = model_guess(model_shipped(), &f);

	ck_assert_str_eq(category_word(g.category), category_word(plain[_i].category));
	ck_assert_uint_gt(g.confidence, 50);
	arena_free(a);
}
END_TEST

START_TEST(words_never_seen_are_no_idea)
{
	struct arena *a = arena_new(0);
	struct features f = seen("550 zzqxj vvkqw", a);
	struct guess g = model_guess(model_shipped(), &f);

	ck_assert_uint_lt(g.confidence, 60);
	arena_free(a);
}
END_TEST

/* What is not the trainer's work is refused. */
START_TEST(damaged)
{
	static uint32_t bytes[64];
	struct model_head head = { "phmodel1", 0, MODEL_CATEGORIES, 1000, 0 };
	struct err err;

	ck_assert_ptr_null(model_open(span_of(bytes, sizeof(bytes)), &err));
	memcpy(bytes, &head, sizeof(head));
	ck_assert_ptr_null(model_open(span_of(bytes, sizeof(bytes)), &err));
	ck_assert_ptr_null(
	    model_open(span_of(bytes, sizeof(head) + 4 * MODEL_CATEGORIES + 4), &err));
	ck_assert_msg(span_find_str(span_str(err.text), "changed") > 0, "%s", err.text);
	ck_assert_ptr_null(model_open(span_of(bytes, 3), &err));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("model");
	TCase *t = tcase_create("all");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, names_and_numbers_leave_no_trace);
	tcase_add_test(t, bounded);
	tcase_add_loop_test(t, plain_words, 0, (int)(sizeof(plain) / sizeof(plain[0])));
	tcase_add_test(t, words_never_seen_are_no_idea);
	tcase_add_test(t, damaged);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
