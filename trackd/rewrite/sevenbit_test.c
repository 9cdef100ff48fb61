#include "sevenbit.h"

#include <check.h>

#define TEXT   "Content-Type: text/plain; charset=utf-8\r\n"
#define EIGHT  "Content-Transfer-Encoding: 8bit\r\n"
#define QP     "Content-Transfer-Encoding: quoted-printable\r\n"
#define TEN    "1234567890"
#define NINE   "123456789"
#define TWENTY TEN TEN
#define FORTY  TWENTY TWENTY
#define MIXED  "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"

static const struct {
	const char *in, *out; /* NULL: it has no 7-bit form */
} cases[] = {
	{ "A: b\r\n\r\nplain\r\n", "A: b\r\n\r\nplain\r\n" },
	{ "MIME-Version: 1.0\r\n" TEXT EIGHT "\r\n\xc3\xbc=\r\n",
	    "MIME-Version: 1.0\r\n" TEXT QP "\r\n=C3=BC=3D\r\n" },
	{ "A: b\r\n\r\n\xc3\xbc\r\n", "A: b\r\nMIME-Version: 1.0\r\n" QP "\r\n=C3=BC\r\n" },
	/* a header's bytes are not what 8BITMIME is about, nor is what no reader shows */
	{ "Subject: \xc3\xbc\r\n\r\nx\r\n", "Subject: \xc3\xbc\r\n\r\nx\r\n" },
	{ MIXED EIGHT "\r\n\xc3\xbc\r\n--b\r\n" TEXT EIGHT
		      "\r\n\xc3\xbc\r\n--b\r\n\r\nx\r\n--b--\r\n",
	    MIXED "Content-Transfer-Encoding: 7bit\r\n\r\n\xc3\xbc\r\n--b\r\n" TEXT QP
		  "\r\n=C3=BC\r\n--b\r\n\r\nx\r\n--b--\r\n" },
	{ "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" TEXT
		EIGHT "\r\n\xc3\xbc\r\n--b--\r\n",
	    NULL },
	{ MIXED "\r\n--b\r\nContent-Type: message/rfc822\r\n" EIGHT
		"\r\nA: b\r\n\r\n\xc3\xbc\r\n--b--\r\n",
	    NULL },
	/* what is encoded already is not encoded again: only what is beyond ASCII is */
	{ MIXED "\r\n--b\r\n" TEXT QP
		"\r\n<a href=3D\"x\">=C3=BC\xc3\xbc\r\nlike this=\r\n\r\n--b--\r\n",
	    MIXED "\r\n--b\r\n" TEXT QP
		  "\r\n<a href=3D\"x\">=C3=BC=C3=BC\r\nlike this=\r\n\r\n--b--\r\n" },
	{ "A: b\r\n" QP "\r\n" FORTY "\xc3\xbc" FORTY "=\r\nx\r\n",
	    "A: b\r\n" QP "\r\n" FORTY "=C3=BC" TWENTY NINE "=\r\n0" TEN "=\r\nx\r\n" },
	{ "A: b\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\xc3\r\nZGVm\r\n",
	    "A: b\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\nZGVm\r\n" },
	{ "A: b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n\xc3\r\n", NULL },
	/* a report may bring back the header alone */
	{ "MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n" EIGHT
	  "\r\n--b\r\n" TEXT EIGHT "\r\n\xc3\xbc\r\n--b\r\nContent-Type: message/rfc822\r\n" EIGHT
	  "\r\nA: b\r\n\r\n\xc3\xbc\r\n--b--\r\n",
	    "MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n\r\n--b\r\n" TEXT QP
	    "\r\n=C3=BC\r\n--b\r\nContent-Type: text/rfc822-headers\r\n" QP
	    "\r\nA: b\r\n\r\n--b--\r\n" },
};

START_TEST(forms)
{
	struct arena *a = arena_new(0);
	struct buf message;
	struct err err;

	buf_init(&message, 4096);
	buf_str(&message, cases[_i].in);
	ck_assert_int_eq(sevenbit_make(&message, a, &err), cases[_i].out == NULL ? -1 : 0);
	ck_assert_msg(
	    span_is(buf_all(&message), cases[_i].out == NULL ? cases[_i].in : cases[_i].out),
	    "%.*s", SPAN(buf_all(&message)));
	if (cases[_i].out == NULL)
		ck_assert(span_starts(span_str(err.text), "5.6.3 "));
	buf_free(&message);
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sevenbit");
	TCase *t = tcase_create("sevenbit");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, forms, 0, sizeof(cases) / sizeof(cases[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
