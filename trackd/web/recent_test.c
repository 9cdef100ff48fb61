#include "recent.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct recent *recent;
static struct recent_revised revised[RECENT_VISITS];
static const struct judgement person = { .machine = MACHINE_NO, .rule = JUDGEMENT_NO_RULE };
static const struct judgement burst = {
	.machine = MACHINE_YES, .rule = 7, .reason = "burst", .back_ms = 60000, .span_ms = 3000
};

static struct recent_key
key(unsigned message, const char *client, const char *agent, const char *link)
{
	struct recent_key k = {
		.client = span_str(client), .agent = span_str(agent), .link = span_str(link)
	};

	memcpy(k.message.b, &message, sizeof(message));
	return k;
}

static unsigned
note(struct recent_key k, uint64_t at_ms, const struct judgement *j, uint8_t event)
{
	struct id id = { .b = { event } };

	return recent_note(
	    recent, &k, at_ms, k.link.n == 0 ? VISIT_OPEN : VISIT_CLICK, j, id, revised);
}

static struct visit_past
past(struct recent_key k, uint64_t at_ms)
{
	struct visit_past p;

	recent_past(recent, &k, at_ms, &p);
	return p;
}

static void
setup(void)
{
	recent = recent_new();
}

static void
teardown(void)
{
	recent_free(recent);
}

START_TEST(other_links_are_counted_once)
{
	struct visit_past p;

	note(key(1, "192.0.2.1", "x", "/a"), 1000, &person, 1);
	note(key(1, "192.0.2.1", "x", ""), 1500, &person, 2);
	note(key(1, "198.51.100.1", "y", "/b"), 2000, &person, 3);
	note(key(1, "192.0.2.1", "x", "/a"), 3000, &person, 4);
	p = past(key(1, "192.0.2.1", "x", "/c"), 4000);
	ck_assert_uint_eq(p.links_n, 2);
	ck_assert_uint_eq(p.links_ms[0], 1000); /* /a, its last visit */
	ck_assert_uint_eq(p.links_ms[1], 2000);
	ck_assert_uint_eq(past(key(1, "192.0.2.1", "x", "/a"), 4000).links_n, 1);
	ck_assert_uint_eq(past(key(2, "192.0.2.1", "x", "/c"), 4000).links_n, 0);
	ck_assert_uint_eq(past(key(1, "192.0.2.1", "x", "/c"), 4000 + RECENT_MS).links_n, 0);
}
END_TEST

START_TEST(earlier_visits_are_revised_once)
{
	note(key(1, "192.0.2.1", "x", ""), 1000, &person, 1);          /* its own, long before */
	note(key(1, "203.0.113.9", "person", "/a"), 2000, &person, 2); /* another's, too far back */
	note(key(1, "198.51.100.1", "y", "/b"), 29000, &person, 3); /* another's, within the span */
	ck_assert_uint_eq(note(key(1, "192.0.2.77", "x", "/c"), 30000, &burst, 4), 2);
	ck_assert_uint_eq(revised[0].event.b[0], 3);
	ck_assert_uint_eq(revised[1].event.b[0], 1);
	ck_assert_int_eq(revised[1].kind, VISIT_OPEN);
	ck_assert_int_eq(revised[1].was, MACHINE_NO);
	ck_assert_uint_eq(note(key(1, "192.0.2.1", "x", "/d"), 31000, &burst, 5), 0);
}
END_TEST

START_TEST(a_visitor_is_known_again)
{
	struct visit_past p;

	note(key(1, "192.0.2.1", "x", "/a"), 1000, &burst, 1);
	p = past(key(1, "192.0.2.200", "x", "/a"), 2500);
	ck_assert_uint_eq(p.rules_n, 1);
	ck_assert_uint_eq(p.rules[0].rule, 7);
	ck_assert_uint_eq(p.rules[0].ago_ms, 1500);
	ck_assert_uint_eq(past(key(1, "192.0.2.1", "another", "/a"), 2500).rules_n, 0);
	ck_assert_uint_eq(past(key(1, "192.0.3.1", "x", "/a"), 2500).rules_n, 0);
}
END_TEST

/* More messages and more visits than there is room for: the oldest go, nothing breaks. */
START_TEST(memory_is_bounded)
{
	for (unsigned i = 0; i < 3 * RECENT_MESSAGES; i++)
		note(key(i, "192.0.2.1", "x", "/a"), 1000 + i, &person, 1);
	for (unsigned i = 0; i < 100; i++) {
		char link[16];

		snprintf(link, sizeof(link), "/%u", i);
		note(key(5, "192.0.2.1", "x", link), 200000 + i, &person, (uint8_t)i);
	}
	ck_assert_uint_eq(past(key(5, "192.0.2.1", "x", "/z"), 300000).links_n, RECENT_VISITS);
	ck_assert_uint_le(note(key(5, "192.0.2.1", "x", "/y"), 200200, &burst, 1), RECENT_VISITS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("recent");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, other_links_are_counted_once);
	tcase_add_test(t, earlier_visits_are_revised_once);
	tcase_add_test(t, a_visitor_is_known_again);
	tcase_add_test(t, memory_is_bounded);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
