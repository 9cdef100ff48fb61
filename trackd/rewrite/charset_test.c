#include "charset.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *rule, *label;
	struct span html;
	bool known;
	enum charset_shape shape;
} labels[] = {
	{ "a label", "ISO-8859-1", { "x", 1 }, true, CHARSET_BYTES },
	{ "odd spelling", "utf_8", { "x", 1 }, true, CHARSET_BYTES },
	{ "no label, UTF-8", "", { "\xc3\xa9", 2 }, true, CHARSET_BYTES },
	{ "no label, something else", "", { "\xe9", 1 }, true, CHARSET_BYTES },
	{ "meta", "us-ascii", { "<meta charset=iso-2022-jp>", 26 }, true, CHARSET_ISO2022 },
	{ "meta that says UTF-16 in ASCII", "", { "<meta charset=utf-16>", 21 }, true,
	    CHARSET_BYTES },
	{ "a mark of UTF-8 before the label", "iso-2022-jp", { "\xef\xbb\xbf<p>", 6 }, true,
	    CHARSET_BYTES },
	{ "unknown", "x-klingon", { "x", 1 }, false, 0 },
	{ "UTF-16 that is ASCII", "utf-16", { "<p>", 3 }, false, 0 },
	{ "UTF-16", "utf-16", { "<\0p\0>\0", 6 }, true, CHARSET_UNITS },
};

static struct charsets *table;

static void
open_table(void)
{
	table = charsets_open();
}

static void
close_table(void)
{
	charsets_free(table);
}

START_TEST(detects)
{
	struct charset cs;
	bool known = charset_detect(table, span_str(labels[_i].label), labels[_i].html, &cs);

	ck_assert_msg(known == labels[_i].known, "%s", labels[_i].rule);
	ck_assert_msg(!known || cs.shape == labels[_i].shape, "%s", labels[_i].rule);
}
END_TEST

/* The view, with # for each character that is not ASCII; NULL: not valid. last: where its last byte stands. */
static const struct {
	const char *rule, *label;
	struct span html;
	const char *view;
	size_t last;
} views[] = {
	{ "bytes", "koi8-r", { "<\xc1>", 3 }, "<#>", 2 },
	{ "UTF-16, little end first", "utf-16", { "<\0<\x30>\0", 6 }, "<#>", 4 },
	{ "UTF-16, by its mark", "utf-16", { "\xfe\xff\0<\x30<\0>", 8 }, "<#>", 6 },
	{ "UTF-16, cut off", "utf-16le", { "<\0>", 3 }, NULL, 0 },
	{ "UTF-16, half a pair", "utf-16le", { "<\0\0\xd8>\0", 6 }, NULL, 0 },
	{ "ISO-2022-JP", "iso-2022-jp", { "<\033$B$<\033(B>", 10 }, "<#>", 9 },
	{ "ISO-2022-JP, left in two bytes", "iso-2022-jp", { "<\033$B$<", 6 }, NULL, 0 },
	{ "ISO-2022-JP, unknown escape", "iso-2022-jp", { "<\033Q>", 4 }, NULL, 0 },
	{ "ISO-2022-JP, a set of -JP-2", "iso-2022-jp", { "<\033$(D<<\033(B>", 12 }, NULL, 0 },
	{ "ISO-2022-JP-2, its sets", "iso-2022-jp-2", { "<\033$(D<<\033(B\033.A\033N<>", 17 },
	    "<##>", 16 },
	{ "ISO-2022-JP-3, half-width", "iso-2022-jp-3", { "<\033(I<<\033(B>", 10 }, "<##>", 9 },
	{ "ISO-2022-KR", "iso-2022-kr", { "\033$)C<\016<<\017>", 10 }, "<#>", 9 },
	{ "ISO-2022-CN", "iso-2022-cn", { "\033$)A<\016<<\017\033$*H\033N<<>", 18 }, "<##>", 17 },
	{ "HZ", "hz-gb-2312", { "<~{<<~}~~~\n>", 12 }, "<#~>", 11 },
	{ "HZ, never left", "hz-gb-2312", { "<~{<<", 5 }, NULL, 0 },
	{ "UTF-7", "utf-7", { "<+AOk->+-", 9 }, "<#>+", 7 },
	{ "UTF-7, markup in base64", "utf-7", { "+ADw-p>", 7 }, "<p>", 6 },
};

START_TEST(view)
{
	struct arena *arena = arena_new(0);
	struct charset_view v;
	struct charset cs;
	int result;

	ck_assert(charset_detect(table, span_str(views[_i].label), views[_i].html, &cs));
	result = charset_view(&cs, views[_i].html, arena, &v);
	ck_assert_msg((result == 0) == (views[_i].view != NULL), "%s", views[_i].rule);
	if (result == 0) {
		ck_assert_uint_eq(v.text.n, span_str(views[_i].view).n);
		for (size_t i = 0; i < v.text.n; i++)
			ck_assert_msg(
			    views[_i].view[i] == ((uint8_t)v.text.p[i] >= 0x80 ? '#' : v.text.p[i]),
			    "%s", views[_i].rule);
		ck_assert_uint_eq(charset_place(&v, v.text.n - 1), views[_i].last);
	}
	arena_free(arena);
}
END_TEST

START_TEST(converts)
{
	struct charset cs;
	struct buf out;

	buf_init(&out, 256);
	ck_assert(charset_detect(table, SPAN_LIT("shift_jis"), SPAN_LIT("x"), &cs));
	charset_to_utf8(table, &cs, SPAN_LIT("a\x82\xa0\xff"), &out);
	ck_assert(span_is(buf_all(&out), "a\xe3\x81\x82\xef\xbf\xbd"));
	buf_reset(&out);
	ck_assert(charset_from_utf8(table, &cs, SPAN_LIT("\xe3\x81\x82"), &out));
	ck_assert(span_is(buf_all(&out), "\x82\xa0"));
	ck_assert(!charset_from_utf8(table, &cs, SPAN_LIT("\xf0\x9f\x98\x80"), &out));
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("charset");
	TCase *t = tcase_create("charset");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, open_table, close_table);
	tcase_add_loop_test(t, detects, 0, sizeof(labels) / sizeof(labels[0]));
	tcase_add_loop_test(t, view, 0, sizeof(views) / sizeof(views[0]));
	tcase_add_test(t, converts);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
