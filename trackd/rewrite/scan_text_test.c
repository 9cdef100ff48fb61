#include "scan_text.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *rule, *label, *in,
	    *out; /* out: each link as {where it leads}; NULL: none is one */
} cases[] = {
	{ "the sentence around it", "",
	    "See http://a.example/x. Or (https://b.example/?q=1), or http://c.example/a,b!",
	    "See {http://a.example/x}. Or ({https://b.example/?q=1}), or {http://c.example/a,b}!" },
	{ "brackets of its own", "",
	    "http://a.example/x_(y) (see http://a.example/x_(y)) [http://a.example/]",
	    "{http://a.example/x_(y)} (see {http://a.example/x_(y)}) [{http://a.example/}]" },
	{ "angle brackets", "",
	    "<http://a.example/x.> <URL:http://b.example/> <url:https://c.example/,>",
	    "<{http://a.example/x.}> <URL:{http://b.example/}> <url:{https://c.example/,}>" },
	{ "broken inside angle brackets", "", "<http://a.example/x\r\ny>", NULL },
	{ "marks around it", "",
	    "*http://a.example/* _http://a.example/_ \"http://a.example/\" 'http://a.example/'",
	    "*{http://a.example/}* _{http://a.example/}_ \"{http://a.example/}\" "
	    "'{http://a.example/}'" },
	{ "inside another word or URL", "",
	    "xhttp://a.example/ ftp://a/http://a.example/ u=http://a.example/ "
	    "view-source:http://a.example/",
	    NULL },
	{ "another URL inside", "", "http://a.example/?u=http://b.example/&v=1",
	    "{http://a.example/?u=http://b.example/&v=1}" },
	{ "upper case, ports, addresses", "",
	    "HTTP://A.example:80/ https://[::1]/ http://192.0.2.1",
	    "{HTTP://A.example:80/} {https://[::1]/} {http://192.0.2.1}" },
	{ "character references are text", "", "http://a.example/?a&amp;b",
	    "{http://a.example/?a&amp;b}" },
	{ "no host, a template, other schemes", "",
	    "http:// https://. http://{{host}}/ http://%%x%%/ mailto:a@b.example www.a.example "
	    "http:a",
	    NULL },
	{ "excluded", "", "http://www.quiet.example/ https://t.example/c/x", NULL },
	{ "quoted lines", "",
	    "a http://a.example/\r\n> http://b.example/\r\n>> http://c.example/\r\n",
	    "a {http://a.example/}\r\n> http://b.example/\r\n>> http://c.example/\r\n" },
	{ "below the signature", "", "http://a.example/\r\n-- \r\nhttp://b.example/\r\n",
	    "{http://a.example/}\r\n-- \r\nhttp://b.example/\r\n" },
	{ "dashes that are none", "", "--\r\nhttp://b.example/\r\n",
	    "--\r\n{http://b.example/}\r\n" },
	{ "armour", "", "-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nhttp://b.example/\r\n", NULL },
	{ "other scripts", "utf-8",
	    "\xe3\x80\x8chttp://a.example/\xe3\x80\x8d\xe3\x80\x81http://b.example/\xe2\x80\xa6",
	    "\xe3\x80\x8c{http://a.example/}\xe3\x80\x8d\xe3\x80\x81{http://b.example/"
	    "}\xe2\x80\xa6" },
	{ "a letter of another script: nobody can say", "utf-8",
	    "http://a.example/\xe3\x82\x92 http://b\xc3\xbc.example/", NULL },
	{ "the end", "", "http://a.example", "{http://a.example}" },
	{ "half a character", "iso-2022-jp", "\033$B$\"<>\033(Bhttp://a.example/\033$B!#\033(B",
	    "\033$B$\"<>\033(B{http://a.example/}\033$B!#\033(B" },
	{ "format=flowed", "", "see http://a.example/x \r\nnext",
	    "see {http://a.example/x} \r\nnext" },
};

static struct charsets *charsets;

static void
scan(const char *label, bool delsp, struct span text, struct buf *out)
{
	static const struct span exclude[] = { { "quiet.example", 13 } };
	struct scan_rules rules = { .texts = true,
		.base = SPAN_LIT("https://t.example/"),
		.exclude = exclude,
		.excludes = 1,
		.charsets = charsets };
	struct arena *arena = arena_new(0);
	struct scan scan;
	size_t at = 0;

	scan_text(&rules, span_str(label), delsp, text, arena, &scan);
	for (const struct edit *e = scan.first; e != NULL; e = e->next) {
		buf_add(out, text.p + at, e->start - at);
		buf_printf(out, "{%.*s}", SPAN(e->url));
		at = e->end;
	}
	buf_span(out, span_from(text, at));
	arena_free(arena);
}

START_TEST(finds)
{
	const char *want = cases[_i].out == NULL ? cases[_i].in : cases[_i].out;
	struct buf out;

	buf_init(&out, 4096);
	scan(cases[_i].label, false, span_str(cases[_i].in), &out);
	ck_assert_msg(span_is(buf_all(&out), want), "%s:\n%.*s\nnot\n%s", cases[_i].rule,
	    SPAN(buf_all(&out)), want);
	buf_free(&out);
}
END_TEST

/* RFC 3676 4: with DelSp a URL may go on behind the space its line ends in. */
START_TEST(joined_lines)
{
	static const char in[] = "http://a.example/x \r\ny http://b.example/\r\n";
	struct buf out;

	buf_init(&out, 4096);
	scan("", true, SPAN_LIT(in), &out);
	ck_assert(span_is(buf_all(&out), "http://a.example/x \r\ny {http://b.example/}\r\n"));
	buf_free(&out);
}
END_TEST

static void
open_all(void)
{
	charsets = charsets_open();
}

static void
close_all(void)
{
	charsets_free(charsets);
}

int
main(void)
{
	Suite *suite = suite_create("scan_text");
	TCase *t = tcase_create("scan_text");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_loop_test(t, finds, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, joined_lines);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
