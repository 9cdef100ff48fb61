#include "line.h"
#include "buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { IN_BYTES = 64 * 1024 };

/* What the client said: texts and fillers of so many bytes. */
struct said {
	const char *rule, *front;
	size_t filler;
	const char *back;
	bool login, repair;
	const char *steps; /* W whole, L too long, U unclean */
};

static const struct said said[] = {
	{ "a command", "NOOP\r\n", 0, "", false, false, "W" },
	{ "two of them", "NOOP\r\nRSET\r\n", 0, "", false, false, "WW" },
	{ "an empty line", "\r\nNOOP\r\n", 0, "", false, false, "WW" },
	{ "LF alone", "NOOP\nNOOP\r\n", 0, "", false, false, "UW" },
	{ "repaired", "NOOP\nNOOP\r\n\n", 0, "", false, true, "WWW" },
	{ "CR within", "NO\rOP\r\nNOOP\r\n", 0, "", false, true, "UW" },
	{ "two CR at the end", "NOOP\r\r\nNOOP\r\n", 0, "", false, false, "UW" },
	{ "the longest", "", 2048, "\r\nNOOP\r\n", false, false, "WW" },
	{ "one more", "", 2049, "\r\nNOOP\r\n", false, false, "LW" },
	{ "one more, LF alone", "", 2049, "\nNOOP\r\n", false, false, "LW" },
	{ "much more", "", 9000, "\r\nNOOP\r\n", false, false, "LW" },
	{ "the longest, CR in front of its end", "", 2047, "\r\r\nNOOP\r\n", false, false, "UW" },
	{ "one more with that", "", 2048, "\r\r\nNOOP\r\n", false, false, "LW" },
	{ "two long ones", "", 2049, "\r\nNOOP\r\nNOOP\n", false, false, "LWU" },
	{ "AUTH of 4000", "AUTH PLAIN ", 4000, "\r\nNOOP\r\n", false, false, "WW" },
	{ "with a tab, in any case", "auth\tplain ", 4000, "\r\nNOOP\r\n", false, false, "WW" },
	{ "the longest AUTH", "AUTH PLAIN ", 12341, "\r\nNOOP\r\n", false, false, "WW" },
	{ "one more", "AUTH PLAIN ", 12342, "\r\nNOOP\r\n", false, false, "LW" },
	{ "AUTH is a word", "AUTHX ", 4000, "\r\nNOOP\r\n", false, false, "LW" },
	{ "the longest response", "", 12288, "\r\nAAAA\r\n", true, false, "WW" },
	{ "one more", "", 12289, "\r\nAAAA\r\n", true, false, "LW" },
	{ "nothing", "\r\n", 0, "", true, false, "W" },
};

/* The letters of the steps, from pieces that end at one, two and then each further step bytes. */
static void
steps(const struct said *s, struct span all, size_t one, size_t two, size_t step, char *out)
{
	struct line l = { .repair = s->repair };
	size_t have = one, at = 0, n, out_n = 0;

	for (;;) {
		struct span text;
		enum line_step did =
		    line_take(&l, span_of(all.p + at, have - at), s->login, &text, &n);

		at += n;
		if (did == LINE_WHOLE || did == LINE_LONG || did == LINE_UNCLEAN)
			out[out_n++] = did == LINE_WHOLE ? 'W' : did == LINE_LONG ? 'L' : 'U';
		if (did != LINE_MORE && at < have)
			continue;
		if (have == all.n)
			break;
		have = have < two ? two : have + step;
		if (have > all.n)
			have = all.n;
	}
	ck_assert_uint_eq(at, all.n);
	out[out_n] = '\0';
}

START_TEST(however_it_is_split)
{
	const struct said *s = &said[_i];
	char got[64];
	struct buf in;
	size_t n;

	buf_init(&in, IN_BYTES);
	buf_str(&in, s->front);
	for (size_t i = 0; i < s->filler; i++)
		buf_byte(&in, 'A');
	buf_str(&in, s->back);
	n = in.n;
	steps(s, buf_all(&in), n, n, n, got);
	ck_assert_msg(strcmp(got, s->steps) == 0, "%s: %s", s->rule, got);
	for (size_t at = 1; at < n; at++) {
		steps(s, buf_all(&in), at, n, n, got);
		ck_assert_msg(strcmp(got, s->steps) == 0, "%s, split at %zu: %s", s->rule, at, got);
	}
	steps(s, buf_all(&in), 1, 2, 1, got);
	ck_assert_msg(strcmp(got, s->steps) == 0, "%s, byte by byte: %s", s->rule, got);
	buf_free(&in);
}
END_TEST

START_TEST(a_nul_is_unclean)
{
	struct line l = { .repair = true };
	struct span text;
	size_t n;

	ck_assert_int_eq(line_take(&l, SPAN_LIT("NOOP\0\r\n"), false, &text, &n), LINE_UNCLEAN);
	ck_assert_uint_eq(n, 7);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("line");
	TCase *t = tcase_create("line");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, however_it_is_split, 0, sizeof(said) / sizeof(said[0]));
	tcase_add_test(t, a_nul_is_unclean);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
