#include "sasl.h"

#include <check.h>

#define BYTES(s) span_of(s, sizeof(s) - 1)

START_TEST(plain)
{
	struct span login, password;

	ck_assert_int_eq(sasl_plain(BYTES("\0ann\0s"), &login, &password), 0);
	ck_assert(span_is(login, "ann") && span_is(password, "s"));
	ck_assert_int_eq(sasl_plain(BYTES("ann\0ann\0s"), &login, &password), 0);
	ck_assert_int_eq(sasl_plain(BYTES("bob\0ann\0s"), &login, &password), -1);
	ck_assert_int_eq(sasl_plain(BYTES("ann"), &login, &password), -1);
	ck_assert_int_eq(sasl_plain(BYTES("\0ann"), &login, &password), -1);
	ck_assert_int_eq(sasl_plain(BYTES("\0ann\0a\0b"), &login, &password), 0);
	ck_assert(!sasl_fits(login, password));
	ck_assert(!sasl_fits(span_str(""), span_str("x")));
	ck_assert(!sasl_fits(span_str("x"), span_str("")));
}
END_TEST

START_TEST(base64)
{
	struct buf out;

	buf_init(&out, SASL_BYTES);
	ck_assert_int_eq(sasl_decode(span_str("YW5u"), &out), 0);
	ck_assert(span_is(buf_all(&out), "ann"));
	ck_assert_int_eq(sasl_decode(span_str("="), &out), 0);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_int_eq(sasl_decode(span_str("YW5"), &out), -1);
	ck_assert_int_eq(sasl_decode(span_str("Y!=="), &out), -1);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sasl");
	TCase *t = tcase_create("sasl");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, plain);
	tcase_add_test(t, base64);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
