#include "networks.h"

#include <check.h>

static struct arena *arena;
static struct networks *networks;

static void
add(const char *text, unsigned bits, size_t owner)
{
	struct ip ip;

	ck_assert_int_eq(ip_read(span_str(text), &ip), 0);
	networks_add(networks, &ip, bits, owner);
}

static size_t
owner_of(const char *text)
{
	struct ip ip;

	ck_assert_int_eq(ip_read(span_str(text), &ip), 0);
	return networks_owner(networks, &ip);
}

START_TEST(the_first_tenant_that_has_the_address)
{
	add("10.1.0.0", 16, 7);
	add("10.1.2.0", 24, 9);
	add("10.0.0.0", 8, 8);
	add("10.1.2.0", 24, 3);
	add("2001:db8::", 32, 5);
	add("2001:db8:0:1::", 64, 6);
	add("192.0.2.5", 32, 1);
	networks_ready(networks);
	ck_assert_uint_eq(owner_of("10.1.2.3"), 3);
	ck_assert_uint_eq(owner_of("10.1.3.3"), 7);
	ck_assert_uint_eq(owner_of("10.200.0.1"), 8);
	ck_assert_uint_eq(owner_of("192.0.2.5"), 1);
	ck_assert_uint_eq(owner_of("192.0.2.6"), SIZE_MAX);
	ck_assert_uint_eq(owner_of("2001:db8:0:1::1"), 5);
	ck_assert_uint_eq(owner_of("2001:db9::1"), SIZE_MAX);
}
END_TEST

START_TEST(everybody)
{
	add("0.0.0.0", 0, 2);
	add("10.0.0.0", 8, 4);
	networks_ready(networks);
	ck_assert_uint_eq(owner_of("10.0.0.1"), 2);
	ck_assert_uint_eq(owner_of("::1"), SIZE_MAX);
}
END_TEST

START_TEST(none)
{
	networks_ready(networks);
	ck_assert_uint_eq(owner_of("10.0.0.1"), SIZE_MAX);
}
END_TEST

static void
begin(void)
{
	arena = arena_new(0);
	networks = networks_new(arena, 16);
}

static void
end(void)
{
	arena_free(arena);
}

int
main(void)
{
	Suite *suite = suite_create("networks");
	TCase *t = tcase_create("networks");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, the_first_tenant_that_has_the_address);
	tcase_add_test(t, everybody);
	tcase_add_test(t, none);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
