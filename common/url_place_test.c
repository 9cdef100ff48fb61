#include "url_place.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *url, *host, *path; /* host NULL: there is none */
} cases[] = {
	{ "https://Shop.Example/a?b#c", "shop.example", "/a?b#c" },
	{ "http://shop.example", "shop.example", "" },
	{ "//shop.example/x", "shop.example", "/x" },
	{ "shop.example/x", "shop.example", "/x" },
	{ "shop.example", "shop.example", "" },
	{ "https://shop.example?q", "shop.example", "?q" },
	{ "https://shop.example.:443/x", "shop.example", "/x" },
	{ "https://bank.example@evil.example/x", "evil.example", "/x" },
	{ "https://a:b@evil.example:8443/", "evil.example", "/" },
	{ "https:\\\\evil.example\\x", "evil.example", "\\x" },
	{ "https:/evil.example/x", "evil.example", "/x" },
	{ "https:evil.example/x", "evil.example", "/x" },
	{ " \n HTTPS:///evil.example/x", "evil.example", "/x" },
	{ "https://%65vil.exam%50le/", "evil.example", "/" },
	{ "https://ev\til.example/", "evil.example", "/" },
	{ "https://b\xc3\xbc"
	  "cher.example/x",
	    "xn--bcher-kva.example", "/x" },
	{ "https://B%C3%9CCHER.example/x", "xn--bcher-kva.example", "/x" },
	{ "https://xn--bcher-kva.example/x", "xn--bcher-kva.example", "/x" },
	{ "http://2130706433/", "127.0.0.1", "/" },
	{ "http://0x7f.1/", "127.0.0.1", "/" },
	{ "http://[2001:db8::1]:80/x", "[2001:db8::1]", "/x" },
	{ "http://[2001:DB8:0:0::0:1]/", "[2001:db8::1]", "/" },
	{ "http://[::ffff:c000:201]/", "[::ffff:192.0.2.1]", "/" },
	{ "https://7.example/", "7.example", "/" },
	{ "https://a.7com/", "a.7com", "/" },
	{ "https://a.0x7g/", "a.0x7g", "/" },
	{ "https://\xef\xbd\x81.example/", "a.example", "/" }, /* U+FF41 */
	{ "https://\xef\xb9\x87/", NULL, NULL },               /* U+FE47 becomes [ */
	{ "https://\xef\xb9\x87::1]/", NULL, NULL },
	{ "https://x\xef\xbc\xa0y.example/", NULL, NULL }, /* U+FF20 becomes @ */
	{ "https://[1%5d]/", NULL, NULL },
	{ "https://[[::1]/", NULL, NULL },
	{ "https://[::1]x/", NULL, NULL },
	{ "https://%5b::1]/", NULL, NULL },
	{ "https://1.2.3.4\xc2\xa0x/", NULL, NULL },
	{ "https://1.2.3.256/", NULL, NULL },
	{ "https://a.1/", NULL, NULL },
	{ "https://09/", NULL, NULL },
	{ "h\ntt\tps:/\r/evil\n.example/a\tb", "evil.example", "/a\tb" },
	{ "https://evil.example..", "evil.example", "" },
	{ "https://a[b.example/", NULL, NULL },
	{ "https://a%2Fb.example/", NULL, NULL },
	{ "https://[::1/", NULL, NULL },
	{ "https://a\xc2\xa0.example/", NULL, NULL },
	{ "https://a\xef\xbc\x8f.example/", NULL, NULL },
	{ "https://[~]/", NULL, NULL },
	{ "", NULL, NULL },
	{ "https://", NULL, NULL },
	{ "https:///", NULL, NULL },
	{ "https://a b.example/", NULL, NULL },
	{ "https://%0a.example/", NULL, NULL },
	{ "https://%zz.example/", NULL, NULL },
	{ "https://./", NULL, NULL },
	{ "https://\xff\xfe.example/", NULL, NULL },
};

static const struct {
	const char *path, *plain;
} paths[] = {
	{ "", "" },
	{ "/", "/" },
	{ "/phish", "/phish" },
	{ "/%70hish", "/phish" },
	{ "\\phish", "/phish" },
	{ "/./phish", "/phish" },
	{ "/x/../phish", "/phish" },
	{ "/x/%2e%2E/phish", "/phish" },
	{ "/x%2f..%2fphish", "/phish" },
	{ "/x\\..\\phish", "/phish" },
	{ "//phish", "/phish" },
	{ "/../../phish", "/phish" },
	{ "/p\thi\nsh", "/phish" },
	{ "/a/b/..", "/a/" },
	{ "/a/.", "/a/" },
	{ "/..", "/" },
	{ "/a/b//c/", "/a/b/c/" },
	{ "/a?%71=/../b", "/a?q=/../b" },
	{ "?%71", "?q" },
	{ "/a#%62", "/a#b" },
	{ "/100%", "/100%" },
	{ "/%zz", "/%zz" },
};

START_TEST(each_path)
{
	struct buf plain;

	buf_init(&plain, 100);
	url_path_plain(span_str(paths[_i].path), &plain);
	ck_assert_msg(span_is(buf_all(&plain), paths[_i].plain), "%s: %.*s", paths[_i].path,
	    SPAN(buf_all(&plain)));
	buf_free(&plain);
}
END_TEST

START_TEST(each_case)
{
	struct url_place place;
	int r = url_place(span_str(cases[_i].url), &place);

	if (cases[_i].host == NULL) {
		ck_assert_int_eq(r, -1);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(place.host, cases[_i].host);
	ck_assert(span_is(place.path, cases[_i].path));
}
END_TEST

START_TEST(a_host_of_any_length_ends)
{
	struct url_place place;
	char *long_one = malloc(100000);

	memset(long_one, 'a', 100000);
	ck_assert_int_eq(url_place(span_of(long_one, 100000), &place), -1);
	memset(long_one, '.', 100000);
	ck_assert_int_eq(url_place(span_of(long_one, 300), &place), -1);
	free(long_one);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("url_place");
	TCase *t = tcase_create("url_place");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, each_path, 0, sizeof(paths) / sizeof(paths[0]));
	tcase_add_loop_test(t, each_case, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, a_host_of_any_length_ends);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
