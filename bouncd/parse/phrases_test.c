#include "phrases.h"
#include "folded.h"

#include <check.h>

static const struct {
	const char *name, *text, *becomes;
} folds[] = {
	{ "case", "Out Of OFFICE", "out of office" },
	{ "white space", "out\r\n of\t\tthe  office", "out of the office" },
	{ "accents", "Réponse AUTOMATIQUE Ñandú Ærø Łódź Žluťoučký",
	    "reponse automatique nandu "
	    "aero lodz zlutoucky" },
	{ "German", "Straße ÜBER", "strasse uber" },
	{ "Turkish", "Dışında İzin", "disinda izin" },
	{ "Romanian, both ways", "şţșț", "stst" },
	{ "Cyrillic", "ОТПУСК Ещё", "отпуск еще" },
	{ "Greek", "Εκτός Γραφείου", "εκτος γραφειου" },
	{ "quotes", "can’t “x” – y", "can't \"x\" - y" },
	{ "no-break space", "Lu : x", "lu : x" },
	{ "full width", "ＡＢ１", "ab1" },
	{ "Japanese", "不在　です", "不在 です" },
	{ "combining", "re\xcc\x81ponse", "reponse" },
	{ "no UTF-8", "a\xff\xc3", "a\xff\xc3" },
	{ "empty", "", "" },
};

static const struct {
	const char *name, *text;
	enum phrase_place place;
	unsigned says;
} cases[] = {
	{ "one", "out of the office", IN_SUBJECT, SAYS_AWAY },
	{ "in the middle", "i am out of the office until", IN_TEXT, SAYS_AWAY },
	{ "not inside a word", "about of the officers", IN_TEXT, 0 },
	{ "of subjects alone", "delay", IN_TEXT, 0 },
	{ "of subjects", "delay", IN_SUBJECT, SAYS_DELAYED },
	{ "two meanings", "this is a permanent error", IN_TEXT, SAYS_FAILED | SAYS_FINAL },
	{ "no letter before it", "xの不在", IN_TEXT, SAYS_AWAY },
	{ "at the end, cut", "out of the offic", IN_TEXT, 0 },
	{ "short", "abc", IN_TEXT, 0 },
	{ "empty", "", IN_TEXT, 0 },
};

START_TEST(folding)
{
	struct arena *a = arena_new(0);
	struct span s = folded(span_str(folds[_i].text), a);

	ck_assert_msg(span_is(s, folds[_i].becomes), "%s: \"%.*s\"", folds[_i].name, SPAN(s));
	arena_free(a);
}
END_TEST

START_TEST(saying)
{
	unsigned says = phrases_say(span_str(cases[_i].text), cases[_i].place);

	ck_assert_msg(says == cases[_i].says, "%s: %x", cases[_i].name, says);
}
END_TEST

/* Each is folded, and found in what it is itself. */
START_TEST(list_is_good)
{
	struct arena *a = arena_new(0);

	for (unsigned i = 0; i < phrase_lines_n; i++) {
		struct span rest = span_str(phrase_lines[i].phrases);
		while (rest.n > 0) {
			struct span p = span_cut(rest, '|', &rest);
			ck_assert_msg(span_eq(folded(p, a), span_from(p, p.p[0] == ' ')),
			    "not folded: %.*s", SPAN(p));
			ck_assert_msg(phrases_say(p, phrase_lines[i].place) & phrase_lines[i].says,
			    "not found: %.*s", SPAN(p));
		}
	}
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phrases");
	TCase *t = tcase_create("phrases");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, folding, 0, (int)(sizeof(folds) / sizeof(folds[0])));
	tcase_add_loop_test(t, saying, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, list_is_good);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
