#include "host_set.h"

#include <check.h>

static const struct host_terms plain = { .tls = TLS_OPPORTUNISTIC };

static struct host
host(const char *name, const char *address, uint16_t port, uint16_t rank)
{
	return (struct host){ span_str(name), span_str(address), port, rank };
}

START_TEST(equal_sets_are_one)
{
	struct table sets = { 0 };
	struct host a[2] = { host("a", "192.0.2.1", 25, 0), host("b", "192.0.2.2", 25, 0) };
	struct host b[2] = { a[1], a[0] };
	struct host_set *x = host_set_get(&sets, &plain, a, 2),
			*y = host_set_get(&sets, &plain, b, 2);

	ck_assert_ptr_eq(x, y);
	ck_assert_uint_eq(x->refs, 2);
	host_set_drop(&sets, x);
	host_set_drop(&sets, y);
	ck_assert_uint_eq(sets.n, 0);
	table_free(&sets);
}
END_TEST

static const struct {
	const char *rule;
	struct host host;
	struct host_terms terms;
} others[] = {
	{ "another name at the same address", { SPAN_LIT("b"), SPAN_LIT("192.0.2.1"), 25, 0 },
	    { .tls = TLS_OPPORTUNISTIC } },
	{ "the same name at another address", { SPAN_LIT("a"), SPAN_LIT("192.0.2.2"), 25, 0 },
	    { .tls = TLS_OPPORTUNISTIC } },
	{ "another port", { SPAN_LIT("a"), SPAN_LIT("192.0.2.1"), 26, 0 },
	    { .tls = TLS_OPPORTUNISTIC } },
	{ "TLS verified", { SPAN_LIT("a"), SPAN_LIT("192.0.2.1"), 25, 0 },
	    { .tls = TLS_VERIFIED } },
	{ "TLS from the first byte", { SPAN_LIT("a"), SPAN_LIT("192.0.2.1"), 25, 0 },
	    { .tls = TLS_OPPORTUNISTIC, .implicit_tls = true } },
	{ "another login", { SPAN_LIT("a"), SPAN_LIT("192.0.2.1"), 25, 0 },
	    { .tls = TLS_OPPORTUNISTIC, .login = SPAN_LIT("us"), .password = SPAN_LIT("x") } },
	{ "another password", { SPAN_LIT("a"), SPAN_LIT("192.0.2.1"), 25, 0 },
	    { .tls = TLS_OPPORTUNISTIC, .password = SPAN_LIT("y") } },
};

START_TEST(what_differs_is_another_and_shares_no_connection)
{
	struct table sets = { 0 };
	struct host first = host("a", "192.0.2.1", 25, 0), other = others[_i].host;
	struct host_set *x = host_set_get(&sets, &plain, &first, 1);
	struct host_set *y = host_set_get(&sets, &others[_i].terms, &other, 1);

	ck_assert_msg(x != y, "%s", others[_i].rule);
	ck_assert_msg(!host_set_takes(y, &x->hosts[0], &x->terms), "%s", others[_i].rule);
	ck_assert(host_set_takes(x, &x->hosts[0], &x->terms));
	host_set_drop(&sets, x);
	host_set_drop(&sets, y);
	table_free(&sets);
}
END_TEST

START_TEST(only_the_best_share)
{
	struct table sets = { 0 };
	struct host one[1] = { host("b", "192.0.2.2", 25, 0) };
	struct host two[2] = { host("a", "192.0.2.1", 25, 0), host("b", "192.0.2.2", 25, 1) };
	struct host_set *x = host_set_get(&sets, &plain, one, 1),
			*y = host_set_get(&sets, &plain, two, 2);

	ck_assert(!host_set_takes(y, &x->hosts[0], &x->terms));
	ck_assert_ptr_nonnull(host_set_find(y, SPAN_LIT("b"), SPAN_LIT("192.0.2.2"), 25));
	host_set_drop(&sets, x);
	host_set_drop(&sets, y);
	table_free(&sets);
}
END_TEST

static uint32_t seed;

static uint32_t
counted(uint32_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

START_TEST(order_of_a_connection)
{
	struct table sets = { 0 };
	struct host h[5] = { host("b", "2001:db8::1", 25, 0), host("b", "192.0.2.2", 25, 0),
		host("a", "192.0.2.1", 25, 0), host("a", "2001:db8::2", 25, 0),
		host("z", "192.0.2.9", 25, 1) };
	struct host_set *s = host_set_get(&sets, &plain, h, 5);
	const struct host *order[DELIVER_HOSTS_MAX];
	unsigned a_first = 0;

	for (unsigned i = 0; i < 100; i++) {
		host_set_order(s, counted, order);
		a_first += span_is(order[0]->name, "a");
		ck_assert(span_is(order[4]->name, "z"));
		for (unsigned k = 0; k < 4; k += 2) {
			ck_assert(span_eq(order[k]->name, order[k + 1]->name));
			ck_assert_int_lt(span_find(order[k]->address, ':'), 0);
		}
	}
	ck_assert_uint_ge(a_first, 20);
	ck_assert_uint_le(a_first, 80);
	host_set_drop(&sets, s);
	table_free(&sets);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("host_set");
	TCase *t = tcase_create("host_set");
	SRunner *r;
	int bad;

	tcase_add_test(t, equal_sets_are_one);
	tcase_add_loop_test(t, what_differs_is_another_and_shares_no_connection, 0,
	    sizeof(others) / sizeof(others[0]));
	tcase_add_test(t, only_the_best_share);
	tcase_add_test(t, order_of_a_connection);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	bad = srunner_ntests_failed(r);
	srunner_free(r);
	return bad != 0;
}
