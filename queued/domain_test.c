/* What is kept of domains, their sites, hosts and lanes: how much it takes, and that it goes. */
#include "alone_test.h"
#include "domain.h"
#include "envelope.h"
#include "lane.h"
#include "loop.h"
#include "message.h"

#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 200000, LANES_MANY = 10000, HOUR_S = 3600 };

/* Linked with --wrap=loop_now_ms: hours pass at once. */
static uint64_t ahead_ms;
uint64_t __real_loop_now_ms(void);
uint64_t __wrap_loop_now_ms(void);

uint64_t
__wrap_loop_now_ms(void)
{
	return __real_loop_now_ms() + ahead_ms;
}

static void
hours(unsigned n)
{
	ahead_ms += (uint64_t)n * HOUR_S * 1000;
	schedule_run(&queued.schedule, loop_now_ms());
	turns(2);
}

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Somebody writes to it, and resolve answers. Where: the host's number, of as many domains as share it. */
static uint64_t asked;

static struct domain_answer
found(unsigned number, unsigned host)
{
	char address[80], domain[64], name[64], ip[32];
	struct recipient to = { .mark = MARK_OPEN };
	struct envelope e = { .tenant = SPAN_LIT("first"), .rcpts_n = 1, .rcpts = &to };
	struct message m = { .envelope = &e };
	struct delivery d = { .message = &m, .state = DELIVERY_NEW };
	struct domain_answer a;

	snprintf(domain, sizeof(domain), "domain-%06u.test", number);
	snprintf(address, sizeof(address), "user@%s", domain);
	snprintf(name, sizeof(name), "mx.host-%06u.test", host);
	snprintf(ip, sizeof(ip), "10.%u.%u.%u", host >> 16, host >> 8 & 255, host & 255);
	to.address = span_str(address);
	ck_assert_int_eq(domain_of(queued.domains, &d, &a), DOMAIN_ASKED);
	domain_unwait(&d);
	asked++;
	domains_host(queued.domains,
	    &(struct resolve_host){
		.ask = asked, .preference = 10, .name = span_str(name), .address = span_str(ip) });
	domains_answer(queued.domains, &(struct resolve_answer){ .ask = asked,
					   .status = RESOLVE_OK,
					   .ttl_s = 86400,
					   .site = span_str(strchr(name, '.') + 1) });
	ck_assert_int_eq(domain_of(queued.domains, &d, &a), DOMAIN_FOUND);
	return a;
}

static size_t
all_bytes(unsigned share)
{
	size_t before = in_use();

	for (unsigned i = 0; i < MANY; i++)
		(void)found(i, i / share);
	return in_use() - before;
}

START_TEST(two_hundred_thousand_domains_fit)
{
	size_t bytes = all_bytes(_i == 0 ? 40 : 1);

	printf("%s: %zu domains kept of %d in %zu KB, %zu bytes each\n",
	    _i == 0 ? "40 domains a host" : "a host each", domains_n(queued.domains), MANY,
	    bytes >> 10, bytes / domains_n(queued.domains));
	ck_assert_uint_le(bytes, 40 << 20);
	ck_assert_uint_ge(domains_n(queued.domains), _i == 0 ? MANY : MANY / 3);
	hours(2);
	for (unsigned i = 0; i < 100 && domains_n(queued.domains) > 0; i++)
		turns(5);
	hours(2);
	for (unsigned i = 0; i < 400 && domains_n(queued.domains) > 0; i++)
		turns(5);
	ck_assert_uint_eq(domains_n(queued.domains), 0);
	ck_assert_uint_eq(domains_sets(queued.domains)->n, 0);
	ck_assert_uint_eq(sites_bytes(queued.sites), 0);
}
END_TEST

static struct lane *
lane_to(unsigned number)
{
	struct domain_answer a = found(number, number);

	return lane_of(queued.lanes, &queued.conf->sources[0], a.site);
}

START_TEST(lanes_without_mail_go)
{
	unsigned most = 0;

	for (unsigned i = 0; i < 3 * LANES_MANY; i++)
		(void)lane_to(i);
	ahead_ms += 2000;
	for (unsigned i = 0; i < 3000 && lanes_n(queued.lanes) > LANES_MANY; i++)
		turns(1);
	ck_assert_uint_le(lanes_n(queued.lanes), LANES_MANY);
	for (most = 0; most < 1000 && lanes_n(queued.lanes) > 0; most++)
		hours(2);
	ck_assert_uint_eq(lanes_n(queued.lanes), 0);
}
END_TEST

START_TEST(what_was_learned_stays_for_a_day)
{
	struct lane *slowed = lane_to(1), *banned = lane_to(2), *plain = lane_to(3);

	lane_slow(slowed, SPAN_LIT("450 4.7.1 too fast"));
	lane_suspend_tenant(banned, SPAN_LIT("first"), 0, SPAN_LIT("550 5.7.1 spam"));
	(void)plain;
	ck_assert_uint_eq(lanes_n(queued.lanes), 3);
	hours(2);
	ck_assert_uint_eq(lanes_n(queued.lanes), 2);
	hours(20);
	ck_assert_uint_eq(lanes_n(queued.lanes), 2);
	hours(20);
	ck_assert_uint_eq(lanes_n(queued.lanes), 0);
}
END_TEST

START_TEST(a_lane_with_mail_stays)
{
	struct delivery *d = delivery_new("u@good.test", false);

	turns(5);
	ck_assert_ptr_nonnull(d->lane);
	hours(2);
	hours(2);
	ck_assert_uint_eq(lanes_n(queued.lanes), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("domains");
	TCase *c = tcase_create("kept");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, queued_make, tidy);
	tcase_add_loop_test(c, two_hundred_thousand_domains_fit, 0, 2);
	tcase_add_test(c, lanes_without_mail_go);
	tcase_add_test(c, what_was_learned_stays_for_a_day);
	tcase_add_test(c, a_lane_with_mail_stays);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
