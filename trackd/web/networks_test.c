#include "networks.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const struct networks_limits limits = {
	.connections = 3, .rate = { 10, 1 }, .burst = 20, .bits_4 = 24, .bits_6 = 64
};

static struct ip
address(const char *text)
{
	struct ip a;

	ck_assert(ip_read(span_str(text), &a) == 0);
	return a;
}

static unsigned
asked(struct networks *n, const char *text, unsigned times, uint64_t now_ms)
{
	struct ip a = address(text);
	unsigned yes = 0;

	for (unsigned i = 0; i < times; i++)
		yes += networks_asked(n, &a, now_ms);
	return yes;
}

START_TEST(a_burst_then_the_rate)
{
	struct networks *n = networks_new(&limits);

	ck_assert_uint_eq(asked(n, "192.0.2.1", 100, 1000), 20);
	ck_assert_uint_eq(asked(n, "192.0.2.200", 100, 1000), 0); /* the same /24 */
	ck_assert_uint_eq(asked(n, "192.0.3.1", 5, 1000), 5);
	ck_assert_uint_eq(asked(n, "192.0.2.1", 100, 1500), 5);
	ck_assert_uint_eq(asked(n, "192.0.2.1", 100, 100000), 20);
	networks_free(n);
}
END_TEST

START_TEST(ipv6_by_64_bits)
{
	struct networks *n = networks_new(&limits);

	ck_assert_uint_eq(asked(n, "2001:db8:0:1::1", 100, 1000), 20);
	ck_assert_uint_eq(asked(n, "2001:db8:0:1:ffff::2", 100, 1000), 0);
	ck_assert_uint_eq(asked(n, "2001:db8:0:2::1", 100, 1000), 20);
	networks_free(n);
}
END_TEST

START_TEST(connections_are_given_back)
{
	struct networks *n = networks_new(&limits);
	struct ip a = address("192.0.2.1"), b = address("192.0.2.9");
	int slot[4];

	for (unsigned i = 0; i < 3; i++)
		ck_assert(networks_came(n, i == 0 ? &a : &b, 0, &slot[i]));
	ck_assert(!networks_came(n, &a, 0, &slot[3]));
	ck_assert_int_eq(slot[3], -1);
	networks_left(n, slot[0]);
	networks_left(n, -1);
	ck_assert(networks_came(n, &a, 0, &slot[0]));
	networks_free(n);
}
END_TEST

START_TEST(no_limits)
{
	struct networks_limits none = { .bits_4 = 24, .bits_6 = 64, .rate = { 0, 1 } };
	struct networks *n = networks_new(&none);
	struct ip a = address("192.0.2.1");
	int slot;

	for (unsigned i = 0; i < 1000; i++)
		ck_assert(networks_came(n, &a, 0, &slot) && networks_asked(n, &a, 0));
	networks_free(n);
}
END_TEST

/* A million networks find a place; those with connections keep theirs. */
START_TEST(table_stays_bounded)
{
	struct networks *n = networks_new(&limits);
	struct ip kept = address("198.51.100.1");
	char text[32];
	int slot[3], none;

	for (unsigned i = 0; i < 3; i++)
		ck_assert(networks_came(n, &kept, 0, &slot[i]));
	for (unsigned i = 0; i < 1000000; i++) {
		snprintf(text, sizeof(text), "%u.%u.%u.1", 10 + (i >> 16), i >> 8 & 255, i & 255);
		ck_assert_uint_eq(asked(n, text, 1, 1000 + i), 1);
	}
	ck_assert(!networks_came(n, &kept, 2000000, &none));
	networks_free(n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("networks");
	TCase *t = tcase_create("networks");
	SRunner *r;
	int failed;

	tcase_add_test(t, a_burst_then_the_rate);
	tcase_add_test(t, ipv6_by_64_bits);
	tcase_add_test(t, connections_are_given_back);
	tcase_add_test(t, no_limits);
	tcase_add_test(t, table_stays_bounded);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
