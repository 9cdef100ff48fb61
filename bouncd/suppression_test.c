#include "suppression.h"
#include "suppression_inside.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/suppression_test.XXXXXX";
static struct suppression *list;
static struct suppression_options options;
static struct err err;

static const char event_id[] = "01M85T5KRR000EJVDYVC000001";

static void
reopen(void)
{
	suppression_close(list);
	list = suppression_open(folder, &options, &err);
	ck_assert_msg(list != NULL, "%s", err.text);
}

static void
setup(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	options = (struct suppression_options){ .max_bytes = 64 << 20 };
	list = NULL;
	reopen();
}

static void
teardown(void)
{
	static const char *const names[] = { "data.mdb", "base.0", "base.1", "key",
		"data.mdb.damaged", "base.0.damaged", "base.1.damaged", "key.damaged" };
	char path[64];

	suppression_close(list);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void
add(const char *scope, const char *address, enum suppression_reason reason, uint64_t expires_s)
{
	struct suppression_entry e = { .reason = reason, .time_s = 10, .expires_s = expires_s };

	strcpy(e.event, event_id);
	ck_assert_int_eq(suppression_name(&e, span_str(scope), span_str(address), &err), 0);
	ck_assert_msg(suppression_add(list, &e, &err) == 0, "%s", err.text);
}

static int
rm(const char *scope, const char *address)
{
	struct suppression_entry e;

	ck_assert_int_eq(suppression_name(&e, span_str(scope), span_str(address), &err), 0);
	return suppression_rm(list, &e, &err);
}

static int
why(const char *scope, const char *address, struct suppression_entry *e)
{
	return suppression_why(list, span_str(scope), span_str(address), 100, e, &err);
}

static void
merge(uint64_t now_s)
{
	int r;

	suppression_merge_want(list);
	do
		r = suppression_merge_step(list, now_s, &err);
	while (r == 0);
	ck_assert_msg(r == 1, "%s", err.text);
}

static bool
count_one(void *arg, const struct suppression_entry *e)
{
	(void)e;
	++*(unsigned *)arg;
	return true;
}

static unsigned
count(void)
{
	unsigned n = 0;

	ck_assert_int_eq(suppression_list(list, NULL, count_one, &n, &err), 0);
	return n;
}

START_TEST(any_spelling)
{
	struct suppression_entry e;

	add("shop", "Joe@Example.ORG", SUPPRESSED_HARD_BOUNCE, 0);
	ck_assert_int_eq(why("shop", "joe@example.org", &e), 1);
	ck_assert_str_eq(e.address, "joe@example.org");
	ck_assert_str_eq(e.event, event_id);
	ck_assert_int_eq(e.reason, SUPPRESSED_HARD_BOUNCE);
	ck_assert_int_eq(why("shop", "<JOE@EXAMPLE.ORG>", &e), 1);
	ck_assert_int_eq(why("other", "joe@example.org", &e), 0);
	ck_assert_int_eq(why("shop", "joe@example.com", &e), 0);
	ck_assert_int_eq(why("shop", "no address", &e), -1);
}
END_TEST

static const struct {
	const char *added, *asked, *kept;
} same[] = {
	{ "\"joe\"@example.org", "Joe@EXAMPLE.org.", "joe@example.org" },
	{ "\"joe smith\"@example.org", "\"JOE\\ smith\"@example.org", "\"joe smith\"@example.org" },
	{ "joe@[IPv6:2001:DB8:0::1]", "joe@[IPv6:2001:db8::1]", "joe@[ipv6:2001:db8::1]" },
	{ "joe@B\303\274cher.example", "JOE@xn--bcher-kva.Example", "joe@xn--bcher-kva.example" },
	{ "joe@xn--bcher-kva.example", "joe@b\303\234cher.example", "joe@xn--bcher-kva.example" },
};

START_TEST(one_entry_in_all_spellings)
{
	struct suppression_entry e;

	add("shop", same[_i].added, SUPPRESSED_BY_HAND, 0);
	ck_assert_int_eq(why("shop", same[_i].asked, &e), 1);
	ck_assert_str_eq(e.address, same[_i].kept);
	ck_assert_int_eq(rm("shop", same[_i].asked), 1);
	ck_assert_int_eq(why("shop", same[_i].added, &e), 0);
}
END_TEST

START_TEST(no_domain_no_entry)
{
	struct suppression_entry e;

	ck_assert_int_eq(why("shop", "joe@\303\274\342\200\256.example", &e), -1);
	ck_assert_int_eq(why("shop", "joe@.", &e), -1);
	ck_assert_int_eq(why("shop", "joe@\377\376", &e), -1);
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
	ck_assert(!suppression_merge_due(list, 99));
	ck_assert(suppression_merge_due(list, 100));
	merge(100);
	ck_assert_uint_eq(count(), 1);
	ck_assert(!suppression_merge_due(list, 100));
	ck_assert(suppression_merge_due(list, 101));
}
END_TEST

START_TEST(bounce_does_not_replace_a_person)
{
	struct suppression_entry e;

	add("", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	add("", "a@example.org", SUPPRESSED_HARD_BOUNCE, 50);
	ck_assert_int_eq(why("", "a@example.org", &e), 1);
	ck_assert_int_eq(e.reason, SUPPRESSED_COMPLAINT);
	ck_assert_int_eq(rm("", "A@example.org"), 1);
	ck_assert_int_eq(rm("", "A@example.org"), 0);
}
END_TEST

static bool
count_to_two(void *arg, const struct suppression_entry *e)
{
	struct suppression_hash *last = arg;

	if (last->check == 1) {
		*last = e->hash;
		return false;
	}
	last->check++;
	return true;
}

START_TEST(list_goes_on_behind)
{
	struct suppression_hash second = { 0, 0 };
	unsigned n = 0;

	add("", "a@example.org", SUPPRESSED_IMPORTED, 0);
	add("", "b@example.org", SUPPRESSED_IMPORTED, 0);
	merge(0);
	add("", "c@example.org", SUPPRESSED_IMPORTED, 0);
	ck_assert_int_eq(suppression_list(list, NULL, count_to_two, &second, &err), 0);
	ck_assert_int_eq(suppression_list(list, &second, count_one, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(forgets_all_scopes)
{
	struct suppression_counts c = { .soft_days = 1, .last_day = 7 };
	struct suppression_entry e;

	add("", "a@example.org", SUPPRESSED_HARD_BOUNCE, 0);
	add("shop", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	merge(0);
	add("shop/news", "a@example.org", SUPPRESSED_UNSUBSCRIBED, 0);
	add("shop", "b@example.org", SUPPRESSED_COMPLAINT, 0);
	ck_assert_int_eq(suppression_counts_put(list, "shop", "a@example.org", &c, &err), 0);
	ck_assert_int_eq(suppression_forget(list, SPAN_LIT("A@Example.org"), NULL, NULL, &err), 3);
	ck_assert_int_eq(why("shop/news", "a@example.org", &e), 0);
	ck_assert_int_eq(why("shop", "b@example.org", &e), 1);
	ck_assert_int_eq(suppression_counts_get(list, "shop", "a@example.org", &c, &err), 0);
	ck_assert_uint_eq(c.soft_days, 0);
	merge(0);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

static bool
nameless_one(void *unused, const struct suppression_entry *e)
{
	(void)unused;
	ck_assert_str_eq(e->address, "");
	return true;
}

/* A merge was cut short; what came in meanwhile has to lose its address too. */
START_TEST(hashed_after_a_merge_cut_short)
{
	uint64_t count;
	add("shop", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	suppression_merge_want(list);
	ck_assert_int_eq(suppression_merge_step(list, 0, &err), 0);
	add("shop", "b@example.org", SUPPRESSED_COMPLAINT, 0);
	options.hashed = true;
	reopen();
	merge(0);
	ck_assert(suppression_merge_due(list, 0));
	merge(0);
	ck_assert(!suppression_merge_due(list, 0));
	close(suppression_hashes(list, &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(suppression_list(list, NULL, nameless_one, NULL, &err), 0);
}
END_TEST

START_TEST(hashed_keeps_no_address)
{
	struct suppression_entry e;

	add("shop", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	merge(0);
	options.hashed = true;
	reopen();
	ck_assert(suppression_merge_due(list, 0));
	merge(0);
	add("shop", "b@example.org", SUPPRESSED_COMPLAINT, 0);
	for (int i = 0; i < 2; i++) {
		struct suppression_hash from = { 0, 0 };

		ck_assert_int_eq(why("shop", i == 0 ? "a@example.org" : "b@example.org", &e), 1);
		ck_assert_str_eq(e.scope, "shop");
		ck_assert_str_eq(e.event, event_id);
		ck_assert_int_eq(suppression_list(list, &from, count_to_two, &from, &err), 0);
	}
	ck_assert_int_eq(rm("shop", "a@example.org"), 1);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(by_hash_as_exported)
{
	char shown[SUPPRESSION_HASH_CHARS + 1];
	struct suppression_entry e, nameless = { .scope = "" };

	options.hashed = true;
	reopen();
	add("shop", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	ck_assert_int_eq(why("shop", "a@example.org", &e), 1);
	nameless.hash = e.hash;
	ck_assert_int_eq(rm("shop", suppression_shown(&nameless, shown)), 1);
	ck_assert_int_eq(why("shop", "a@example.org", &e), 0);
	ck_assert_int_eq(suppression_name(&nameless, span_str("shop"), span_str(shown), &err), 0);
	ck_assert_int_eq(suppression_add(list, &nameless, &err), 0);
	ck_assert_int_eq(why("shop", "a@example.org", &e), 1);
}
END_TEST

/* What `forget` took away stands in the packed file until a merge goes well: one that fails is wanted still. */
START_TEST(a_merge_that_failed_is_wanted)
{
	suppression_merge_want(list);
	ck_assert_int_eq(suppression_merge_step(list, 0, &err), 0);
	suppression_merge_drop(list);
	ck_assert(suppression_merge_due(list, 0));
	merge(0);
	if (suppression_merge_due(list, 0))
		merge(0);
	ck_assert(!suppression_merge_due(list, 0));
}
END_TEST

/* Random changes, merges in the middle of them, starts in the middle of merges: the list is always what a plain table of the
 * same changes says. */
enum { NAMES = 300, SCOPES = 3 };

static struct {
	bool there;
	enum suppression_reason reason;
} model[NAMES][SCOPES];

static const char *const scopes[SCOPES] = { "", "shop", "shop/news" };

static void
change(unsigned name, unsigned scope)
{
	char address[32];

	snprintf(address, sizeof(address), "n%u@example.org", name);
	if (rand() % 3 > 0) {
		model[name][scope].there = true;
		model[name][scope].reason = rand() % 2 ? SUPPRESSED_IMPORTED : SUPPRESSED_BY_HAND;
		add(scopes[scope], address, model[name][scope].reason, 0);
		return;
	}
	ck_assert_int_eq(rm(scopes[scope], address), model[name][scope].there);
	model[name][scope].there = false;
}

static void
compare(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NAMES; i++)
		for (unsigned k = 0; k < SCOPES; k++) {
			struct suppression_entry e;
			char address[32];
			unsigned widest = 0;

			n += model[i][k].there;
			snprintf(address, sizeof(address), "n%u@example.org", i);
			while (widest <= k && !model[i][widest].there)
				widest++;
			ck_assert_int_eq(why(scopes[k], address, &e), widest <= k);
			if (widest <= k) {
				ck_assert_str_eq(e.scope, scopes[widest]);
				ck_assert_int_eq(e.reason, model[i][widest].reason);
			}
		}
	ck_assert_uint_eq(count(), n);
}

START_TEST(changes_and_merges)
{
	srand((unsigned)_i);
	memset(model, 0, sizeof(model));
	for (int round = 0; round < 12; round++) {
		ck_assert_int_eq(suppression_begin(list, &err), 0);
		for (int i = 0; i < 200; i++)
			change((unsigned)rand() % NAMES, (unsigned)rand() % SCOPES);
		ck_assert_int_eq(suppression_commit(list, &err), 0);
		if (rand() % 2)
			(void)suppression_merge_step(list, 0, &err);
		compare();
		if (rand() % 3 == 0)
			reopen();
		if (rand() % 3 == 0)
			merge(0);
		compare();
	}
}
END_TEST

START_TEST(damage_is_refused)
{
	char path[64];
	FILE *f;
	int c;

	add("", "a@example.org", SUPPRESSED_IMPORTED, 0);
	merge(0);
	suppression_close(list);
	list = NULL;
	snprintf(path, sizeof(path), "%s/base.0", folder);
	f = fopen(path, "r+");
	ck_assert_ptr_nonnull(f);
	fseek(f, 70, SEEK_SET);
	c = fgetc(f);
	fseek(f, 70, SEEK_SET);
	fputc(c ^ 1, f);
	fclose(f);
	ck_assert_ptr_null(suppression_open(folder, &options, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "checksum"));
	snprintf(path, sizeof(path), "%s/key", folder);
	unlink(path);
	ck_assert_ptr_null(suppression_open(folder, &options, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "key"));
}
END_TEST

START_TEST(packed_and_back)
{
	uint8_t bytes[SUPPRESSION_PACKED_MAX];
	struct suppression_packed p = { .reason = SUPPRESSED_COMPLAINT,
		.time_s = 0x01020304,
		.expires_s = _i & 1 ? 7 : 0,
		.scope = _i & 2 ? 0x010203 : 0,
		.has_event = (_i & 4) != 0,
		.address = _i & 8 ? SPAN_LIT("a@b.example") : span_of(NULL, 0) };
	struct suppression_packed q;
	size_t n = suppression_pack(&p, bytes);

	ck_assert_uint_eq(suppression_unpack(&q, span_of(bytes, n)), n);
	ck_assert(q.reason == p.reason && q.time_s == p.time_s && q.expires_s == p.expires_s &&
		  q.scope == p.scope && q.has_event == p.has_event &&
		  span_eq(q.address, p.address));
	while (n-- > 0)
		ck_assert_uint_eq(suppression_unpack(&q, span_of(bytes, n)), 0);
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
	reopen();
	ck_assert_int_eq(why("", "a@example.org", &e), 1);
}
END_TEST

START_TEST(scopes_of_an_address_stand_together)
{
	const struct siphash_key key = { 1, 2 };
	struct suppression_hash a = suppression_hash_of(&key, "", "a@b.example"),
				s = suppression_hash_of(&key, "shop", "a@b.example"),
				b = suppression_hash_of(&key, "shop", "b@b.example");

	ck_assert(suppression_same_person(a, s) && !suppression_same_person(a, b));
	ck_assert_uint_eq(a.published & SUPPRESSION_PERSON, s.published & SUPPRESSION_PERSON);
	ck_assert_int_ne(suppression_hash_cmp(a, s), 0);
}
END_TEST

/* Each step of a merge is committed in a thread: what is read before its result is taken misses nothing. */
START_TEST(read_while_a_merge_is_committed)
{
	struct suppression_entry e;
	int r = 0;

	for (int round = 0; round < 2; round++) {
		add("shop", round == 0 ? "a@example.org" : "b@example.org", SUPPRESSED_COMPLAINT,
		    0);
		suppression_merge_want(list);
		do {
			if (!suppression_merge_waits(list)) {
				r = suppression_merge_some(list, 0, &err);
				continue;
			}
			ck_assert_int_eq(suppression_merge_hand(list, &err), 0);
			ck_assert_int_eq(why("shop", "a@example.org", &e), 1);
			suppression_merge_run(list);
			ck_assert_int_eq(why("shop", "a@example.org", &e), 1);
			ck_assert_uint_eq(count(), round == 0 ? 1 : 2);
			r = suppression_merge_end(list, &err);
			ck_assert_uint_eq(count(), round == 0 ? 1 : 2);
		} while (r == 0);
		ck_assert_msg(r == 1, "%s", err.text);
	}
}
END_TEST

/* Killed between what was set aside and the new one's own word, it is not taken for a list that never was. */
START_TEST(beginning_anew_cut_short)
{
	char path[64];
	bool lost;
	FILE *f;

	add("shop", "a@example.org", SUPPRESSED_COMPLAINT, 0);
	suppression_close(list);
	snprintf(path, sizeof(path), "%s/lost", folder);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	fputs("it was bad", f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	ck_assert_int_eq(unlink(path), 0);
	list = suppression_begin_or_open(folder, &options, &lost, &err);
	ck_assert_msg(list != NULL, "%s", err.text);
	ck_assert(lost);
	ck_assert_str_eq(suppression_lost(list), "it was bad");
	suppression_close(list);
	list = suppression_begin_or_open(folder, &options, &lost, &err);
	ck_assert_ptr_nonnull(list);
	ck_assert(!lost);
	ck_assert_str_eq(suppression_lost(list), "it was bad");
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
	tcase_add_loop_test(
	    t, one_entry_in_all_spellings, 0, (int)(sizeof(same) / sizeof(same[0])));
	tcase_add_test(t, no_domain_no_entry);
	tcase_add_test(t, wider_scopes_hold);
	tcase_add_test(t, expired_is_absent);
	tcase_add_test(t, bounce_does_not_replace_a_person);
	tcase_add_test(t, list_goes_on_behind);
	tcase_add_test(t, many_in_one_transaction);
	tcase_add_test(t, scopes_of_an_address_stand_together);
	tcase_add_test(t, forgets_all_scopes);
	tcase_add_test(t, hashed_keeps_no_address);
	tcase_add_test(t, hashed_after_a_merge_cut_short);
	tcase_add_test(t, a_merge_that_failed_is_wanted);
	tcase_add_test(t, by_hash_as_exported);
	tcase_add_test(t, damage_is_refused);
	tcase_add_test(t, read_while_a_merge_is_committed);
	tcase_add_test(t, beginning_anew_cut_short);
	tcase_add_loop_test(t, changes_and_merges, 0, 5);
	tcase_add_loop_test(t, packed_and_back, 0, 16);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
