#include "plain_hosts.h"

#include <check.h>
#include <stdio.h>

#define MX SPAN_LIT("192.0.2.1")

START_TEST(for_a_while)
{
	struct plain_hosts *p = plain_hosts_new();

	ck_assert(!plain_hosts_has(p, MX, 25, 5));
	plain_hosts_put(p, MX, 25, 5);
	ck_assert(plain_hosts_has(p, MX, 25, 5));
	ck_assert(!plain_hosts_has(p, MX, 26, 5));
	ck_assert(!plain_hosts_has(p, SPAN_LIT("192.0.2.12"), 5, 5));
	ck_assert(plain_hosts_has(p, MX, 25, 4 + PLAIN_HOSTS_MS));
	ck_assert(!plain_hosts_has(p, MX, 25, 5 + PLAIN_HOSTS_MS));
	plain_hosts_free(p);
}
END_TEST

START_TEST(use_makes_it_no_longer)
{
	struct plain_hosts *p = plain_hosts_new();

	plain_hosts_put(p, MX, 25, 0);
	plain_hosts_put(p, MX, 25, PLAIN_HOSTS_MS / 2);
	ck_assert(!plain_hosts_has(p, MX, 25, PLAIN_HOSTS_MS));
	plain_hosts_free(p);
}
END_TEST

START_TEST(the_oldest_goes)
{
	struct plain_hosts *p = plain_hosts_new();
	char address[32];

	plain_hosts_put(p, MX, 25, 0);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(address, sizeof(address), "2001:db8::%x", i);
		plain_hosts_put(p, span_str(address), 25, 1);
	}
	ck_assert(!plain_hosts_has(p, MX, 25, 1));
	ck_assert(plain_hosts_has(p, SPAN_LIT("2001:db8::270f"), 25, 1));
	plain_hosts_free(p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("plain_hosts");
	TCase *t = tcase_create("plain_hosts");
	SRunner *r;
	int bad;

	tcase_add_test(t, for_a_while);
	tcase_add_test(t, use_makes_it_no_longer);
	tcase_add_test(t, the_oldest_goes);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
