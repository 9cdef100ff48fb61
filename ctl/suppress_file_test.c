#include "suppress_file.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct suppress_reader reader;
static struct buf out;
static struct err err;

static void
setup(void)
{
	suppress_reader_init(&reader, span_str(""), span_str(""));
	buf_init(&out, 65536);
}

static void
teardown(void)
{
	buf_free(&out);
}

static const struct {
	const char *name, *line, *relay; /* relay NULL: bad */
} lines[] = {
	{ "address alone", "ann@a.test", "ann@a.test\t\t\t\t\t\n" },
	{ "all fields",
	    "ann@a.test,shop,complaint,2026-11-24T04:00:00Z,never,01M85T5KRR000EJVDYVC000001",
	    "ann@a.test\tshop\tcomplaint\t1795492800\t0\t01M85T5KRR000EJVDYVC000001\n" },
	{ "quotes", "\"a,b\"\"c@a.test\",\"shop\"\r", "a,b\"c@a.test\tshop\t\t\t\t\n" },
	{ "a date, and seconds", "a@a.test,,,1970-01-02,86401", "a@a.test\t\t\t86400\t86401\t\n" },
	{ "a fraction of a second", "a@a.test,,,1970-01-02T00:00:01.512Z",
	    "a@a.test\t\t\t86401\t\t\n" },
	{ "a column too many", "a@a.test,,,,,,x", "a@a.test\t\t\t\t\t\n" },
	{ "JSON", "{\"address\":\"a@a.test\",\"scope\":\"s\",\"time\":7,\"expires\":9}",
	    "a@a.test\ts\t\t7\t9\t\n" },
	{ "quote not closed", "\"a@a.test", NULL },
	{ "quote not closed after two", "\"a@a.test\"\"", NULL },
	{ "something behind a quote", "\"a@a.test\"x,s", NULL },
	{ "no address", ",shop", NULL },
	{ "no time", "a@a.test,,,yesterday", NULL },
	{ "month missing", "a@a.test,,,2026", NULL },
	{ "a day without dashes", "a@a.test,,,,20270101", "a@a.test\t\t\t\t1798761600\t\n" },
	{ "a day that is none", "a@a.test,,,2026-13-45", NULL },
	{ "a 30th of February", "a@a.test,,,2026-02-30", NULL },
	{ "an hour that is none", "a@a.test,,,2026-11-24T25:00:00Z", NULL },
	{ "seconds since 1970", "a@a.test,,,1798761600", "a@a.test\t\t\t1798761600\t\t\n" },
	{ "a tab inside", "a@a.test,s\tx", NULL },
	{ "JSON cut short", "{\"address\":", NULL },
	{ "JSON without an address", "{}", NULL },
};

START_TEST(a_line)
{
	enum suppress_line what = suppress_line(&reader, span_str(lines[_i].line), &out, &err);

	if (lines[_i].relay == NULL) {
		ck_assert_msg(what == LINE_BAD && out.n == 0, "%s", lines[_i].name);
		return;
	}
	ck_assert_msg(what == LINE_ENTRY, "%s: %s", lines[_i].name, err.text);
	ck_assert_msg(span_is(buf_all(&out), lines[_i].relay), "%s: %.*s", lines[_i].name,
	    SPAN(buf_all(&out)));
}
END_TEST

START_TEST(a_heading_orders_columns)
{
	ck_assert_int_eq(
	    suppress_line(&reader, span_str("\xef\xbb\xbfname,Reason,\"Address\""), &out, &err),
	    LINE_NOTHING);
	ck_assert_int_eq(
	    suppress_line(&reader, span_str("Ann,complaint,ann@a.test"), &out, &err), LINE_ENTRY);
	ck_assert(span_is(buf_all(&out), "ann@a.test\t\tcomplaint\t\t\t\n"));
}
END_TEST

START_TEST(what_a_line_lacks_the_options_say)
{
	suppress_reader_init(&reader, span_str("shop"), span_str("by-hand"));
	ck_assert_int_eq(suppress_line(&reader, span_str("ann@a.test"), &out, &err), LINE_ENTRY);
	ck_assert(span_is(buf_all(&out), "ann@a.test\tshop\tby-hand\t\t\t\n"));
}
END_TEST

/* What is written is read back as it was. */
START_TEST(there_and_back)
{
	static const char relay[] =
	    "a,b\"c@a.test\tshop/spring\tcomplaint\t1795492800\t0\t01M85T5KRR000EJVDYVC000001\n";
	struct buf file;

	buf_init(&file, 65536);
	if (_i == 0)
		suppress_csv(span_of(relay, sizeof(relay) - 2), &file);
	else
		suppress_json(span_of(relay, sizeof(relay) - 2), &file);
	ck_assert_msg(
	    suppress_line(&reader, buf_all(&file), &out, &err) == LINE_ENTRY, "%s", err.text);
	ck_assert(span_is(buf_all(&out), relay));
	buf_free(&file);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("suppress_file");
	TCase *t = tcase_create("suppress_file");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_line, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, a_heading_orders_columns);
	tcase_add_test(t, what_a_line_lacks_the_options_say);
	tcase_add_loop_test(t, there_and_back, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
