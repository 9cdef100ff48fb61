#include "users.h"

#include <check.h>

static const struct {
	const char *rule, *text;
	int result;
	size_t n;
} cases[] = {
	{ "two logins", "b:t:$y$x\n# note\n\na:t:$y$z\n", 0, 2 },
	{ "no line end", "a:t:h", 0, 1 },
	{ "empty file", "", 0, 0 },
	{ "no hash", "a:t\n", -1, 0 },
	{ "empty hash", "a:t:\n", -1, 0 },
	{ "empty tenant", "a::h\n", -1, 0 },
	{ "space", "a b:t:h\n", -1, 0 },
	{ "CR", "a:t:h\r\n", -1, 0 },
	{ "a fourth field", "a:t:h:x\n", -1, 0 },
	{ "twice", "a:t:h\nb:t:h\na:u:g\n", -1, 0 },
};

START_TEST(files)
{
	struct arena *a = arena_new(0);
	struct users u;
	struct err err;

	ck_assert_msg(users_read(span_str(cases[_i].text), a, &u, &err) == cases[_i].result, "%s",
	    cases[_i].rule);
	if (cases[_i].result == 0)
		ck_assert_uint_eq(u.n, cases[_i].n);
	arena_free(a);
}
END_TEST

START_TEST(logins_are_found)
{
	struct arena *a = arena_new(0);
	struct users u;

	ck_assert_int_eq(users_read(span_str("b:t:h1\na:u:h2\nc:t:h3\n"), a, &u, NULL), 0);
	ck_assert_str_eq(users_find(&u, span_str("a"))->hash, "h2");
	ck_assert(span_is(users_find(&u, span_str("c"))->tenant, "t"));
	ck_assert_ptr_null(users_find(&u, span_str("A")));
	ck_assert_ptr_null(users_find(&u, span_str("")));
	arena_free(a);
}
END_TEST

/* As costly as those of the others: an unknown login has the hash of one of them, and always the same. */
START_TEST(unknown_logins_cost_the_same)
{
	struct arena *a = arena_new(0);
	const char *hash;
	struct users u;

	ck_assert_int_eq(users_read(span_str("a:t:h1\nb:t:h2\n"), a, &u, NULL), 0);
	hash = users_hash_of(&u, NULL, span_str("zoe"));
	ck_assert_int_eq(hash[0], 'h');
	ck_assert_ptr_eq(users_hash_of(&u, NULL, span_str("zoe")), hash);
	ck_assert_str_eq(users_hash_of(&u, users_find(&u, span_str("b")), span_str("b")), "h2");
	ck_assert_int_eq(users_read(span_str(""), a, &u, NULL), 0);
	ck_assert_int_eq(users_hash_of(&u, NULL, span_str("zoe"))[0], '$');
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("users");
	TCase *t = tcase_create("users");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, files, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, logins_are_found);
	tcase_add_test(t, unknown_logins_cost_the_same);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
