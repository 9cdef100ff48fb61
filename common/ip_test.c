#include "ip.h"

#include <check.h>

static const struct {
	const char *text;
	int family; /* -1: it is no address */
} texts[] = {
	{ "192.0.2.1", AF_INET },
	{ "2001:db8::1", AF_INET6 },
	{ "::ffff:192.0.2.1", AF_INET6 },
	{ "", -1 },
	{ "192.0.2", -1 },
	{ "192.0.2.1 ", -1 },
	{ "[2001:db8::1]", -1 },
	{ "2001:db8::1%eth0", -1 },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", -1 },
};

START_TEST(reads)
{
	char text[IP_TEXT];
	struct ip ip;

	ck_assert_int_eq(ip_read(span_str(texts[_i].text), &ip), texts[_i].family == -1 ? -1 : 0);
	if (texts[_i].family == -1)
		return;
	ck_assert_int_eq(ip.family, texts[_i].family);
	ip_text(&ip, text);
	ck_assert_str_eq(text, texts[_i].text);
}
END_TEST

START_TEST(no_zero_byte_ends_one)
{
	struct ip ip;

	ck_assert_int_eq(ip_read(SPAN_LIT("192.0.2.1\0.9"), &ip), -1);
}
END_TEST

START_TEST(literals)
{
	struct ip a;

	ck_assert_int_eq(ip_literal(SPAN_LIT("[192.0.2.1]"), &a), 0);
	ck_assert_int_eq(ip_literal(SPAN_LIT("[IPv6:2001:db8::1]"), &a), 0);
	ck_assert_int_eq(ip_literal(SPAN_LIT("[2001:db8::1]"), &a), -1);
	ck_assert_int_eq(ip_literal(SPAN_LIT("[IPv6:192.0.2.1]"), &a), -1);
	ck_assert_int_eq(ip_literal(SPAN_LIT("192.0.2.1"), &a), -1);
	ck_assert_int_eq(ip_literal(SPAN_LIT("[]"), &a), -1);
	ck_assert_int_eq(ip_literal(SPAN_LIT("[192.0.2.1"), &a), -1);
}
END_TEST

START_TEST(through_a_socket_address)
{
	static const char *const both[] = { "192.0.2.1", "2001:db8::1" };
	struct sockaddr_storage there;
	struct ip ip, back;

	ck_assert_int_eq(ip_read(span_str(both[_i]), &ip), 0);
	ck_assert_uint_eq(ip_socket(&ip, 25, &there),
	    _i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	ip_of((struct sockaddr *)&there, &back);
	ck_assert(ip_same(&ip, &back));
}
END_TEST

START_TEST(of_another_family)
{
	struct sockaddr here = { .sa_family = AF_UNIX };
	char text[IP_TEXT] = "x";
	struct ip ip;

	ip_of(&here, &ip);
	ck_assert_int_eq(ip.family, AF_UNIX);
	ip_text(&ip, text);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(mapped_is_v4)
{
	struct ip mapped, plain;

	ck_assert_int_eq(ip_read(SPAN_LIT("::ffff:192.0.2.1"), &mapped), 0);
	ck_assert_int_eq(ip_read(SPAN_LIT("192.0.2.1"), &plain), 0);
	ck_assert(!ip_same(&mapped, &plain));
	ip_unmap(&mapped);
	ck_assert(ip_same(&mapped, &plain));
}
END_TEST

START_TEST(a_mapped_peer_is_v4)
{
	struct sockaddr_storage there;
	struct ip mapped, peer;

	ck_assert_int_eq(ip_read(SPAN_LIT("::ffff:192.0.2.1"), &mapped), 0);
	ip_socket(&mapped, 25, &there);
	ck_assert_int_eq(there.ss_family, AF_INET6);
	ip_of_peer((struct sockaddr *)&there, &peer);
	ip_unmap(&mapped);
	ck_assert_int_eq(peer.family, AF_INET);
	ck_assert(ip_same(&mapped, &peer));
}
END_TEST

START_TEST(of_bytes)
{
	struct ip ip;

	ck_assert_int_eq(ip_of_bytes(SPAN_LIT("\x7f\0\0\1"), &ip), 0);
	ck_assert(!ip_is_public(&ip));
	ck_assert_int_eq(ip_of_bytes(SPAN_LIT("abcde"), &ip), -1);
	ck_assert_int_eq(ip_of_bytes(SPAN_LIT(""), &ip), -1);
	ck_assert_int_eq(ip_of_bytes(SPAN_LIT("0123456789abcdef"), &ip), 0);
	ck_assert_int_eq(ip.family, AF_INET6);
}
END_TEST

static const struct {
	const char *address;
	bool is_public;
} addresses[] = {
	{ "8.8.8.8", true },
	{ "192.0.2.1", true },
	{ "198.51.100.1", true },
	{ "172.15.255.255", true },
	{ "172.32.0.0", true },
	{ "100.63.0.1", true },
	{ "223.255.255.255", true },
	{ "2001:db8::1", true },
	{ "2a00::1", true },
	{ "::ffff:8.8.8.8", true },
	{ "64:ff9b::808:808", true },
	{ "2002:808:808::1", true },
	{ "0.0.0.0", false },
	{ "0.1.2.3", false },
	{ "10.0.0.1", false },
	{ "127.0.0.1", false },
	{ "127.255.0.1", false },
	{ "100.64.0.1", false },
	{ "169.254.1.1", false },
	{ "172.16.0.1", false },
	{ "172.31.255.255", false },
	{ "192.168.1.1", false },
	{ "224.0.0.1", false },
	{ "240.0.0.1", false },
	{ "255.255.255.255", false },
	{ "::", false },
	{ "::1", false },
	{ "fe80::1", false },
	{ "fc00::1", false },
	{ "fdff::1", false },
	{ "ff02::1", false },
	{ "fec0::1", false },
	{ "::ffff:127.0.0.1", false },
	{ "::10.0.0.1", false },
	{ "64:ff9b::7f00:1", false },
	{ "2002:a00:1::1", false },
	{ "64:ff9b:1::808:808", false },
	{ "64:ff9b:1:ffff::1", false },
	{ "64:ff9b:2::1", true },
	{ "::ffff:0:8.8.8.8", false },
	{ "::ffff:0:127.0.0.1", false },
	{ "100::1", false },
	{ "2001::1", false },
	{ "2001:1ff::1", false },
	{ "2001:200::1", true },
	{ "5f00::1", false },
	{ "192.0.0.8", false },
};

START_TEST(what_mail_may_go_to)
{
	struct ip a;

	ck_assert_int_eq(ip_read(span_str(addresses[_i].address), &a), 0);
	ck_assert_msg(ip_is_public(&a) == addresses[_i].is_public, "%s", addresses[_i].address);
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *suite = suite_create("ip");
	TCase *t = tcase_create("ip");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	LOOP(t, reads, texts);
	tcase_add_test(t, no_zero_byte_ends_one);
	tcase_add_test(t, literals);
	tcase_add_loop_test(t, through_a_socket_address, 0, 2);
	tcase_add_test(t, of_another_family);
	tcase_add_test(t, mapped_is_v4);
	tcase_add_test(t, a_mapped_peer_is_v4);
	tcase_add_test(t, of_bytes);
	LOOP(t, what_mail_may_go_to, addresses);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
