#include "selector.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *rule;
	struct selector s;
	bool empty, good;
} cases[] = {
	{ "nothing", { 0 }, true, true },
	{ "a state", { .state = "held" }, false, true },
	{ "a state in capitals", { .state = "Sending" }, false, true },
	{ "no state", { .state = "sednign" }, false, false },
	{ "what ended is nowhere", { .state = "ended" }, false, false },
	{ "an age", { .older = "2h30m" }, false, true },
	{ "no age", { .older = "yesterday" }, false, false },
	{ "no time is no age", { .older = "0" }, false, false },
	{ "a reply", { .reply = "421" }, false, true },
	{ "a source", { .source = "out1" }, false, true },
	{ "all and more", { .all = true, .campaign = "spring" }, false, false },
	{ "an id", { .id = "01JDC8Q4Z7M2KX9V3TB6WNRAEH" }, false, true },
	{ "the beginning of one", { .id = "01jdc" }, false, true },
	{ "no id", { .id = "../x" }, false, false },
	{ "an empty id", { .id = "" }, false, false },
	{ "a star", { .to = "*" }, false, false },
	{ "an empty tenant", { .tenant = "" }, false, false },
	{ "a domain", { .to = "*@b.example" }, false, true },
};

START_TEST(selectors)
{
	struct err err = { "" };

	ck_assert_msg(
	    selector_is_empty(&cases[_i].s) == cases[_i].empty, "%s: empty", cases[_i].rule);
	ck_assert_msg((selector_check(&cases[_i].s, &err) == 0) == cases[_i].good, "%s: %s",
	    cases[_i].rule, err.text);
}
END_TEST

START_TEST(selector_request)
{
	struct selector s = { .tenant = "shop", .to = "a@b", .older = "1h" };
	json_t *request = json_object();
	char text[60], *dump;

	selector_put(&s, request);
	dump = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq(dump, "{\"older\":3600,\"tenant\":\"shop\",\"to\":\"a@b\"}");
	selector_text(&s, text, sizeof(text));
	ck_assert_str_eq(text, "tenant shop, to a@b, older than 1h");
	selector_text(&s, text, 8);
	ck_assert_str_eq(text, "tenant ");
	free(dump);
	json_decref(request);
}
END_TEST

struct values {
	const char *name;
	uint64_t n;
	bool yes;
};

static const struct opt opts[] = {
	{ "name", 'a', OPT_TEXT, offsetof(struct values, name), "NAME", "x" },
	{ "count", 'n', OPT_NUMBER, offsetof(struct values, n), "N", "x" },
	{ "yes", 'y', OPT_FLAG, offsetof(struct values, yes), NULL, "x" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct {
	const char *rule, *words[6];
	int left; /* -1: refused */
	const char *name;
	uint64_t n;
	bool yes;
} lines[] = {
	{ "none", { "w" }, 1, NULL, 0, false },
	{ "long, between words", { "w", "--name", "x", "v" }, 2, "x", 0, false },
	{ "with =", { "--name=x=y", "--yes" }, 0, "x=y", 0, true },
	{ "letters together", { "-yn5" }, 0, NULL, 5, true },
	{ "letter with its word", { "-n", "7", "-ax" }, 0, "x", 7, false },
	{ "behind -- all are words", { "--", "-y" }, 1, NULL, 0, false },
	{ "a dash alone is a word", { "-" }, 1, NULL, 0, false },
	{ "unknown", { "--nam", "x" }, -1, NULL, 0, false },
	{ "unknown letter", { "-z" }, -1, NULL, 0, false },
	{ "no number", { "-n", "x" }, -1, NULL, 0, false },
	{ "word missing", { "--name" }, -1, NULL, 0, false },
	{ "a flag with a word", { "--yes=1" }, -1, NULL, 0, false },
};

START_TEST(options)
{
	struct values v = { NULL, 0, false };
	struct opt_set sets[] = { { opts, &v }, { NULL, NULL } };
	struct err err = { "" };
	char *argv[7] = { NULL };
	int argc = 0, left;

	for (; argc < 6 && lines[_i].words[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)lines[_i].words[argc];
	left = opts_take(sets, argc, argv, &err);
	ck_assert_msg(left == lines[_i].left, "%s: %d %s", lines[_i].rule, left, err.text);
	if (left == -1)
		return;
	ck_assert_msg((v.name == NULL) == (lines[_i].name == NULL) &&
			  (v.name == NULL || strcmp(v.name, lines[_i].name) == 0) &&
			  v.n == lines[_i].n && v.yes == lines[_i].yes,
	    "%s", lines[_i].rule);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("selector");
	TCase *t = tcase_create("selector");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, selectors, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, selector_request);
	tcase_add_loop_test(t, options, 0, sizeof(lines) / sizeof(lines[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
