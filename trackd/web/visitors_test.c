#include "visitors.h"

#include <check.h>
#include <stdlib.h>

#define FIREFOX          "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#define RULE(name, more) "rule " name " {\n" more "}\n"
#define CLICKS           "\tkind click\n\tmachine yes\n\texample \"click agent=" FIREFOX "\"\n"

/* Rules files that are refused, and what is said. */
static const struct {
	const char *text, *said;
} bad[] = {
	{ RULE("a", "\tkind open\n\tmachine yes\n\texample \"click\"\n"),
	    "does not match its rule" },
	{ RULE("a", CLICKS) RULE("b", CLICKS), "is decided by rule a" },
	{ RULE("a", CLICKS "\tagent \"(\"\n"), "missing closing parenthesis" },
	{ RULE("a", CLICKS "\tfrom nowhere\n"), "there is no network block \"nowhere\"" },
	{ RULE("a", CLICKS "\tfollows b\n\tspan 5s\n"), "there is no rule block \"b\"" },
	{ RULE("a", CLICKS "\tlinks 3\n"), "needs a span" },
	{ RULE("a", "\tkind click\n\tmachine yes\n\texample \"look\"\n"), "no kind and no method" },
	{ RULE("a", "\tkind click\n\tmachine yes\n\texample \"links=3\"\n"), "cannot be read" },
	{ RULE("a", "\tkind click\n\tmachine perhaps\n\texample \"click\"\n"), "perhaps" },
};

START_TEST(refused_with_its_place)
{
	struct visitors *v;
	struct buf messages;
	struct err err;

	buf_init(&messages, 64 * 1024);
	v = visitors_load("visitors.conf", span_str(bad[_i].text), &messages, &err);
	ck_assert_ptr_null(v);
	ck_assert_msg(
	    span_find_str(buf_all(&messages), bad[_i].said) >= 0, "%.*s", SPAN(buf_all(&messages)));
	ck_assert(span_starts(buf_all(&messages), "visitors.conf:"));
	buf_free(&messages);
}
END_TEST

/* Visits and what the shipped rules make of them. */
static const struct {
	const char *name;
	struct visit visit;
	struct visit_past past;
	enum machine machine;
	const char *reason;
} cases[] = {
	{ "a browser, an hour later",
	    { .kind = VISIT_CLICK,
		.client = SPAN_LIT("81.2.69.142"),
		.agent = SPAN_LIT(FIREFOX),
		.age_ms = 3600000 },
	    { .links_n = 0 }, MACHINE_NO, NULL },
	{ "age unknown",
	    { .kind = VISIT_CLICK, .agent = SPAN_LIT(FIREFOX), .age_ms = VISIT_AGE_UNKNOWN },
	    { .links_n = 0 }, MACHINE_NO, NULL },
	{ "sooner than anybody",
	    { .kind = VISIT_CLICK, .agent = SPAN_LIT(FIREFOX), .age_ms = 4999 }, { .links_n = 0 },
	    MACHINE_YES, "too-soon" },
	{ "just later", { .kind = VISIT_CLICK, .agent = SPAN_LIT(FIREFOX), .age_ms = 5000 },
	    { .links_n = 0 }, MACHINE_NO, NULL },
	{ "three links in three seconds",
	    { .kind = VISIT_CLICK, .agent = SPAN_LIT(FIREFOX), .age_ms = 3600000 },
	    { .links_ms = { 1500, 3000 }, .links_n = 2 }, MACHINE_YES, "burst" },
	{ "three links in longer",
	    { .kind = VISIT_CLICK, .agent = SPAN_LIT(FIREFOX), .age_ms = 3600000 },
	    { .links_ms = { 1500, 3001 }, .links_n = 2 }, MACHINE_NO, NULL },
	{ "a telephone called CUBOT",
	    { .kind = VISIT_CLICK,
		.agent = SPAN_LIT("Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) Chrome/120.0"),
		.age_ms = 3600000 },
	    { .links_n = 0 }, MACHINE_NO, NULL },
	{ "IPv4 inside IPv6",
	    { .kind = VISIT_CLICK,
		.client = SPAN_LIT("::ffff:209.222.82.3"),
		.agent = SPAN_LIT(FIREFOX),
		.age_ms = 3600000 },
	    { .links_n = 0 }, MACHINE_YES, "filter-network" },
	{ "no address at all",
	    { .kind = VISIT_CLICK,
		.client = SPAN_LIT("unix:x"),
		.agent = SPAN_LIT(FIREFOX),
		.age_ms = 3600000 },
	    { .links_n = 0 }, MACHINE_NO, NULL },
	{ "no agent", { .kind = VISIT_OPEN, .age_ms = 3600000 }, { .links_n = 0 }, MACHINE_YES,
	    "no-agent" },
};

START_TEST(judged)
{
	struct err err;
	struct visitors *v = visitors_load("visitors.conf", visitors_shipped(), NULL, &err);
	struct judgement j;

	ck_assert_msg(v != NULL, "%s", err.text);
	j = visitors_judge(v, &cases[_i].visit, &cases[_i].past);
	ck_assert_msg(j.machine == cases[_i].machine, "%s: %s %s", cases[_i].name,
	    machine_name(j.machine), j.reason == NULL ? "" : j.reason);
	if (cases[_i].reason == NULL)
		ck_assert_ptr_null(j.reason);
	else
		ck_assert_str_eq(j.reason, cases[_i].reason);
	visitors_free(v);
}
END_TEST

START_TEST(table_is_sound)
{
	struct err err;

	ck_assert_msg(conf_table_check(&visitors_conf, &err) == 0, "%s", err.text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("visitors");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, refused_with_its_place, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(t, judged, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, table_is_sound);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
