#include "token_find.h"

#include "buf.h"

#include <check.h>

#define T48 "0123456789abcdefghjkmnpqrstvwxyz0123456789abcdef"
#define T53 T48 "01234"
#define T62 T48 "0123456789abcd"

static const struct {
	const char *name, *text;
	unsigned n;
	const char *first;
} cases[] = {
	{ "a Return-Path", "Return-Path: <b+" T53 "@bounce.example>\n", 1,
	    "b+" T53 "@bounce.example" },
	{ "the other separator", "x <b-" T62 "@b.example>.", 1, "b-" T62 "@b.example" },
	{ "capitals", "B+" T48 "@B.EXAMPLE", 1, "B+" T48 "@B.EXAMPLE" },
	{ "the comment of a Received field", "(envelope-from b+" T53 "@b.example.) by x", 1,
	    "b+" T53 "@b.example" },
	{ "rewritten by a forwarder", "<SRS0=ab12=XY=b.example=b+" T53 "@relay.example>", 1,
	    "b+" T53 "@b.example" },
	{ "tagged by its sender", "prvs=012345abcd=b+" T53 "@b.example", 1, "b+" T53 "@b.example" },
	{ "a mailto", "<mailto:b+" T53 "@b.example?subject=unsubscribe>", 1,
	    "b+" T53 "@b.example" },
	{ "twice the same", "b+" T53 "@b.example b+" T53 "@B.example", 1, "b+" T53 "@b.example" },
	{ "two", "b+" T53 "@b.example, b-" T53 "@b.example", 2, "b+" T53 "@b.example" },
	{ "too short", "b+0123456789abcdef@b.example", 0, NULL },
	{ "too long", "b+" T62 "0@b.example", 0, NULL },
	{ "no domain", "b+" T53 "@", 0, NULL },
	{ "another letter before it", "ab+" T53 "@b.example", 0, NULL },
	{ "no separator", "bb" T53 "@b.example", 0, NULL },
	{ "nothing before it", T53 "@b.example +" T53 "@b.example", 0, NULL },
	{ "empty", "", 0, NULL },
};

START_TEST(forms)
{
	struct arena *a = arena_new(0);
	struct came_back c = { 0 };

	tokens_find(&c, span_str(cases[_i].text), a);
	ck_assert_msg(c.n_tokens == cases[_i].n, "%s: %u", cases[_i].name, c.n_tokens);
	if (cases[_i].first != NULL)
		ck_assert_msg(span_is(c.tokens[0], cases[_i].first), "%s: %.*s", cases[_i].name,
		    SPAN(c.tokens[0]));
	arena_free(a);
}
END_TEST

START_TEST(no_more_than_fit)
{
	struct arena *a = arena_new(0);
	struct came_back c = { 0 };
	struct buf b;

	buf_init(&b, 100000);
	for (unsigned i = 0; i < 100; i++)
		buf_printf(&b, "b+" T48 "%02u@b.example\n", i);
	tokens_find(&c, buf_all(&b), a);
	ck_assert_uint_eq(c.n_tokens, CAME_TOKENS_MAX);
	buf_free(&b);
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("token_find");
	TCase *t = tcase_create("token_find");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, forms, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(t, no_more_than_fit);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
