#include "encoded_word.h"
#include "charset.h"

#include <check.h>

static const struct {
	const char *name, *value, *text;
} cases[] = {
	{ "plain", "Out of office", "Out of office" },
	{ "Q", "=?ISO-8859-1?Q?R=E9ponse_automatique?=", "Réponse automatique" },
	{ "B", "=?utf-8?B?QWJ3ZXNlbmhlaXRzbm90aXo=?=", "Abwesenheitsnotiz" },
	{ "two words, one text", "=?utf-8?Q?a_?= =?utf-8?Q?b?= c", "a b c" },
	{ "a character torn in two", "=?utf-8?B?w7zD?= =?utf-8?B?vA==?=", "üü" },
	{ "two charsets", "=?iso-8859-1?q?=FC?= =?koi8-r?q?=CF?=", "üо" },
	{ "a language", "=?utf-8*de?q?=C3=BC?=", "ü" },
	{ "text between", "=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c" },
	{ "not one", "=?what is this", "=?what is this" },
	{ "another encoding", "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
	{ "a question mark inside", "=?utf-8?q?a?b?=", "a?b" },
	{ "not closed", "=?utf-8?q?abc", "=?utf-8?q?abc" },
	{ "raw bytes", "r\xe9ponse", "réponse" },
	{ "Japanese", "=?ISO-2022-JP?B?GyRCSVQ6XxsoQg==?=", "不在" },
	{ "empty", "", "" },
};

START_TEST(becomes)
{
	struct arena *a = arena_new(0);
	struct span s = encoded_words(span_str(cases[_i].value), a);

	ck_assert_msg(span_is(s, cases[_i].text), "%s: \"%.*s\"", cases[_i].name, SPAN(s));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("encoded_word");
	TCase *t = tcase_create("encoded_word");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, becomes, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
