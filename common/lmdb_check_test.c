#include "lmdb_check.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES = 5000, PAGE = 4096 };

static char folder[] = "/tmp/lmdb-check-XXXXXX";
static const char file[] = "some.mdb";

/* Two tables, of which some entries came and went: so there are free pages. */
static void
make(void)
{
	char key[32], value[100] = "";
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi[2];

	unlink(file);
	ck_assert_int_eq(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 4);
	mdb_env_set_mapsize(env, 64 << 20);
	ck_assert_int_eq(mdb_env_open(env, file, MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
		ck_assert_int_eq(mdb_dbi_open(txn, "one", MDB_CREATE, &dbi[0]), 0);
		ck_assert_int_eq(mdb_dbi_open(txn, "two", MDB_CREATE, &dbi[1]), 0);
		for (int i = 0; i < ENTRIES; i++) {
			int n = snprintf(key, sizeof(key), "key %06d", i);
			MDB_val k = { (size_t)n, key }, v = { sizeof(value), value };

			memset(value, round + i, sizeof(value));
			if (round < 2)
				ck_assert_int_eq(mdb_put(txn, dbi[i & 1], &k, &v, 0), 0);
			else if (i % 3 == 0)
				ck_assert_int_eq(mdb_del(txn, dbi[i & 1], &k, NULL), 0);
		}
		ck_assert_int_eq(mdb_txn_commit(txn), 0);
	}
	mdb_env_close(env);
}

static off_t
size(void)
{
	struct stat st;

	ck_assert_int_eq(stat(file, &st), 0);
	return st.st_size;
}

static enum lmdb_state
look(struct err *why)
{
	*why = (struct err){ "" };
	return lmdb_check(file, 0, why);
}

START_TEST(a_whole_one_is_fine)
{
	struct err why;

	make();
	ck_assert_msg(look(&why) == LMDB_FINE, "%s", why.text);
	unlink(file);
	ck_assert_int_eq(look(&why), LMDB_NONE);
}
END_TEST

START_TEST(one_that_is_cut_short_is_seen)
{
	struct err why;
	off_t whole;

	make();
	whole = size();
	for (off_t n = whole / 2; n > PAGE; n /= 2) {
		ck_assert_int_eq(truncate(file, n), 0);
		ck_assert_int_eq(look(&why), LMDB_DAMAGED);
		ck_assert(why.text[0] != '\0');
	}
	ck_assert_int_eq(truncate(file, 0), 0);
	ck_assert_int_eq(look(&why), LMDB_DAMAGED);
}
END_TEST

/* Any page may be free, so not each is missed: but whoever dies of a page is the child, and most are found. */
START_TEST(bad_pages_are_seen)
{
	static char bad[PAGE];
	unsigned found = 0, pages;
	struct err why;
	char saved[PAGE];
	int fd;

	make();
	memset(bad, _i, sizeof(bad));
	pages = (unsigned)(size() / PAGE);
	fd = open(file, O_RDWR);
	for (unsigned i = 2; i < pages; i += 7) {
		ck_assert_int_eq(pread(fd, saved, PAGE, (off_t)i * PAGE), PAGE);
		ck_assert_int_eq(pwrite(fd, bad, PAGE, (off_t)i * PAGE), PAGE);
		found += look(&why) == LMDB_DAMAGED;
		ck_assert_int_eq(pwrite(fd, saved, PAGE, (off_t)i * PAGE), PAGE);
	}
	close(fd);
	ck_assert_uint_ge(found, pages / 7 / 4);
	ck_assert_int_eq(look(&why), LMDB_FINE);
}
END_TEST

static bool
each_is_found(const char *table, MDB_txn *txn)
{
	bool found = true;
	MDB_cursor *c;
	MDB_val k, v;
	MDB_dbi dbi;

	ck_assert_int_eq(mdb_dbi_open(txn, table, 0, &dbi), 0);
	ck_assert_int_eq(mdb_cursor_open(txn, dbi, &c), 0);
	while (found && mdb_cursor_get(c, &k, &v, MDB_NEXT) == 0)
		found = mdb_get(txn, dbi, &k, &v) == 0;
	mdb_cursor_close(c);
	return found;
}

static bool
all_are_found(void)
{
	MDB_env *env;
	MDB_txn *txn;
	bool found;

	ck_assert_int_eq(mdb_env_create(&env), 0);
	mdb_env_set_maxdbs(env, 4);
	ck_assert_int_eq(mdb_env_open(env, file, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), 0);
	found = each_is_found("one", txn) && each_is_found("two", txn);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return found;
}

/* LMDB's page: its head with flags and the end of its list of nodes, the list, and nodes of a head and a key. */
enum { PAGE_HEAD = 16, FLAGS_AT = 10, LOWER_AT = 12, BRANCH = 1, NODE_HEAD = 8, EACH_KEY = 7 };

static uint16_t
two_bytes(const unsigned char *p)
{
	uint16_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

/* Tens of a number are others, so that a key of a branch page goes up or down over some of its neighbours. How many of
 * them were seen. */
static unsigned
keys_changed(int fd, off_t page)
{
	unsigned char p[PAGE], was;
	struct err why;
	unsigned seen = 0;

	ck_assert_int_eq(pread(fd, p, PAGE, page), PAGE);
	if (two_bytes(p + FLAGS_AT) != BRANCH)
		return 0;
	/* the first has no key */
	for (unsigned at = PAGE_HEAD + 2; at < two_bytes(p + LOWER_AT); at += 2 * EACH_KEY) {
		unsigned node = two_bytes(p + at);
		off_t digit = page + node + NODE_HEAD + two_bytes(p + node + 6) - 2;
		enum lmdb_state state;

		was = p[digit - page];
		ck_assert_int_eq(pwrite(fd, &(unsigned char){ was ^ 3 }, 1, digit), 1);
		state = look(&why);
		ck_assert_msg(state == LMDB_DAMAGED || all_are_found(), "a key of page %lld",
		    (long long)page / PAGE);
		seen += state == LMDB_DAMAGED;
		ck_assert_int_eq(pwrite(fd, &was, 1, digit), 1);
	}
	return seen;
}

/* A walk from leaf to leaf does not meet them. */
START_TEST(a_key_that_misleads_a_search_is_seen)
{
	unsigned seen = 0;
	struct err why;
	int fd;

	make();
	fd = open(file, O_RDWR);
	for (off_t page = 2 * (off_t)PAGE; page < size(); page += PAGE)
		seen += keys_changed(fd, page);
	close(fd);
	ck_assert_uint_gt(seen, 0);
	ck_assert_int_eq(look(&why), LMDB_FINE);
}
END_TEST

START_TEST(two_are_kept_aside)
{
	struct err err;

	for (int i = 0; i < 3; i++) {
		make();
		ck_assert_int_eq(lmdb_set_aside(file, &err), 0);
	}
	ck_assert_int_eq(access(file, F_OK), -1);
	ck_assert_int_eq(access("some.mdb.damaged", F_OK), 0);
	ck_assert_int_eq(unlink("some.mdb.damaged"), 0);
	ck_assert_int_eq(unlink("some.mdb.damaged.1"), 0);
	ck_assert_int_eq(lmdb_set_aside(file, &err), 0);
}
END_TEST

/* The same again, after an end in between. */
START_TEST(what_is_aside_stays_where_nothing_replaces_it)
{
	struct err err;

	make();
	ck_assert_int_eq(lmdb_set_aside(file, &err), 0);
	ck_assert_int_eq(lmdb_set_aside(file, &err), 0);
	ck_assert_int_eq(access("some.mdb.damaged.1", F_OK), -1);
	ck_assert_int_eq(unlink("some.mdb.damaged"), 0);
}
END_TEST

START_TEST(what_no_try_mends_ends_the_process)
{
	static const int those[] = { MDB_PANIC, MDB_CORRUPTED, MDB_PAGE_NOTFOUND };

	(void)lmdb_usable(file, those[_i]);
}
END_TEST

START_TEST(what_a_try_may_mend_comes_back)
{
	ck_assert_int_eq(lmdb_usable(file, 0), 0);
	ck_assert_int_eq(lmdb_usable(file, ENOSPC), ENOSPC);
	ck_assert_int_eq(lmdb_usable(file, MDB_MAP_FULL), MDB_MAP_FULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lmdb_check");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_whole_one_is_fine);
	tcase_add_test(t, one_that_is_cut_short_is_seen);
	tcase_add_loop_test(t, bad_pages_are_seen, 0, 2);
	tcase_add_test(t, a_key_that_misleads_a_search_is_seen);
	tcase_add_test(t, two_are_kept_aside);
	tcase_add_test(t, what_is_aside_stays_where_nothing_replaces_it);
	tcase_add_loop_exit_test(t, what_no_try_mends_ends_the_process, 71, 0, 3);
	tcase_add_test(t, what_a_try_may_mend_comes_back);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	unlink(file);
	if (chdir("/") == 0)
		rmdir(folder);
	return failed == 0 ? 0 : 1;
}
