#include "verdict_words.h"
#include "verdict.h"

#include <check.h>
#include <string.h>

/* Every word of the closed lists has its sentence. */
START_TEST(all_words_have_one)
{
	for (int c = CATEGORY_BAD_MAILBOX; c <= CATEGORY_OTHER; c++) {
		const char *word = category_word((enum category)c);
		const char *fix = category_fix((enum category)c);
		struct arena *a = arena_new(0);

		ck_assert_str_ne(category_sentence(word), word);
		if (fix[0] != '\0')
			ck_assert_str_ne(
			    advice_sentence("fix", 0, fix, a) + strlen("fix yours: "), fix);
		arena_free(a);
	}
	for (int d = ADVICE_RETRY; d < ADVICE_FIX; d++) {
		struct arena *a = arena_new(0);
		const char *word = advice_word((enum advice)d);

		ck_assert_str_ne(advice_sentence(word, 300, "", a), word);
		arena_free(a);
	}
	ck_assert_str_ne(class_sentence("hard"), "hard");
	ck_assert_str_ne(class_sentence("soft"), "soft");
}
END_TEST

START_TEST(time_to_wait)
{
	struct arena *a = arena_new(0);

	ck_assert_str_eq(advice_sentence("retry-later", 300, "", a), "try again, not before 5 min");
	ck_assert_str_eq(
	    advice_sentence("retry-later", 4 * 3600, "", a), "try again, not before 4 h");
	ck_assert_str_eq(
	    advice_sentence("fix", 0, "size", a), "fix yours: the size of the message");
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("verdict words");
	TCase *t = tcase_create("all");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, all_words_have_one);
	tcase_add_test(t, time_to_wait);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
