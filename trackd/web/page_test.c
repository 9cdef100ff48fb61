#include "page.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf out;

static void
setup(void)
{
	buf_init(&out, 16 * 1024); /* as whoever sends it has */
}

static void
teardown(void)
{
	buf_free(&out);
}

static struct span
page(enum answer_kind kind, const char *text, enum page_language l)
{
	buf_reset(&out);
	page_write(kind, span_str(text), l, &out);
	ck_assert(!buf_over(&out));
	return buf_all(&out);
}

static bool
has(struct span s, const char *what)
{
	return span_find_str(s, what) >= 0;
}

START_TEST(says_whom_and_what)
{
	struct span p = page(ANSWER_ASK, "a***@b.example\nA Shop\n", PAGE_EN);

	ck_assert(has(p, "<bdi>a***@b.example</bdi>") && has(p, "<bdi>A Shop</bdi>"));
	ck_assert(has(p, "<form method=\"post\"><button name=\"unsubscribe\" value=\"page\">"));
	ck_assert(!has(p, "“"));
	p = page(ANSWER_ASK, "a***@b.example\nA Shop\nspring", PAGE_EN);
	ck_assert(has(p, "“<b><bdi>spring</bdi></b>”"));
	p = page(ANSWER_UNSUBSCRIBED, "a***@b.example\nA Shop\n", PAGE_EN);
	ck_assert(has(p, "Done: <b><bdi>a***@b.example") && !has(p, "<form"));
}
END_TEST

START_TEST(nothing_of_a_campaign_is_markup)
{
	struct span p =
	    page(ANSWER_ASK, "x\n\"a\" & {to}\n<script>alert(1)</script>\n<b>{list}", PAGE_EN);

	ck_assert(!has(p, "<script") && has(p, "&lt;script&gt;"));
	ck_assert(has(p, "&quot;a&quot; &amp; {to}") && has(p, "&lt;b&gt;{list}"));
}
END_TEST

/* Plain: no script, nothing loaded, its own language said, all facts named, in each of them. */
START_TEST(each_language)
{
	static const enum answer_kind kinds[] = { ANSWER_ASK, ANSWER_UNSUBSCRIBED, ANSWER_LATER,
		ANSWER_GONE, ANSWER_SWITCHED_OFF, ANSWER_NOT_FOUND };
	const struct page_words *w = page_words((enum page_language)_i);
	const char *both[] = { w->ask_all, w->done_all }, *lists[] = { w->ask_list, w->done_list };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct span p = page(kinds[i], "to\nfrom\nlist", (enum page_language)_i);

		ck_assert(span_starts(p, "<!DOCTYPE html>\n<html lang=\""));
		ck_assert(
		    !has(p, "script") && !has(p, "//") && !has(p, "src=") && !has(p, "href="));
		ck_assert(!has(p, "{to}") && !has(p, "{from}") && !has(p, "{list}"));
		ck_assert(has(p, w->code) && span_ends_nocase(p, "</html>\n"));
	}
	for (int i = 0; i < 2; i++) {
		ck_assert(strstr(both[i], "{to}") && strstr(both[i], "{from}"));
		ck_assert(strstr(lists[i], "{to}") && strstr(lists[i], "{from}") &&
			  strstr(lists[i], "{list}"));
	}
}
END_TEST

START_TEST(the_policy_is_of_this_style)
{
	struct span p = page(ANSWER_GONE, "", PAGE_EN);
	ptrdiff_t from = span_find_str(p, "<style>"), to = span_find_str(p, "</style>");
	unsigned char digest[EVP_MAX_MD_SIZE], text[100];
	char source[128];
	unsigned n;

	ck_assert(from > 0 && to > from);
	from += (ptrdiff_t)strlen("<style>");
	ck_assert(EVP_Digest(p.p + from, (size_t)(to - from), digest, &n, EVP_sha256(), NULL) == 1);
	EVP_EncodeBlock(text, digest, (int)n);
	snprintf(source, sizeof(source), "style-src 'sha256-%s'", (char *)text);
	ck_assert_msg(strstr(page_policy, source) != NULL, "%s", source);
}
END_TEST

static const struct {
	const char *accept;
	enum page_language language;
} accepts[] = {
	{ "", PAGE_EN },
	{ "de", PAGE_DE },
	{ "de-CH,de;q=0.9,en;q=0.8", PAGE_DE },
	{ "sv, fr;q=0.5, en;q=0.4", PAGE_FR },
	{ "en;q=0.4, es ; q = 0.5", PAGE_ES },
	{ "en;q=0.4,es;q=0.55", PAGE_ES },
	{ "JA-jp", PAGE_JA },
	{ "de;q=0,nl;q=0.001", PAGE_NL },
	{ "it;q=nonsense,de;q=0.9", PAGE_IT },
	{ "en,de", PAGE_EN },
	{ "*", PAGE_EN },
	{ "deutsch", PAGE_EN },
	{ ",,;;==,,pt-BR;q=1.000", PAGE_PT },
	{ "de;q=99999", PAGE_DE },
};

START_TEST(each_accept)
{
	ck_assert_int_eq(page_language(span_str(accepts[_i].accept)), accepts[_i].language);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("page");
	TCase *t = tcase_create("page");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, says_whom_and_what);
	tcase_add_test(t, nothing_of_a_campaign_is_markup);
	tcase_add_loop_test(t, each_language, 0, PAGE_LANGUAGES);
	tcase_add_test(t, the_policy_is_of_this_style);
	tcase_add_loop_test(t, each_accept, 0, sizeof(accepts) / sizeof(accepts[0]));
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
