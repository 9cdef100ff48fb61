#include "classify.h"
#include "reply_book.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char one_rule[] =
    "rule odd {\nmatch \"odd words\"\ncategory policy\nrank 9\nexample \"550 odd words\"\n}\n";

static void
say(struct reply_book *b, struct rules *rs, const char *reply, uint64_t now_s)
{
	struct arena *a = arena_new(0);
	struct verdict v;
	struct said sd;

	said_reply(&sd, span_str(reply), a);
	v = classify_afresh(rs, &sd, span_of(NULL, 0), true);
	reply_book_note(b, &sd, span_str("mx.example.net"), &v, now_s);
	arena_free(a);
}

static void
remove_folder(const char *folder)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/replies.mdb", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/replies.mdb-lock", folder);
	unlink(path);
	rmdir(folder);
}

START_TEST(kept_over_a_restart)
{
	char folder[] = "/tmp/reply-book-XXXXXX";
	struct rules *rs = rules_load("r", span_str(one_rule), NULL, &(struct err){ "" });
	const struct unknown_entry *top[2];
	struct reply_book *b;
	struct err err;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_ptr_nonnull(b = reply_book_open(folder, &err));
	reply_book_rules(b, rs);
	say(b, rs, "550 odd words", 5);
	say(b, rs, "550 nobody knows this", 6);
	say(b, rs, "550 nobody knows this", 7);
	ck_assert_uint_eq(rules_at(rs, 0)->hits, 1);
	reply_book_close(b);
	rules_free(rs);

	rs = rules_load("r", span_str(one_rule), NULL, &err);
	ck_assert_ptr_nonnull(b = reply_book_open(folder, &err));
	reply_book_rules(b, rs);
	ck_assert_uint_eq(rules_at(rs, 0)->hits, 1);
	ck_assert_uint_eq(unknowns_top(reply_book_unknowns(b), top, 2), 1);
	ck_assert_uint_eq(top[0]->count, 2);
	ck_assert_uint_eq(top[0]->last_s, 7);
	reply_book_forget(b);
	ck_assert_int_eq(reply_book_write(b, &err), 0);
	reply_book_close(b);

	ck_assert_ptr_nonnull(b = reply_book_open(folder, &err));
	ck_assert_uint_eq(unknowns_count(reply_book_unknowns(b)), 0);
	reply_book_rules(b, rs);
	reply_book_close(b);
	rules_free(rs);
	remove_folder(folder);
}
END_TEST

START_TEST(a_ruined_file_is_refused)
{
	char folder[] = "/tmp/reply-book-XXXXXX", path[200];
	struct reply_book *b;
	struct err err;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/replies.mdb", folder);
	f = fopen(path, "w");
	for (int i = 0; i < 10000; i++)
		putc('x', f);
	fclose(f);
	b = reply_book_open(folder, &err);
	ck_assert_ptr_null(b);
	ck_assert_ptr_nonnull(strstr(err.text, "replies.mdb"));
	remove_folder(folder);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reply book");
	TCase *t = tcase_create("all");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, kept_over_a_restart);
	tcase_add_test(t, a_ruined_file_is_refused);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
