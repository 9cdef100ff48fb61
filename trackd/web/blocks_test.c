#include "blocks.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static void
say(enum web_block_kind kind, const char *value, bool blocked)
{
	blocks_take(&(struct web_block){ kind, span_str(value), blocked });
}

static bool
goes(const char *url)
{
	return !blocks_has(span_str("shop"), span_str("spring"), span_str(url));
}

static void
teardown(void)
{
	blocks_begin();
	blocks_end();
}

static const struct {
	const char *block, *url;
	bool blocked;
} targets[] = {
	{ "evil.example", "https://evil.example/", true },
	{ "evil.example", "https://EVIL.example", true },
	{ "evil.example", "http://a.b.evil.example:81/x", true },
	{ "evil.example", "https://user@evil.example", true },
	{ "evil.example", "//evil.example?x", true },
	{ "evil.example", "https:\\\\evil.example\\x", true },
	{ "evil.example", "https://%65vil.example/", true },
	{ "evil.example", "https://evil.example./", true },
	{ "evil.example", "https://medevil.example/", false },
	{ "evil.example", "https://evil.example.org/", false },
	{ "evil.example", "https://example/", false },
	{ "evil.example", "https://good.example/?to=evil.example", false },
	{ "evil.example", "https://evil.example@good.example/", false },
	{ "xn--bcher-kva.example",
	    "https://b\xc3\xbc"
	    "cher.example/",
	    true },
	{ "127.0.0.1", "http://2130706433/", true },
	{ "[2001:db8::1]", "http://[2001:db8::1]:80/x", true },
	{ "[2001:db8::1]", "http://[2001:DB8:0:0::0:1]/x", true },
	{ "[2001:db8::1]", "http://[2001:db8::2]/x", false },
	{ "evil.example", "https://ab--\xc3\xbc.evil.example/", true }, /* no name of IDNA */
	{ "s.example/aB", "https://s.example/aB", true },
	{ "s.example/aB", "http://s.example:8080/aBc?d", true },
	{ "s.example/aB", "https://s.example/ab", false },
	{ "s.example/aB", "https://s.example/", false },
	{ "s.example/aB", "https://s.example", false },
	{ "s.example/aB", "https://sub.s.example/aB", false },
	{ "s.example?x", "https://s.example?x=1", true },
	{ "s.example?x", "https://s.example/?x=1", false },
	{ "evil.example", "", false },
};

START_TEST(each_target)
{
	say(WEB_BLOCK_TARGET, targets[_i].block, true);
	ck_assert_msg(goes(targets[_i].url) != targets[_i].blocked, "%s", targets[_i].url);
	say(WEB_BLOCK_TARGET, targets[_i].block, false);
	ck_assert(goes(targets[_i].url));
}
END_TEST

/* Browsers go there, whatever stands before the host. */
START_TEST(a_long_user)
{
	char url[4096];

	say(WEB_BLOCK_TARGET, "evil.example", true);
	snprintf(url, sizeof(url), "https://%03000d@evil.example/x", 1);
	ck_assert(!goes(url));
	say(WEB_BLOCK_TARGET, "evil.example", false);
	ck_assert(goes(url));
}
END_TEST

START_TEST(a_campaign_and_a_tenant)
{
	say(WEB_BLOCK_CAMPAIGN, "shop/spring", true);
	ck_assert(!goes("https://a.example"));
	ck_assert(blocks_has(span_str("Shop"), span_str("SPRING"), span_of(NULL, 0)));
	ck_assert(!blocks_has(span_str("shop"), span_of(NULL, 0), span_of(NULL, 0)));
	ck_assert(!blocks_has(span_str("shop"), span_str("sprin"), span_of(NULL, 0)));
	ck_assert(!blocks_has(span_str("shop/spring"), span_of(NULL, 0), span_of(NULL, 0)));
	say(WEB_BLOCK_CAMPAIGN, "shop/spring", false);
	say(WEB_BLOCK_TENANT, "shop", true);
	ck_assert(!goes("https://a.example"));
	ck_assert(
	    !blocks_has(span_str("shop2"), span_str("spring"), span_str("https://a.example")));
	say(WEB_BLOCK_TARGET, "shop", false); /* of another kind: there is none */
	ck_assert(!goes("https://a.example"));
}
END_TEST

/* bouncd came again: what it does not tell any more is over, and until it has told all nothing is. */
START_TEST(told_anew)
{
	ck_assert(!blocks_known());
	say(WEB_BLOCK_TARGET, "a.example", true);
	say(WEB_BLOCK_TARGET, "b.example", true);
	blocks_begin();
	say(WEB_BLOCK_TARGET, "b.example", true);
	ck_assert(!goes("https://a.example") && !goes("https://b.example"));
	blocks_end();
	ck_assert(goes("https://a.example") && !goes("https://b.example"));
	ck_assert(blocks_known());
}
END_TEST

START_TEST(as_many_as_there_may_be)
{
	char host[64];

	for (int i = 0; i < WEB_BLOCKS_MAX + 10; i++) {
		snprintf(host, sizeof(host), "h%d.example", i);
		say(WEB_BLOCK_TARGET, host, true);
	}
	ck_assert(!goes("https://h0.example/") && !goes("https://h9999.example/"));
	ck_assert(goes("https://h10000.example/"));
	say(WEB_BLOCK_TARGET, "h5.example", false);
	say(WEB_BLOCK_TARGET, "h10000.example", true);
	ck_assert(goes("https://h5.example/") && !goes("https://h10000.example/"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("blocks");
	TCase *t = tcase_create("blocks");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, each_target, 0, sizeof(targets) / sizeof(targets[0]));
	tcase_add_test(t, a_long_user);
	tcase_add_test(t, a_campaign_and_a_tenant);
	tcase_add_test(t, told_anew);
	tcase_add_test(t, as_many_as_there_may_be);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
