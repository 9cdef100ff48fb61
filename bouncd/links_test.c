#include "links.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static struct links *links;

static void
setup(void)
{
	struct err err;

	strcpy(folder, "/tmp/links_test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	links = links_open(folder, &err);
	ck_assert_ptr_nonnull(links);
}

static void
teardown(void)
{
	static const char *const files[] = { "links.mdb", "links.mdb-lock" };
	char path[128];

	links_close(links);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
}

static const struct {
	const char *kind, *what, *value; /* NULL: refused, with these words */
	const char *words;
} names[] = {
	{ "target", "Evil.Example", "evil.example", NULL },
	{ "target", "https://evil.example/", "evil.example", NULL },
	{ "target", "https://evil.example:8443/Log?x#y", "evil.example/Log?x#y", NULL },
	{ "target", "http://u:p@evil.example?x", "evil.example?x", NULL },
	{ "target",
	    "b\xc3\xbc"
	    "cher.example",
	    "xn--bcher-kva.example", NULL },
	{ "target", "192.0.2.1", "192.0.2.1", NULL },
	{ "target", "http://[2001:DB8::1]/x", "[2001:db8::1]/x", NULL },
	{ "target", "evil.example.", "evil.example", NULL },
	{ "target", "com", NULL, "no dot" },
	{ "target", "", NULL, "neither" },
	{ "target", "https://", NULL, "neither" },
	{ "target", "/path", NULL, "no dot" },
	{ "target", "evil .example", NULL, "neither" },
	{ "target", "evil\x01.example", NULL, "neither" },
	{ "target", "evil\xff.example", NULL, "neither" },
	{ "target", "*.evil.example", NULL, "leave out" },
	{ "target", "ftp://evil.example", NULL, "of ftp" },
	{ "target", "javascript://evil.example", NULL, "of javascript" },
	{ "campaign", "Shop/Spring", "shop/spring", NULL },
	{ "campaign", "shop/a/b", "shop/a/b", NULL },
	{ "campaign", "spring", NULL, "TENANT/CAMPAIGN" },
	{ "campaign", "/spring", NULL, "TENANT/CAMPAIGN" },
	{ "campaign", "shop/", NULL, "TENANT/CAMPAIGN" },
	{ "tenant", "Shop", "shop", NULL },
	{ "tenant", "", NULL, "no name" },
	{ "Target", "evil.example", NULL, "none of" },
	{ "", "evil.example", NULL, "none of" },
};

START_TEST(each_name)
{
	struct link_block b = { 0 };
	struct err err = { "" };
	int r = links_name(&b, span_str(names[_i].kind), span_str(names[_i].what), &err);

	if (names[_i].value != NULL) {
		ck_assert_msg(r == 0, "%s", err.text);
		ck_assert_str_eq(b.value, names[_i].value);
		ck_assert_str_eq(links_kind_word(b.kind), names[_i].kind);
	} else {
		ck_assert_int_eq(r, -1);
		ck_assert_msg(strstr(err.text, names[_i].words) != NULL, "%s", err.text);
	}
}
END_TEST

START_TEST(too_long)
{
	struct link_block b = { 0 };
	struct err err = { "" };
	char url[WEB_BLOCK_VALUE_MAX + 32];

	memset(url, 'x', sizeof(url));
	memcpy(url, "https://evil.example/", 21);
	ck_assert_int_eq(links_name(&b, span_str("target"), span_of(url, sizeof(url)), &err), -1);
	ck_assert(strstr(err.text, "longer") != NULL);
	ck_assert_int_eq(
	    links_name(&b, span_str("target"), span_of(url, WEB_BLOCK_VALUE_MAX + 8), &err), 0);
	ck_assert_int_eq(links_block(links, &b, &err), 1);
}
END_TEST

static struct link_block
block_of(const char *value, const char *reason)
{
	struct link_block b = { .kind = WEB_BLOCK_TARGET, .time_s = 1000, .actor = 7 };

	snprintf(b.value, sizeof(b.value), "%s", value);
	snprintf(b.reason, sizeof(b.reason), "%s", reason);
	return b;
}

static bool
count(void *arg, const struct link_block *b)
{
	unsigned *n = arg;

	ck_assert(b->value[0] != '\0');
	++*n;
	return true;
}

static unsigned
all(void)
{
	unsigned n = 0;
	struct err err;

	ck_assert_int_eq(links_each(links, count, &n, &err), 0);
	return n;
}

/* The first one's word stays, and all of it after a start. */
START_TEST(kept)
{
	struct link_block a = block_of("a.example", "first"),
			  again = block_of("a.example", "second");
	struct link_block other = { .kind = WEB_BLOCK_TENANT, .value = "a.example" };
	struct err err;

	ck_assert_int_eq(links_block(links, &a, &err), 1);
	again.actor = 8;
	ck_assert_int_eq(links_block(links, &again, &err), 0);
	ck_assert_str_eq(again.reason, "first");
	ck_assert_uint_eq(again.actor, 7);
	ck_assert_int_eq(links_unblock(links, &other, &err), 0);
	links_close(links);
	links = links_open(folder, &err);
	ck_assert_ptr_nonnull(links);
	ck_assert_uint_eq(all(), 1);
	again = block_of("a.example", "");
	ck_assert_int_eq(links_unblock(links, &again, &err), 1);
	ck_assert_str_eq(again.reason, "first");
	ck_assert_uint_eq(again.time_s, 1000);
	ck_assert_int_eq(links_unblock(links, &again, &err), 0);
	ck_assert_uint_eq(all(), 0);
}
END_TEST

/* A file that is no such thing is not taken for an empty one. */
START_TEST(damaged)
{
	char path[128];
	struct err err = { "" };
	FILE *f;

	links_close(links);
	snprintf(path, sizeof(path), "%s/links.mdb", folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 8192; i++)
		fputc('x', f);
	fclose(f);
	links = links_open(folder, &err);
	ck_assert_ptr_null(links);
	ck_assert(strstr(err.text, "links.mdb") != NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("links");
	TCase *t = tcase_create("links");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_name, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(t, too_long);
	tcase_add_test(t, kept);
	tcase_add_test(t, damaged);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
