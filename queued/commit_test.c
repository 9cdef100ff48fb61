#include "commit.h"

#include <check.h>

static struct commit c;

/* A record of 64 + 8 bytes whose head tells its name. */
static void
owe(enum journal_type type, char name)
{
	char head[8] = { name };
	size_t begin = c.gathering.records.n;

	journal_put(&c.gathering.records,
	    &(struct journal_record){ .type = type, .head = span_of(head, sizeof(head)) });
	commit_owe(&c, type, (struct id){ { (uint8_t)name } }, begin)->head_n = sizeof(head);
}

static const char *
names(const struct batch *b)
{
	static char out[16];
	size_t n;

	for (n = 0; n < b->n; n++) {
		out[n] = owed_head(b, &b->owed[n]).p[0];
		ck_assert_int_eq(out[n], b->owed[n].id.b[0]);
	}
	out[n] = '\0';
	return out;
}

enum { RECORD = 72, OPENING = 32 };

START_TEST(all_that_gathered_goes_when_it_fits)
{
	owe(JOURNAL_MESSAGE, 'a');
	owe(JOURNAL_END, 'b');
	ck_assert(commit_cut(&c, RECORD * 2));
	ck_assert_str_eq(names(&c.writing), "ab");
	ck_assert_uint_eq(c.gathering.n, 0);
	owe(JOURNAL_END, 'c');
	commit_settled(&c);
	ck_assert(commit_cut(&c, RECORD));
	ck_assert_str_eq(names(&c.writing), "c");
}
END_TEST

START_TEST(what_does_not_fit_stays)
{
	static const struct {
		const char *name;
		size_t room;
		const char *goes, *stays;
		bool cut;
	} cases[] = {
		{ "nothing fits", RECORD - 1, "", "abc", false },
		{ "one", RECORD, "a", "bc", true },
		{ "two and a bit", RECORD * 3 - 1, "ab", "c", true },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		commit_free(&c);
		commit_init(&c, 1 << 20);
		owe(JOURNAL_MESSAGE, 'a');
		owe(JOURNAL_END, 'b');
		owe(JOURNAL_MOVE, 'c');
		ck_assert_msg(commit_cut(&c, cases[i].room) == cases[i].cut, "%s", cases[i].name);
		ck_assert_str_eq(names(&c.writing), cases[i].goes);
		ck_assert_str_eq(names(&c.gathering), cases[i].stays);
	}
}
END_TEST

START_TEST(the_opening_of_a_segment_takes_room_too)
{
	journal_put(&c.writing.records, &(struct journal_record){ .type = JOURNAL_OPEN });
	owe(JOURNAL_MESSAGE, 'a');
	owe(JOURNAL_END, 'b');
	ck_assert(commit_cut(&c, journal_bytes(OPENING, 0) + RECORD));
	ck_assert_str_eq(names(&c.writing), "a");
	ck_assert_uint_eq(c.writing.records.n, journal_bytes(OPENING, 0) + RECORD);
	ck_assert_str_eq(names(&c.gathering), "b");
}
END_TEST

START_TEST(ends_of_a_failed_group_come_first_in_the_next)
{
	owe(JOURNAL_MESSAGE, 'a');
	owe(JOURNAL_END, 'b');
	owe(JOURNAL_MOVE, 'c');
	ck_assert(commit_cut(&c, 1 << 20));
	owe(JOURNAL_END, 'd');
	owe(JOURNAL_MESSAGE, 'e');
	commit_again(&c);
	ck_assert(!c.under_way);
	ck_assert_str_eq(names(&c.gathering), "bcde");
	ck_assert_uint_eq(c.gathering.records.n, RECORD * 4);
}
END_TEST

static void
setup(void)
{
	commit_init(&c, 1 << 20);
}

static void
teardown(void)
{
	commit_free(&c);
}

int
main(void)
{
	Suite *s = suite_create("commit");
	TCase *t = tcase_create("groups");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, all_that_gathered_goes_when_it_fits);
	tcase_add_test(t, what_does_not_fit_stays);
	tcase_add_test(t, the_opening_of_a_segment_takes_room_too);
	tcase_add_test(t, ends_of_a_failed_group_come_first_in_the_next);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
