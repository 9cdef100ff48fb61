#include "header.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *rule, *block, *names; /* names, each with a space; "!" for a bad one */
} cases[] = {
	{ "plain fields", "A: 1\r\nB: 2\r\n", "A B " },
	{ "folded", "A: 1\r\n 2\r\n\t3\r\nB: 4\r\n", "A B " },
	{ "space before the colon", "A : 1\r\nB\t: 2\r\n", "A B " },
	{ "no colon", "A: 1\r\nnonsense\r\nB: 2\r\n", "A ! B " },
	{ "continuation first", " x\r\nA: 1\r\n", "! A " },
	{ "bare LF ends a line", "A: 1\nB: 2\n", "A B " },
	{ "no last line end", "A: 1\r\nB: 2", "A B " },
	{ "space in the name", "A b: 1\r\n", "! " },
	{ "nothing", "", "" },
};

START_TEST(fields_are_found)
{
	struct span rest = span_str(cases[_i].block);
	struct header_field f;
	char names[64] = "";
	size_t bytes = 0;

	while (header_next(&rest, &f)) {
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%.*s ",
		    f.bad ? 1 : (int)f.name.n, f.bad ? "!" : f.name.p);
		bytes += f.whole.n;
	}
	ck_assert_msg(strcmp(names, cases[_i].names) == 0, "%s: %s", cases[_i].rule, names);
	ck_assert_msg(bytes == strlen(cases[_i].block), "%s: bytes lost", cases[_i].rule);
}
END_TEST

START_TEST(block_ends_at_the_empty_line)
{
	struct span body, block = header_block(SPAN_LIT("A: 1\r\n\r\nB: 2\r\n"), &body);

	ck_assert(span_is(block, "A: 1\r\n"));
	ck_assert(span_is(body, "B: 2\r\n"));
	block = header_block(SPAN_LIT("A: 1\r\n"), &body);
	ck_assert(span_is(block, "A: 1\r\n") && body.n == 0);
	block = header_block(SPAN_LIT("\r\nx"), &body);
	ck_assert(block.n == 0 && span_is(body, "x"));
}
END_TEST

START_TEST(first_and_count)
{
	struct span block = SPAN_LIT("X: 1\r\nY: 2\r\nx: 3\r\n");
	struct header_field f;

	ck_assert(header_find(block, "X", &f) && span_is(span_trim(f.value), "1"));
	ck_assert(!header_find(block, "Z", &f));
	ck_assert_uint_eq(header_count(block, "x"), 2);
}
END_TEST

static const struct {
	const char *value, *bare;
} values[] = {
	{ " text/html; a=b", "text/html; a=b" },
	{ " text/html\r\n\t; a=b", "text/html\t; a=b" },
	{ " a (comment (nested) \\) still) b", "a  b" },
	{ " \"(no comment)\" x", "\"(no comment)\" x" },
	{ " \"quote \\\" (in)\" (out)", "\"quote \\\" (in)\"" },
	{ " (never closed", "" },
	{ "", "" },
};

START_TEST(comments_go)
{
	struct arena *arena = arena_new(0);
	struct span bare = header_bare(span_str(values[_i].value), arena);

	ck_assert_msg(span_is(bare, values[_i].bare), "%s: %.*s", values[_i].value, SPAN(bare));
	arena_free(arena);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("header");
	TCase *t = tcase_create("header");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, fields_are_found, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, block_ends_at_the_empty_line);
	tcase_add_test(t, first_and_count);
	tcase_add_loop_test(t, comments_go, 0, sizeof(values) / sizeof(values[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
