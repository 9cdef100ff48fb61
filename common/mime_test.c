#include "mime.h"

#include <check.h>
#include <stdlib.h>

#define MIXED "Content-Type: multipart/mixed; boundary=B\r\n\r\n"

/* What mime_walk() gives: "type[marks]{body} " for each leaf, "type[marks](" for what has parts. */
static const struct {
	const char *rule, *message, *tree;
} cases[] = {
	{ "text", "A: b\r\n\r\nhi\r\n", "text/plain{hi\r\n}" },
	{ "type in capitals, spaced", "Content-Type: TEXT / Html; x=y\r\n\r\nhi", "text/html{hi}" },
	{ "no type", "Content-Type: nonsense\r\n\r\nhi", "text/plain[2]{hi}" },
	{ "two types", "Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\nx",
	    "text/html[1]{x}" },
	{ "header only", "A: b\r\n", "text/plain[8]{}" },
	{ "no colon", "A: b\r\nC\r\n\r\nx", "text/plain[4]{x}" },
	{ "the line end before a boundary is its own",
	    MIXED "pre\r\n--B\r\n\r\none\r\n--B\r\n\r\ntwo\r\n\r\n--B--\r\nepi",
	    "multipart/mixed text/plain{one}text/plain{two\r\n}" },
	{ "white space behind a boundary", MIXED "--B \t\r\n\r\nx\r\n--B-- \r\n",
	    "multipart/mixed text/plain{x}" },
	{ "not closed", MIXED "--B\r\n\r\nx\r\n", "multipart/mixed[64] text/plain{x\r\n}" },
	{ "no boundary", "Content-Type: multipart/mixed\r\n\r\nx", "multipart/mixed[16] " },
	{ "header cut by a boundary", MIXED "--B\r\nContent-Type: text/html\r\n--B--\r\n",
	    "multipart/mixed text/html[8]{}" },
	{ "empty part", MIXED "--B\r\n\r\n--B--\r\n", "multipart/mixed text/plain{}" },
	{ "a boundary that begins another",
	    MIXED "--B\r\nContent-Type: multipart/mixed; "
		  "boundary=BB\r\n\r\n--BB\r\n\r\nx\r\n--BB--\r\n--B--\r\n",
	    "multipart/mixed multipart/mixed text/plain{x}" },
	{ "the same boundary inside",
	    MIXED "--B\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B--\r\n",
	    "multipart/mixed[64] multipart/mixed[32] " },
	{ "digest",
	    "Content-Type: multipart/digest; boundary=B\r\n\r\n--B\r\n\r\nA: "
	    "b\r\n\r\nx\r\n--B--\r\n",
	    "multipart/digest message/rfc822{A: b\r\n\r\nx}" },
	{ "does not look into message/rfc822",
	    "Content-Type: message/rfc822\r\n\r\n" MIXED "--B\r\n\r\nx\r\n--B--\r\n",
	    "message/rfc822{" MIXED "--B\r\n\r\nx\r\n--B--\r\n}" },
	{ "an outer boundary closes the inner",
	    MIXED
	    "--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--B--\r\n",
	    "multipart/mixed multipart/mixed[64] text/plain{x}" },
	{ "empty", "", "text/plain[8]{}" },
};

START_TEST(trees)
{
	struct arena *arena = arena_new(0);
	struct mime_part *root;
	struct buf out;

	buf_init(&out, 4096);
	ck_assert_int_eq(mime_parse(span_str(cases[_i].message), arena, &root, NULL), 0);
	for (struct mime_part *p = root; p != NULL; p = mime_walk(p)) {
		buf_span(&out, p->type);
		if (p->marks != 0)
			buf_printf(&out, "[%u]", p->marks);
		if (mime_is_multipart(p))
			buf_str(&out, " ");
		else
			buf_printf(&out, "{%.*s}", SPAN(p->body));
	}
	ck_assert_msg(span_is(buf_all(&out), cases[_i].tree), "%s: %.*s", cases[_i].rule,
	    SPAN(buf_all(&out)));
	buf_free(&out);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *value, *name, *is; /* NULL: not there */
} params[] = {
	{ "text/html; charset=utf-8", "charset", "utf-8" },
	{ "text/html; CharSet = \"u\\\"8\" ; x=y", "charset", "u\"8" },
	{ "text/html; charset=utf-8; charset=other", "charset", "utf-8" },
	{ "text/html; x=\"; charset=no\"; charset=yes", "charset", "yes" },
	{ "text/html; charset", "charset", NULL },
	{ "text/html; charset=", "charset", "" },
	{ "a/b; name*=utf-8'en'a%20b%2", "name", "a b%2" },
	{ "a/b; name*0*=utf-8''a%20; name*1=\"b c\"; name*2*=%64", "name", "a b cd" },
	{ "a/b; filename=x", "name", NULL },
	{ "a/b;name=x", "name", "x" },
	{ "a/b; ;; name=x", "name", "x" },
	{ "a/b; name=\"never closed", "name", "never closed" },
	{ "", "name", NULL },
};

START_TEST(parameters)
{
	struct arena *arena = arena_new(0);
	struct span out;
	bool there = mime_param(span_str(params[_i].value), params[_i].name, arena, &out);

	ck_assert_msg(there == (params[_i].is != NULL), "%s", params[_i].value);
	ck_assert_msg(
	    !there || span_is(out, params[_i].is), "%s: %.*s", params[_i].value, SPAN(out));
	arena_free(arena);
}
END_TEST

START_TEST(too_deep_and_too_many)
{
	struct arena *arena = arena_new(0);
	struct mime_part *root;
	struct buf in;
	struct err err;

	buf_init(&in, 1 << 20);
	for (int i = 0; i <= MIME_DEPTH + 1; i++)
		buf_printf(
		    &in, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i);
	ck_assert_int_eq(mime_parse(buf_all(&in), arena, &root, &err), -1);
	buf_reset(&in);
	buf_str(&in, MIXED);
	for (int i = 0; i <= MIME_PARTS; i++)
		buf_str(&in, "--B\r\n\r\n");
	ck_assert_int_eq(mime_parse(buf_all(&in), arena, &root, &err), -1);
	buf_free(&in);
	arena_free(arena);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("mime");
	TCase *t = tcase_create("mime");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, trees, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, parameters, 0, sizeof(params) / sizeof(params[0]));
	tcase_add_test(t, too_deep_and_too_many);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
