#include "html.h"
#include "buf.h"

#include <check.h>
#include <stdlib.h>

/* "<name>" a tag, "</name>" an end tag, "!" a comment, "?" something else, "|N" the end and where it is. */
static const struct {
	const char *rule, *text, *tokens;
} cases[] = {
	{ "tags", "<p>a</p>", "<p></p>|8" },
	{ "no tag", "a < b <3 <= <>", "|14" },
	{ "comment", "<!-- <a> --><b>", "!<b>|15" },
	{ "comment ended with !", "<!-- --!><b>", "!<b>|12" },
	{ "shortest comments", "<!--><!---><b>", "!!<b>|14" },
	{ "dashes in a comment", "<!-- - -- > ---><b>", "!<b>|19" },
	{ "comment never closed", "<b><!-- <a>", "<b>|3" },
	{ "tag never closed", "<b><a href=\"x", "<b>|3" },
	{ "quote hides the end", "<a x='>'><b>", "<a><b>|12" },
	{ "quote within an unquoted value", "<a x=y'z>'<b>", "<a><b>|13" },
	{ "bogus comments", "<!x><?y></ z><b>",
	    "?"
	    "?"
	    "?<b>|16" },
	{ "empty end tag", "</><b>", "?<b>|6" },
	{ "style is raw", "<style><a></styl></style ><b>", "<style></style><b>|29" },
	{ "textarea in capitals", "<TEXTAREA><a></textarea/><b>", "<TEXTAREA></textarea><b>|28" },
	{ "title never closed", "<b><title><a>", "<b><title>|3" },
	{ "plaintext", "<b><plaintext><a></plaintext>", "<b><plaintext>|3" },
	{ "script", "<script>'<a>'</script><b>", "<script></script><b>|25" },
	{ "script in a script's comment", "<script><!--<script></script><a>--></script><b>",
	    "<script></script><b>|47" },
	{ "script's comment closed at once", "<script><!--><script></script><b>",
	    "<script></script><b>|33" },
	{ "CDATA is a bogus comment", "<![CDATA[<a>]]><b>", "?<b>|18" },
	{ "CDATA in svg", "<svg><![CDATA[<a>]]></svg><b>", "<svg>?</svg><b>|29" },
	{ "svg ended by a paragraph", "<svg><p><![CDATA[<a>]]>", "<svg><p>?|23" },
	{ "name with odd characters", "<a:b-c\"d>", "<a:b-c\"d>|9" },
	{ "slashes", "<a/b/=c/>", "<a>|9" },
	{ "ends in <", "a<", "|2" },
	{ "ends in </", "a</", "|1" },
	{ "nothing", "", "|0" },
};

static void
put_token(struct buf *out, const struct html_token *t)
{
	static const char *const forms[] = { "<%.*s>", "</%.*s>", "!", "?" };

	if (t->kind == HTML_TAG)
		buf_printf(out, "<%.*s>", SPAN(t->name));
	else if (t->kind == HTML_END_TAG)
		buf_printf(out, "</%.*s>", SPAN(t->name));
	else
		buf_str(out, forms[t->kind]);
}

START_TEST(tokens)
{
	struct html_token t;
	struct html h;
	struct buf out;

	buf_init(&out, 1024);
	html_begin(&h, span_str(cases[_i].text));
	for (html_next(&h, &t); t.kind != HTML_END; html_next(&h, &t))
		put_token(&out, &t);
	buf_printf(&out, "|%zu", t.start);
	ck_assert_msg(span_is(buf_all(&out), cases[_i].tokens), "%s: %.*s", cases[_i].rule,
	    SPAN(buf_all(&out)));
	html_next(&h, &t);
	ck_assert_int_eq(t.kind, HTML_END);
	buf_free(&out);
}
END_TEST

static const struct {
	const char *rule, *tag, *attrs; /* name=[value] with its quote, a space behind each */
} attributes[] = {
	{ "all quotings", "<a b=\"1\" c='2' d=3 e>", "b=\"[1] c='[2] d=[3] e " },
	{ "no space between", "<a b=\"1\"c='2'd=3>", "b=\"[1] c='[2] d=[3] " },
	{ "space round =", "<a b = \"1\"\n c\t=\n2>", "b=\"[1] c=[2] " },
	{ "= begins a name", "<a =b=c>", "=b=[c] " },
	{ "unquoted up to white space", "<a b=c/d/>", "b=[c/d/] " },
	{ "no value", "<a b= >", "b " },
	{ "slashes between", "<a / b / c = d>", "b c=[d] " },
	{ "quotes in names", "<a b\"c='1'>", "b\"c='[1] " },
};

START_TEST(attributes_of_a_tag)
{
	struct span text = span_str(attributes[_i].tag);
	struct html_token t;
	struct html_attr a;
	struct html h;
	struct buf out;

	buf_init(&out, 1024);
	html_begin(&h, text);
	html_next(&h, &t);
	for (size_t at = t.attrs; html_attr(text, &at, &a);) {
		buf_span(&out, a.name);
		if (a.has_value)
			buf_printf(&out, "=%.*s[%.*s]", a.quote != 0, &a.quote,
			    (int)(a.end - a.start), text.p + a.start);
		buf_byte(&out, ' ');
	}
	ck_assert_msg(span_is(buf_all(&out), attributes[_i].attrs), "%s: %.*s", attributes[_i].rule,
	    SPAN(buf_all(&out)));
	buf_free(&out);
}
END_TEST

START_TEST(the_first_of_a_name_counts)
{
	struct span text = SPAN_LIT("<a HREF=1 href=2>");
	struct html_token t;
	struct html_attr a;
	struct html h;

	html_begin(&h, text);
	html_next(&h, &t);
	ck_assert(html_attr_find(text, &t, "href", &a) && text.p[a.start] == '1');
	ck_assert(!html_attr_find(text, &t, "hre", &a));
}
END_TEST

START_TEST(fragments_have_no_raw_text)
{
	struct html_token t;
	struct html h;
	unsigned n = 0;

	html_begin_fragment(&h, SPAN_LIT("<style><a>"));
	for (html_next(&h, &t); t.kind != HTML_END; html_next(&h, &t))
		n++;
	ck_assert_uint_eq(n, 2);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("html");
	TCase *t = tcase_create("html");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, tokens, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, attributes_of_a_tag, 0, sizeof(attributes) / sizeof(attributes[0]));
	tcase_add_test(t, the_first_of_a_name_counts);
	tcase_add_test(t, fragments_have_no_raw_text);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
