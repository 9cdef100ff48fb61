#include "url.h"
#include "entity.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *text;
	bool web;
	const char *host; /* the name */
} cases[] = {
	{ "https://shop.example/p", true, "shop.example" },
	{ "HTTP://Shop.Example", true, "Shop.Example" },
	{ "//cdn.example/x", true, "cdn.example" },
	{ "http:\\\\shop.example\\p", true, "shop.example" },
	{ "https://user:pw@shop.example.:8443/", true, "shop.example" },
	{ "https://us%40er:p%2Fw%@shop.example/", true, "shop.example" },
	{ "https://u$er:p*'w!@shop.example/", true, "shop.example" },
	{ "https://user:pw@sh%2Fop.example/", false, NULL },
	{ "https://{{user}}@shop.example/", false, NULL },
	{ "https://user@%%host%%/", false, NULL },
	{ "https://us er@shop.example/", false, NULL },
	{ "https://[2001:db8::1]/", true, "[2001:db8::1]" },
	{ "https://b\xc3\xbc"
	  "cher.example/",
	    true,
	    "b\xc3\xbc"
	    "cher.example" },
	{ "https://shop.example/{{id}}", true, "shop.example" },
	{ "https:shop.example", false, NULL },
	{ "https:/shop.example", false, NULL },
	{ "https:///shop.example", false, NULL },
	{ "https://", false, NULL },
	{ "https://{{host}}/x", false, NULL },
	{ "https://*|HOST|*/x", false, NULL },
	{ "https://%%host%%/x", false, NULL },
	{ "https://[host]/", false, NULL },
	{ "https://a b/", false, NULL },
	{ "mailto:a@b.example", false, NULL },
	{ "javascript:location='http://x.example'", false, NULL },
	{ "#top", false, NULL },
	{ "/path", false, NULL },
	{ "httpx://a.example", false, NULL },
	{ "", false, NULL },
};

START_TEST(links_that_are_tracked)
{
	struct url url;
	bool web = url_is_web(span_str(cases[_i].text), &url);

	ck_assert_msg(web == cases[_i].web, "%s", cases[_i].text);
	ck_assert_msg(!web || span_is(url_host_name(&url), cases[_i].host), "%s: %.*s",
	    cases[_i].text, SPAN(url_host_name(&url)));
}
END_TEST

START_TEST(names_as_dns_has_them)
{
	static const struct {
		const char *text, *ascii;
	} names[] = {
		{ "https://b\xc3\xbc"
		  "cher.example/",
		    "xn--bcher-kva.example" },
		{ "https://B\xc3\x9c"
		  "CHER.example:80/",
		    "xn--bcher-kva.example" },
		{ "https://xn--bcher-kva.example/", "xn--bcher-kva.example" },
		{ "https://sh%6fp.example/", "shop.example" },
		{ "https://a\xe3\x80\x82"
		  "example/",
		    "a.example" },
		{ "https://[::1]/", "[::1]" },
	};
	struct arena *arena = arena_new(0);
	struct url url;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ck_assert(url_is_web(span_str(names[i].text), &url));
		ck_assert_msg(span_is(url_host_ascii(&url, arena), names[i].ascii), "%s: %.*s",
		    names[i].text, SPAN(url_host_ascii(&url, arena)));
	}
	arena_free(arena);
}
END_TEST

START_TEST(query_of_a_link)
{
	struct url url;

	ck_assert(
	    url_is_web(SPAN_LIT("https://a.example/p?q=1#f?g"), &url) && span_is(url.query, "q=1"));
	ck_assert(url_is_web(SPAN_LIT("https://a.example/p#f?g"), &url) && url.query.n == 0);
}
END_TEST

START_TEST(trimmed_and_encoded)
{
	struct buf out;

	buf_init(&out, 256);
	url_trim(SPAN_LIT(" \x01\nht\ntps:\t//a.example/b c \r\n"), &out);
	ck_assert(span_is(buf_all(&out), "https://a.example/b c"));
	buf_reset(&out);
	url_put_encoded(SPAN_LIT("/a b\xc3\xa9%20{\x7f}"), &out);
	ck_assert(span_is(buf_all(&out), "/a%20b%C3%A9%20{%7F}"));
	buf_free(&out);
}
END_TEST

START_TEST(hosts_below_a_domain)
{
	struct span hosts[] = { SPAN_LIT("shop.example"), SPAN_LIT("a.example"),
		SPAN_LIT("z.example") };

	url_hosts_sort(hosts, 3);
	ck_assert(url_host_listed(SPAN_LIT("a.Shop.example"), hosts, 3));
	ck_assert(url_host_listed(SPAN_LIT("shop.example"), hosts, 3));
	ck_assert(!url_host_listed(SPAN_LIT("myshop.example"), hosts, 3));
	ck_assert(!url_host_listed(SPAN_LIT("example"), hosts, 3));
	ck_assert(!url_host_listed(SPAN_LIT("shop.example"), NULL, 0));
}
END_TEST

static const struct {
	const char *raw, *text;
} entities[] = {
	{ "a&amp;b", "a&b" },
	{ "a&ampb=1", "a&ampb=1" },
	{ "a&amp=1", "a&amp=1" },
	{ "a&amp-1", "a&-1" },
	{ "?a=1&copy=2&copy", "?a=1&copy=2\xc2\xa9" },
	{ "&notit;&notin;", "&notit;\xe2\x88\x89" },
	{ "&#47;&#x2f;&#X2F", "///" },
	{ "&#128;&#x0;&#xD800;&#x110000;&#99999999999;",
	    "\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "&#;&#x;&;&", "&#;&#x;&;&" },
	{ "&bne;&equals;&NewLine;", "=\xe2\x83\xa5=\n" },
	{ "&CounterClockwiseContourIntegral;", "\xe2\x88\xb3" },
	{ "&zwnj;&zzzz;&A", "\xe2\x80\x8c&zzzz;&A" },
};

START_TEST(character_references)
{
	struct buf out;

	buf_init(&out, 256);
	entity_decode(span_str(entities[_i].raw), &out);
	ck_assert_msg(span_is(buf_all(&out), entities[_i].text), "%s: %.*s", entities[_i].raw,
	    SPAN(buf_all(&out)));
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("url");
	TCase *t = tcase_create("url");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, links_that_are_tracked, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, query_of_a_link);
	tcase_add_test(t, trimmed_and_encoded);
	tcase_add_test(t, hosts_below_a_domain);
	tcase_add_test(t, names_as_dns_has_them);
	tcase_add_loop_test(t, character_references, 0, sizeof(entities) / sizeof(entities[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
