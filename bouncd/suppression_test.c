#include "suppression.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/suppression_test.XXXXXX";
static struct suppression *list;
static struct err err;

static void
setup(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	list = suppression_open(folder, 16 << 20, &err);
	ck_assert_msg(list != NULL, "%s", err.text);
}

static void
teardown(void)
{
	char path[64];

	suppression_close(list);
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/lock.mdb", folder);
	unlink(path);
	rmdir(folder);
}

static void
add(const char *scope, const char *address, enum suppression_reason reason, uint64_t expires_s)
{
	struct suppression_entry e = {
		.reason = reason, .time_s = 10, .expires_s = expires_s, .event = "E1"
	};

	ck_assert_int_eq(suppression_name(&e, span_str(scope), span_str(address), &err), 0);
	ck_assert_int_eq(suppression_add(list, &e, &err), 0);
}

static int
why(const char *scope, const char *address, struct suppression_entry *e)
{
	return suppression_why(list, span_str(scope), span_str(address), 100, e, &err);
}

START_TEST(any_spelling)
{
	struct suppression_entry e;

	add("shop", "Joe@Example.ORG", SUPPRESSED_HARD_BOUNCE, 0);
	ck_assert_int_eq(why("shop", "joe@example.org", &e), 1);
	ck_assert_str_eq(e.address, "joe@example.org");
	ck_assert_str_eq(e.event, "E1");
	ck_assert_int_eq(e.reason, SUPPRESSED_HARD_BOUNCE);
	ck_assert_int_eq(why("shop", "<JOE@EXAMPLE.ORG>", &e), 1);
	ck_assert_int_eq(why("other", "joe@example.org", &e), 0);
	ck_assert_int_eq(why("shop", "joe@example.com", &e), 0);
	ck_assert_int_eq(why("shop", "no address", &e), 0);
}
END_TEST

START_TEST(wider_scopes_hold)
{
	struct suppression_entry e;

	add("", "all@example.org", SUPPRESSED_BY_HAND, 0);
	add("shop", "some@example.org", SUPPRESSED_COMPLAINT, 0);
	add("shop/news", "one@example.org", SUPPRESSED_UNSUBSCRIBED, 0);
	ck_assert_int_eq(why("shop/news", "all@example.org", &e), 1);
	ck_assert_str_eq(e.scope, "");
	ck_assert_int_eq(why("shop/news", "some@example.org", &e), 1);
	ck_assert_int_eq(why("shop/news", "one@example.org", &e), 1);
	ck_assert_int_eq(why("shop", "one@example.org", &e), 0);
}
END_TEST

START_TEST(expired_is_absent)
{
	struct suppression_entry e;

	add("", "old@example.org", SUPPRESSED_HARD_BOUNCE, 100);
	add("", "new@example.org", SUPPRESSED_HARD_BOUNCE, 101);
	ck_assert_int_eq(why("", "old@example.org", &e), 0);
	ck_assert_int_eq(why("", "new@example.org", &e), 1);
	ck_assert_int_eq(suppression_sweep(list, 100, 10, &err), 1);
	ck_assert_uint_eq(suppression_count(list), 1);
}
END_TEST

START_TEST(bounce_does_not_replace_a_person)
{
	struct suppression_entry e;

	add("", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	add("", "a@example.org", SUPPRESSED_HARD_BOUNCE, 50);
	ck_assert_int_eq(why("", "a@example.org", &e), 1);
	ck_assert_int_eq(e.reason, SUPPRESSED_COMPLAINT);
	ck_assert_int_eq(suppression_rm(list, span_str(""), SPAN_LIT("A@example.org"), &err), 1);
	ck_assert_int_eq(suppression_rm(list, span_str(""), SPAN_LIT("A@example.org"), &err), 0);
}
END_TEST

static bool
count_to_two(void *arg, const struct suppression_entry *e)
{
	unsigned *n = arg;

	(void)e;
	return ++*n < 2;
}

START_TEST(list_goes_on_behind)
{
	struct suppression_entry from = { .address = "b@example.org" };
	unsigned n = 0;

	add("", "a@example.org", SUPPRESSED_IMPORTED, 0);
	add("", "b@example.org", SUPPRESSED_IMPORTED, 0);
	add("", "c@example.org", SUPPRESSED_IMPORTED, 0);
	ck_assert_int_eq(suppression_list(list, NULL, count_to_two, &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	n = 0;
	ck_assert_int_eq(suppression_list(list, &from, count_to_two, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(many_in_one_transaction)
{
	struct suppression_entry e;

	ck_assert_int_eq(suppression_begin(list, &err), 0);
	add("", "a@example.org", SUPPRESSED_IMPORTED, 0);
	ck_assert_int_eq(why("", "a@example.org", &e), 1);
	suppression_abort(list);
	ck_assert_int_eq(why("", "a@example.org", &e), 0);
	ck_assert_int_eq(suppression_begin(list, &err), 0);
	add("", "a@example.org", SUPPRESSED_IMPORTED, 0);
	ck_assert_int_eq(suppression_commit(list, &err), 0);
	suppression_close(list);
	list = suppression_open(folder, 16 << 20, &err);
	ck_assert_int_eq(why("", "a@example.org", &e), 1);
}
END_TEST

START_TEST(hash_is_of_the_canonical_form)
{
	const struct siphash_key key = { 1, 2 };

	ck_assert_uint_eq(suppression_hash(&key, SPAN_LIT("Shop"), SPAN_LIT("A@B.example")),
	    suppression_hash(&key, SPAN_LIT("shop"), SPAN_LIT("a@b.example")));
	ck_assert_uint_ne(suppression_hash(&key, SPAN_LIT(""), SPAN_LIT("a@b.example")),
	    suppression_hash(&key, SPAN_LIT("shop"), SPAN_LIT("a@b.example")));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("suppression");
	TCase *t = tcase_create("suppression");
	SRunner *r;
	int failed;

	tcase_add_test(t, any_spelling);
	tcase_add_test(t, wider_scopes_hold);
	tcase_add_test(t, expired_is_absent);
	tcase_add_test(t, bounce_does_not_replace_a_person);
	tcase_add_test(t, list_goes_on_behind);
	tcase_add_test(t, many_in_one_transaction);
	tcase_add_test(t, hash_is_of_the_canonical_form);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
