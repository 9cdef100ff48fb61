#include "conf_lex.h"
#include "buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The tokens of a text in one line: words as they are, quoted ones in quotes, ; for the end of a line, ! and the
 * column for what is bad. */
static void
render(const char *text, bool hand_over, char *out, size_t max)
{
	struct arena *arena = arena_new(0);
	struct conf_token t;
	struct conf_lex lex;
	struct buf b;

	buf_init(&b, max - 1);
	conf_lex_init(&lex, "t", span_str(text), arena);
	if (hand_over)
		conf_lex_hand_over(&lex);
	while (conf_lex_next(&lex, &t) != TOKEN_END) {
		if (t.kind == TOKEN_WORD)
			buf_printf(&b, t.quoted ? "\"%.*s\" " : "%.*s ", SPAN(t.text));
		else if (t.kind == TOKEN_BAD)
			buf_printf(&b, "!%u ", t.spot.place.column);
		else
			buf_str(&b, t.kind == TOKEN_LINE   ? "; "
				    : t.kind == TOKEN_OPEN ? "{ "
							   : "} ");
	}
	memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	buf_free(&b);
	arena_free(arena);
}

static const struct {
	const char *rule, *text, *tokens;
} cases[] = {
	{ "words and line", "a b\n", "a b ; " },
	{ "last line without an end", "a b", "a b ; " },
	{ "CR LF", "a b\r\nc\r\n", "a b ; c ; " },
	{ "blank lines and tabs", "\n\t a\t b \n", "; a b ; " },
	{ "comment alone", "# all of it {\n", "; " },
	{ "comment behind words", "a # b\n", "a ; " },
	{ "# inside a word", "a#b\n", "a#b ; " },
	{ "block", "l in {\n}\n", "l in { ; } ; " },
	{ "block on one line", "l { a b }\n", "l { a b } ; " },
	{ "braces inside a word", "x{2,3}y\n", "x{2,3}y ; " },
	{ "quoted brace", "a \"{\"\n", "a \"{\" ; " },
	{ "quoted text", "a \"b c # d\"\n", "a \"b c # d\" ; " },
	{ "empty quotes", "a \"\"\n", "a \"\" ; " },
	{ "quote in quotes", "a \"b\\\"c\"\n", "a \"b\"c\" ; " },
	{ "backslash in quotes", "a \"\\\\.\\d\\n\"\n", "a \"\\.\\d\\n\" ; " },
	{ "backslash outside", "a \\d\\\\\n", "a \\d\\\\ ; " },
	{ "byte order mark",
	    "\xef\xbb\xbf"
	    "a\n",
	    "a ; " },
	{ "UTF-8", "a gr\xc3\xbc\xc3\x9f\n", "a gr\xc3\xbc\xc3\x9f ; " },
	{ "quote not closed", "a \"b\nc\n", "a !3 ; c ; " },
	{ "quote not closed behind a backslash", "a \"b\\\nc\n", "a !3 ; c ; " },
	{ "quote inside a word", "a b\"c\"\n", "a !3 ; " },
	{ "text behind a quote", "a \"b\"c\n", "a !6 ; " },
	{ "semicolon", "a b;\nc\n", "a !3 ; c ; " },
	{ "brace at a word opens all the same", "l in{\n", "l !3 { ; " },
	{ "control byte", "a b\001c d\ne\n", "!4 ; e ; " },
	{ "control byte in a comment", "a\n# \033[1m {\n", "a ; !3 ; " },
	{ "delete byte", "a \177\n", "!3 ; " },
	{ "lost line that opens a block", "a \001 {\n}\n", "!3 { ; } ; " },
	{ "bare CR", "a\rb\n", "!2 ; " },
	{ "place mark is a comment", "#@ 7 1 f\na\n", "; a ; " },
};

START_TEST(tokens)
{
	char got[512];

	render(cases[_i].text, false, got, sizeof(got));
	ck_assert_msg(strcmp(got, cases[_i].tokens) == 0, "%s: %s", cases[_i].rule, got);
}
END_TEST

START_TEST(hand_over_escapes)
{
	char got[64];

	render("a \"\\n\\x01\\x00\\\\n\"\n", true, got, sizeof(got));
	ck_assert_str_eq(got, "a \"\n\001\\x00\\n\" ; ");
}
END_TEST

START_TEST(long_lines)
{
	static char text[CONF_LINE_BYTES + 8], got[CONF_LINE_BYTES + 64];

	memset(text, 'a', CONF_LINE_BYTES);
	render(text, false, got, sizeof(got));
	ck_assert_int_eq(got[0], 'a');
	text[CONF_LINE_BYTES] = 'a';
	strcat(text, "\nb\n");
	render(text, false, got, sizeof(got));
	ck_assert_str_eq(got, "!1 ; b ; ");
	render(text, true, got, sizeof(got));
	ck_assert_int_eq(got[0], 'a');
}
END_TEST

static struct conf_place
place_of(const char *text, bool hand_over, const char *word, char *file)
{
	struct arena *arena = arena_new(0);
	struct conf_token t = { .kind = TOKEN_LINE };
	struct conf_lex lex;

	conf_lex_init(&lex, "t", span_str(text), arena);
	if (hand_over)
		conf_lex_hand_over(&lex);
	while (t.kind != TOKEN_END && !(t.kind == TOKEN_WORD && span_is(t.text, word)))
		conf_lex_next(&lex, &t);
	strcpy(file, t.spot.place.file);
	arena_free(arena);
	return t.spot.place;
}

static const struct {
	const char *rule, *text;
	bool hand_over;
	const char *file;
	unsigned line, column;
} places[] = {
	{ "line and column from 1", "x\n", false, "t", 1, 1 },
	{ "tabs are a byte", "a\n\n\tb  x\n", false, "t", 3, 5 },
	{ "marks mean nothing in a file", "#@ 7 2 f\nx\n", false, "t", 2, 1 },
	{ "mark", "#@ 7 2 f g\nx\n", true, "f g", 7, 2 },
	{ "mark without a file: as before", "#@ 7 2 f\na\n#@ 8 3\nx\n", true, "f", 8, 3 },
	{ "mark for one line only", "#@ 7 2 f\na\nx\n", true, "t", 3, 1 },
	{ "broken mark", "#@ 7 b f\nx\n", true, "t", 2, 1 },
};

START_TEST(token_places)
{
	char file[16];
	struct conf_place p = place_of(places[_i].text, places[_i].hand_over, "x", file);

	ck_assert_msg(p.line == places[_i].line && p.column == places[_i].column &&
			  strcmp(file, places[_i].file) == 0,
	    "%s: %s:%u:%u", places[_i].rule, file, p.line, p.column);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf_lex");
	TCase *t = tcase_create("lex");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, tokens, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, token_places, 0, sizeof(places) / sizeof(places[0]));
	tcase_add_test(t, hand_over_escapes);
	tcase_add_test(t, long_lines);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
