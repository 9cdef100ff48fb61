#include "table.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = { { "SITE", false }, { "EMPTY", false },
	{ "WAITING", true }, { "WHY", false } };

static const struct {
	const char *rule, *cells[8], *want;
} cases[] = {
	{ "text left, numbers right, an empty column left out",
	    { "google", "", "81204", "rate", "b", "", "7", "" },
	    "SITE    WAITING  WHY\ngoogle    81204  rate\nb             7  \n" },
	{ "what a terminal could obey is a question mark",
	    { "a\033[31m", "", "1", "\xc2\x9bx\n", "b", "", "2", "y" },
	    "SITE    WAITING  WHY\na?[31m        1  ?x?\nb             2  y\n" },
	{ "a letter of two bytes is one wide",
	    { "d\xc3\xb6rte", "", "1", "x", "dorte", "", "2", "y" },
	    "SITE   WAITING  WHY\nd\xc3\xb6rte        1  x\ndorte        2  y\n" },
};

START_TEST(table_rows)
{
	char *text = NULL;
	size_t size = 0, rows;
	FILE *out = open_memstream(&text, &size);
	struct table *t = table_new(columns, 4, false, out);

	for (unsigned i = 0; i < 8; i++)
		table_cell(t, span_str(cases[_i].cells[i]));
	rows = table_end(t);
	fclose(out);
	ck_assert_uint_eq(rows, 2);
	ck_assert_msg(strcmp(text, cases[_i].want) == 0, "%s:\n%s", cases[_i].rule, text);
	free(text);
}
END_TEST

START_TEST(table_nothing)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_uint_eq(table_end(table_new(columns, 4, false, out)), 0);
	fclose(out);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(table_many)
{
	char *text = NULL;
	size_t size = 0, lines = 0;
	FILE *out = open_memstream(&text, &size);
	struct table *t = table_new(columns, 1, false, out);

	for (unsigned i = 0; i < 3 * TABLE_WAIT + 5; i++)
		table_cell(t, SPAN_LIT("x"));
	ck_assert_uint_eq(table_end(t), 3 * TABLE_WAIT + 5);
	fclose(out);
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_uint_eq(lines, 3 * TABLE_WAIT + 5 + 1);
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("table");
	TCase *t = tcase_create("table");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, table_rows, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, table_nothing);
	tcase_add_test(t, table_many);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
