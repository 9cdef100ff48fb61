#include "users_file.h"
#include "whole_file.h"

#include <check.h>
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *rule, *text, *login, *hash, *want;
	bool was;
} cases[] = {
	{ "a first one", "", "joe", "H", "joe:shop:H\n", false },
	{ "behind the others, comments stay", "# us\nann:a:X\n", "joe", "H",
	    "# us\nann:a:X\njoe:shop:H\n", false },
	{ "in place of the old", "joe:old:X\nann:a:X\n", "joe", "H", "ann:a:X\njoe:shop:H\n",
	    true },
	{ "taken away", "joe:old:X\nann:a:X", "joe", "", "ann:a:X\n", true },
	{ "joe is not joey", "joey:a:X\n", "joe", "", "joey:a:X\n", false },
};

START_TEST(users_set_cases)
{
	struct user u = { span_str(cases[_i].login), SPAN_LIT("shop"), span_str(cases[_i].hash) };
	struct buf out;

	buf_init(&out, 4096);
	ck_assert(users_set(span_str(cases[_i].text), &u, &out) == cases[_i].was);
	ck_assert_msg(span_is(buf_all(&out), cases[_i].want), "%s: %.*s", cases[_i].rule,
	    SPAN(buf_all(&out)));
	buf_free(&out);
}
END_TEST

START_TEST(words)
{
	struct err err;

	ck_assert_int_eq(users_word_check("login", SPAN_LIT("joe@a.example"), &err), 0);
	ck_assert_int_eq(users_word_check("login", SPAN_LIT(""), &err), -1);
	ck_assert_int_eq(users_word_check("login", SPAN_LIT("a:b"), &err), -1);
	ck_assert_int_eq(users_word_check("login", SPAN_LIT("a b"), &err), -1);
	ck_assert_int_eq(users_word_check("login", SPAN_LIT("a\nb"), &err), -1);
	ck_assert_int_eq(users_word_check("login", SPAN_LIT("#a"), &err), -1);
}
END_TEST

START_TEST(hash_verifies)
{
	struct buf hash;
	struct err err;

	buf_init(&hash, 1024);
	ck_assert_int_eq(users_hash("secret", &hash, &err), 0);
	buf_byte(&hash, '\0');
	ck_assert(strncmp(hash.p, "$y$", 3) == 0);
	ck_assert_str_eq(crypt("secret", hash.p), hash.p);
	ck_assert(strcmp(crypt("Secret", hash.p), hash.p) != 0);
	buf_free(&hash);
}
END_TEST

START_TEST(written_whole)
{
	char folder[] = "/tmp/users-XXXXXX", path[64];
	struct err err = { "" };
	struct stat st;
	struct buf b;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/users", folder);
	buf_init(&b, USERS_BYTES);
	ck_assert_int_eq(whole_read(path, &b, &err), 0); /* missing: empty */
	ck_assert_uint_eq(b.n, 0);
	ck_assert_msg(whole_write(path, SPAN_LIT("a:b:c\n"), &err) == 0, "%s", err.text);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(whole_read(path, &b, &err), 0);
	ck_assert(span_is(buf_all(&b), "a:b:c\n"));
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing is left beside it */
	ck_assert_int_eq(whole_write(path, SPAN_LIT("x"), &err), -1);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("users_file");
	TCase *t = tcase_create("users_file");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, users_set_cases, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, words);
	tcase_add_test(t, hash_verifies);
	tcase_add_test(t, written_whole);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
