#include "ehlo.h"

#include <check.h>

static const struct {
	const char *text;
	unsigned ext;
	uint64_t size;
	const char *server;
} cases[] = {
	{ "mx.test at your service", 0, 0, "mx.test" },
	{ "mx.test\nPIPELINING\nSIZE 1000\n8BITMIME", EXT_PIPELINING | EXT_SIZE | EXT_8BITMIME,
	    1000, "mx.test" },
	{ "mx.test\npipelining\nsize\nDsn", EXT_PIPELINING | EXT_SIZE | EXT_DSN, 0, "mx.test" },
	{ "mx.test\nSIZE 99999999999999999999999", EXT_SIZE, 0, "mx.test" },
	{ "mx.test\nSIZE -1", EXT_SIZE, 0, "mx.test" },
	{ "mx.test\nAUTH PLAIN LOGIN CRAM-MD5", EXT_AUTH_PLAIN | EXT_AUTH_LOGIN, 0, "mx.test" },
	{ "mx.test\nAUTH=LOGIN PLAIN", EXT_AUTH_PLAIN | EXT_AUTH_LOGIN, 0, "mx.test" },
	{ "mx.test\nXPIPELINING\nPIPELININGX\nSTARTTLS", EXT_STARTTLS, 0, "mx.test" },
	{ "PIPELINING", 0, 0, "PIPELINING" },
	{ "", 0, 0, "" },
	{ "x\n\n\nSMTPUTF8\n8BITMIME\nENHANCEDSTATUSCODES\n",
	    EXT_SMTPUTF8 | EXT_8BITMIME | EXT_ENHANCED, 0, "x" },
	{ "x\nSMTPUTF8\n", 0, 0, "x" },
};

START_TEST(extensions)
{
	struct ehlo e = ehlo_read(span_str(cases[_i].text));

	ck_assert_uint_eq(e.ext, cases[_i].ext);
	ck_assert_uint_eq(e.size_max, cases[_i].size);
	ck_assert(span_is(e.server, cases[_i].server));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ehlo");
	TCase *t = tcase_create("ehlo");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, extensions, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
