#include "html_text.h"

#include <check.h>

static const struct {
	const char *name, *html, *text;
} cases[] = {
	{ "tags", "<b class=x>a</b>", "a\n" },
	{ "entities", "&lt;joe&#64;example.org&gt; &amp;c", "<joe@example.org> &c" },
	{ "letters", "r&eacute;ponse &#xFC;&#252; &euro;", "réponse üü €" },
	{ "no entity", "a & b &nonsense; &#; &#x;", "a & b &nonsense; &#; &#x;" },
	{ "a code too large", "&#99999999;", "\xef\xbf\xbd" },
	{ "style and script", "a<style>b<i>c</style><script>d</script>e", "ae" },
	{ "a style that never ends", "a<style>b", "a" },
	{ "a comment", "a<!-- b > c -->d", "ad" },
	{ "cells", "<tr><td>a</td><td>b</td></tr>", "\na\nb\n\n" },
	{ "an address that looks like a tag", "to <joe@example.org> x", "to <joe@example.org> x" },
	{ "less than", "1 < 2", "1 < 2" },
	{ "empty", "", "" },
};

START_TEST(becomes)
{
	struct buf out;

	buf_init(&out, 1000);
	html_text(&out, span_str(cases[_i].html));
	ck_assert_msg(span_is(buf_all(&out), cases[_i].text), "%s: \"%.*s\"", cases[_i].name,
	    SPAN(buf_all(&out)));
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("html_text");
	TCase *t = tcase_create("html_text");
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
