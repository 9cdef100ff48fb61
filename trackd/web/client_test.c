#include "client.h"
#include "buf.h"
#include "../trackd_conf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct conf_block *block;

static void
setup(void)
{
	static const char text[] = "hostname relay.example\ntracking {\n\tlisten "
				   "127.0.0.1:8080\n\turl https://t.example/\n"
				   "\ttrusted-proxy 10.0.0.0/8 2001:db8:aaaa::/48\n}\n";
	struct conf *conf = conf_read_text(&web_table, "t.conf", SPAN_LIT(text));

	ck_assert_msg(conf_errors(conf) == 0, "%.*s", SPAN(conf_messages(conf)));
	block = conf_first(conf_top(conf), "tracking");
}

static const struct {
	const char *name, *peer;
	enum client_field field;
	const char *forwarded, *x_forwarded, *client;
} cases[] = {
	{ "nobody between", "192.0.2.1", CLIENT_EITHER, "", "", "192.0.2.1" },
	{ "a stranger may claim nothing", "192.0.2.1", CLIENT_EITHER, "for=198.51.100.1",
	    "198.51.100.1", "192.0.2.1" },
	{ "a proxy names its client", "10.0.0.1", CLIENT_EITHER, "", "198.51.100.1",
	    "198.51.100.1" },
	{ "what the client wrote itself stands further left", "10.0.0.1", CLIENT_EITHER, "",
	    "203.0.113.9, 198.51.100.1", "198.51.100.1" },
	{ "two proxies", "10.0.0.1", CLIENT_EITHER, "", "198.51.100.1 , 10.9.9.9", "198.51.100.1" },
	{ "all of them proxies", "10.0.0.1", CLIENT_EITHER, "", "10.1.1.1,10.2.2.2", "10.1.1.1" },
	{ "with a port", "10.0.0.1", CLIENT_EITHER, "", "198.51.100.1:4711", "198.51.100.1" },
	{ "IPv6 bare", "10.0.0.1", CLIENT_EITHER, "", "2001:db8::1", "2001:db8::1" },
	{ "IPv6 with port", "10.0.0.1", CLIENT_EITHER, "", "[2001:db8::1]:443", "2001:db8::1" },
	{ "an IPv6 proxy", "2001:db8:aaaa::7", CLIENT_EITHER, "", "198.51.100.1", "198.51.100.1" },
	{ "mapped IPv4", "10.0.0.1", CLIENT_EITHER, "", "::ffff:198.51.100.1", "198.51.100.1" },
	{ "mapped IPv4 of a proxy", "10.0.0.1", CLIENT_EITHER, "", "198.51.100.1, ::ffff:10.3.3.3",
	    "198.51.100.1" },
	{ "no address", "10.0.0.1", CLIENT_EITHER, "", "nonsense", "10.0.0.1" },
	{ "no address behind a proxy", "10.0.0.1", CLIENT_EITHER, "", "x, 10.3.3.3", "10.3.3.3" },
	{ "empty element", "10.0.0.1", CLIENT_EITHER, "", "198.51.100.1, ", "10.0.0.1" },
	{ "Forwarded", "10.0.0.1", CLIENT_EITHER, "for=198.51.100.1", "", "198.51.100.1" },
	{ "Forwarded, more of it", "10.0.0.1", CLIENT_EITHER,
	    "proto=https;by=10.0.0.1;FOR=\"198.51.100.1:80\";host=t.example", "", "198.51.100.1" },
	{ "Forwarded, IPv6 in brackets", "10.0.0.1", CLIENT_EITHER,
	    "for=\"[2001:db8:cafe::17]:4711\"", "", "2001:db8:cafe::17" },
	{ "Forwarded, several", "10.0.0.1", CLIENT_EITHER,
	    "for=203.0.113.9, for=198.51.100.1, for=10.3.3.3", "", "198.51.100.1" },
	{ "Forwarded, a comma in quotes", "10.0.0.1", CLIENT_EITHER,
	    "for=198.51.100.1;host=\"a,for=203.0.113.9\"", "", "198.51.100.1" },
	{ "Forwarded, an escaped quote", "10.0.0.1", CLIENT_EITHER,
	    "for=198.51.100.1;host=\"a\\\",for=203.0.113.9\"", "", "198.51.100.1" },
	{ "Forwarded, a quote not closed", "10.0.0.1", CLIENT_EITHER,
	    "for=203.0.113.9, host=\"a, for=198.51.100.1", "", "198.51.100.1" },
	{ "Forwarded, a quote not closed at its end", "10.0.0.1", CLIENT_EITHER,
	    "for=203.0.113.9, for=\"198.51.100.1", "", "10.0.0.1" },
	{ "Forwarded, unknown", "10.0.0.1", CLIENT_EITHER, "for=203.0.113.9, for=unknown", "",
	    "10.0.0.1" },
	{ "Forwarded, a hidden name", "10.0.0.1", CLIENT_EITHER, "for=_hidden, for=10.3.3.3", "",
	    "10.3.3.3" },
	{ "Forwarded, an element without for", "10.0.0.1", CLIENT_EITHER,
	    "for=198.51.100.1, by=10.3.3.3", "", "10.0.0.1" },
	{ "Forwarded, brackets not closed", "10.0.0.1", CLIENT_EITHER, "for=\"[2001:db8::1\"", "",
	    "10.0.0.1" },
	{ "both: the one that clients do not get through", "10.0.0.1", CLIENT_EITHER,
	    "for=203.0.113.9", "198.51.100.1", "198.51.100.1" },
	{ "Forwarded alone counts", "10.0.0.1", CLIENT_FORWARDED, "for=198.51.100.1", "203.0.113.9",
	    "198.51.100.1" },
	{ "Forwarded alone, and missing", "10.0.0.1", CLIENT_FORWARDED, "", "203.0.113.9",
	    "10.0.0.1" },
	{ "X-Forwarded-For alone, and missing", "10.0.0.1", CLIENT_X_FORWARDED_FOR,
	    "for=203.0.113.9", "", "10.0.0.1" },
};

START_TEST(finds)
{
	struct client_fields f = { span_str(cases[_i].forwarded), span_str(cases[_i].x_forwarded) };
	struct ip peer, client;
	char text[INET6_ADDRSTRLEN];

	ck_assert(ip_read(span_str(cases[_i].peer), &peer) == 0);
	client_find(block, &peer, cases[_i].field, f, &client);
	ip_text(&client, text);
	ck_assert_msg(strcmp(text, cases[_i].client) == 0, "%s: %s", cases[_i].name, text);
}
END_TEST

/* No more than sixteen proxies in a row are believed, however long the list. */
START_TEST(long_list)
{
	struct client_fields f = { { NULL, 0 }, { NULL, 0 } };
	struct ip peer, client;
	char text[INET6_ADDRSTRLEN];
	struct buf list;

	buf_init(&list, 1 << 20);
	buf_str(&list, "198.51.100.1");
	for (unsigned i = 0; i < 50000; i++)
		buf_printf(&list, ",10.1.%u.%u", i >> 8 & 255, i & 255);
	f.x_forwarded_for = buf_all(&list);
	ck_assert(ip_read(SPAN_LIT("10.0.0.1"), &peer) == 0);
	client_find(block, &peer, CLIENT_EITHER, f, &client);
	ip_text(&client, text);
	ck_assert_str_eq(text, "10.1.195.64");
	buf_free(&list);
}
END_TEST

/* Behind a proxy at a Unix socket. */
START_TEST(unix_socket)
{
	struct client_fields f = { { NULL, 0 }, SPAN_LIT("198.51.100.1") };
	struct sockaddr unix_peer = { .sa_family = AF_UNIX };
	struct ip peer, client;
	char text[INET6_ADDRSTRLEN];

	client_peer(&unix_peer, &peer);
	client_find(block, &peer, CLIENT_EITHER, f, &client);
	ip_text(&client, text);
	ck_assert_str_eq(text, "198.51.100.1");
}
END_TEST

START_TEST(without_block)
{
	struct client_fields f = { SPAN_LIT("for=198.51.100.1"), { NULL, 0 } };
	struct ip peer, client;
	struct sockaddr unix_peer = { .sa_family = AF_UNIX };
	char text[INET6_ADDRSTRLEN];

	client_peer(&unix_peer, &peer);
	client_find(NULL, &peer, CLIENT_EITHER, f, &client);
	ip_text(&client, text);
	ck_assert_str_eq(text, "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client");
	TCase *t = tcase_create("client");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, finds, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, long_list);
	tcase_add_test(t, unix_socket);
	tcase_add_test(t, without_block);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
