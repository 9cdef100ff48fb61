#include "proxy_header.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define V2      "\r\n\r\n\0\r\nQUIT\n"
#define V4      "\xc6\x33\x64\x01\x0a\0\0\x01\x10\x92\x01\xbb" /* 198.51.100.1:4242 to 10.0.0.1:443 */
#define V6_FROM "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define V6_TO   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define HEADER(s)                                                                                  \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}

static const struct {
	const char *name;
	struct span in;
	enum proxy_step step;
	size_t behind; /* bytes that are HTTP's */
	const char *client;
} cases[] = {
	{ "v1 TCP4", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 4242 443\r\nGET"), PROXY_READY, 3,
	    "198.51.100.1" },
	{ "v1 TCP6", HEADER("PROXY TCP6 2001:db8::1 2001:db8::2 4242 443\r\n"), PROXY_READY, 0,
	    "2001:db8::1" },
	{ "v1 mapped", HEADER("PROXY TCP6 ::ffff:198.51.100.1 2001:db8::2 4242 443\r\n"),
	    PROXY_READY, 0, "198.51.100.1" },
	{ "v1 UNKNOWN", HEADER("PROXY UNKNOWN\r\n"), PROXY_READY, 0, "" },
	{ "v1 UNKNOWN with more",
	    HEADER("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), PROXY_READY, 0,
	    "" },
	{ "v1 not all there", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 4242 443\r"), PROXY_MORE, 0,
	    "" },
	{ "v1 no more than a letter", HEADER("P"), PROXY_MORE, 0, "" },
	{ "v1 bare LF", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 4242 443\n"), PROXY_BAD, 0, "" },
	{ "v1 families mixed", HEADER("PROXY TCP4 2001:db8::1 10.0.0.1 4242 443\r\n"), PROXY_BAD, 0,
	    "" },
	{ "v1 port", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 65536 443\r\n"), PROXY_BAD, 0, "" },
	{ "v1 port 0443", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 4242 0443\r\n"), PROXY_BAD, 0,
	    "" },
	{ "v1 too few words", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 4242\r\n"), PROXY_BAD, 0,
	    "" },
	{ "v1 too many words", HEADER("PROXY TCP4 198.51.100.1 10.0.0.1 4242 443 x\r\n"), PROXY_BAD,
	    0, "" },
	{ "v1 two spaces", HEADER("PROXY TCP4  198.51.100.1 10.0.0.1 4242 443\r\n"), PROXY_BAD, 0,
	    "" },
	{ "v1 datagrams", HEADER("PROXY UDP4 198.51.100.1 10.0.0.1 4242 443\r\n"), PROXY_BAD, 0,
	    "" },
	{ "v1 in small letters", HEADER("proxy TCP4 198.51.100.1 10.0.0.1 4242 443\r\n"), PROXY_BAD,
	    0, "" },
	{ "v1 empty", HEADER("PROXY \r\n"), PROXY_BAD, 0, "" },
	{ "v1 oversized",
	    HEADER("PROXY TCP4 "
		   "0000000000000000000000000000000000000000000000000000000000000000000000000000000"
		   "0000000000000000000000000000000000000000\r\n"),
	    PROXY_BAD, 0, "" },
	{ "v2 TCP4", HEADER(V2 "\x21\x11\0\x0c" V4 "GET"), PROXY_READY, 3, "198.51.100.1" },
	{ "v2 TCP6", HEADER(V2 "\x21\x21\0\x24" V6_FROM V6_TO "\x10\x92\x01\xbb"), PROXY_READY, 0,
	    "2001:db8::1" },
	{ "v2 with TLVs", HEADER(V2 "\x21\x11\0\x13" V4 "\x04\0\x01x\x20\0\0"), PROXY_READY, 0,
	    "198.51.100.1" },
	{ "v2 a TLV is longer than the header", HEADER(V2 "\x21\x11\0\x10" V4 "\x04\0\x02x"),
	    PROXY_BAD, 0, "" },
	{ "v2 half a TLV", HEADER(V2 "\x21\x11\0\x0e" V4 "\x04\0"), PROXY_BAD, 0, "" },
	{ "v2 LOCAL", HEADER(V2 "\x20\0\0\0GET"), PROXY_READY, 3, "" },
	{ "v2 LOCAL with addresses", HEADER(V2 "\x20\x11\0\x0c" V4), PROXY_READY, 0, "" },
	{ "v2 a Unix socket", HEADER(V2 "\x21\x31\0\x02xx"), PROXY_READY, 0, "" },
	{ "v2 datagrams", HEADER(V2 "\x21\x12\0\x0c" V4), PROXY_READY, 0, "" },
	{ "v2 another command", HEADER(V2 "\x22\x11\0\x0c" V4), PROXY_BAD, 0, "" },
	{ "v2 another version", HEADER(V2 "\x31\x11\0\x0c" V4), PROXY_BAD, 0, "" },
	{ "v2 addresses cut short", HEADER(V2 "\x21\x11\0\x08\xc6\x33\x64\x01\x0a\0\0\x01"),
	    PROXY_BAD, 0, "" },
	{ "v2 truncated", HEADER(V2 "\x21\x11\0\x0c\xc6\x33"), PROXY_MORE, 0, "" },
	{ "v2 signature alone", HEADER(V2), PROXY_MORE, 0, "" },
	{ "v2 oversized", HEADER(V2 "\x21\x11\xff\xff"), PROXY_BAD, 0, "" },
	{ "HTTP at once", HEADER("GET / HTTP/1.1\r\n"), PROXY_BAD, 0, "" },
	{ "nothing", HEADER(""), PROXY_MORE, 0, "" },
};

START_TEST(reads)
{
	struct proxy_header h;
	enum proxy_step step = proxy_header_read(cases[_i].in, &h);
	char client[INET6_ADDRSTRLEN];

	ck_assert_msg(step == cases[_i].step, "%s: %d", cases[_i].name, step);
	if (step != PROXY_READY)
		return;
	ip_text(&h.client, client);
	ck_assert_msg(strcmp(client, cases[_i].client) == 0, "%s: %s", cases[_i].name, client);
	ck_assert_uint_eq(cases[_i].in.n - h.bytes, cases[_i].behind);
}
END_TEST

/* Cut anywhere, a good header asks for more. */
START_TEST(cut)
{
	struct proxy_header h;
	size_t whole;

	if (proxy_header_read(cases[_i].in, &h) != PROXY_READY)
		return;
	whole = h.bytes;
	for (size_t n = 0; n < whole; n++)
		ck_assert_msg(proxy_header_read(span_first(cases[_i].in, n), &h) == PROXY_MORE,
		    "%s at %zu", cases[_i].name, n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proxy_header");
	TCase *t = tcase_create("proxy_header");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, reads, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, cut, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
