#include "transfer.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *rule;
	enum transfer how;
	const char *in, *out;
	bool clean;
} cases[] = {
	{ "base64", TRANSFER_BASE64, "aGVsbG8=", "hello", true },
	{ "base64 in lines", TRANSFER_BASE64, "aGVs\r\nbG8h\r\n", "hello!", true },
	{ "base64 with junk", TRANSFER_BASE64, "aG!VsbG8=", "hello", false },
	{ "base64 cut off", TRANSFER_BASE64, "aGVsbG", "hell", false },
	{ "base64 goes on after padding", TRANSFER_BASE64, "YQ==YQ==", "a", false },
	{ "empty base64", TRANSFER_BASE64, "", "", true },
	{ "qp", TRANSFER_QP, "a=3Db=C3=a9", "a=b\xc3\xa9", true },
	{ "qp soft break", TRANSFER_QP, "ab=\r\ncd\r\n", "abcd\r\n", true },
	{ "qp soft break, space behind it", TRANSFER_QP, "ab= \t\r\ncd", "abcd", true },
	{ "qp soft break at the end", TRANSFER_QP, "ab=", "ab", true },
	{ "qp white space at the end of a line goes", TRANSFER_QP, "ab \t\r\ncd ", "ab\r\ncd",
	    true },
	{ "qp white space before a soft break stays", TRANSFER_QP, "ab =\r\ncd", "ab cd", true },
	{ "qp stray equals sign", TRANSFER_QP, "a=zb", "a=zb", false },
	{ "qp half a byte", TRANSFER_QP, "a=3\r\nb", "a=3\r\nb", false },
	{ "qp bare LF", TRANSFER_QP, "a=\nb\nc", "ab\nc", true },
	{ "8bit", TRANSFER_8BIT, "a=3D\xe9", "a=3D\xe9", true },
	{ "unknown", TRANSFER_OTHER, "abc", "abc", false },
};

START_TEST(decodes)
{
	struct buf out;
	bool clean;

	buf_init(&out, 100);
	clean = transfer_decode(cases[_i].how, span_str(cases[_i].in), &out);
	ck_assert_msg(
	    span_is(buf_all(&out), cases[_i].out), "%s: %.*s", cases[_i].rule, SPAN(buf_all(&out)));
	ck_assert_msg(clean == cases[_i].clean, "%s: clean %d", cases[_i].rule, clean);
	buf_free(&out);
}
END_TEST

/* Every length and byte comes back, and no line is too long. */
START_TEST(encodes_what_it_decodes)
{
	char bytes[300] = { 0 };
	struct buf coded, back;
	struct span in = span_of(bytes, (size_t)_i);
	struct qp_writer qp = { .out = &coded };

	buf_init(&coded, 4096);
	buf_init(&back, 4096);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + (size_t)_i);
	transfer_encode_base64(in, TRANSFER_LINE, &coded);
	ck_assert(transfer_decode_base64(buf_all(&coded), &back) && span_eq(buf_all(&back), in));
	buf_reset(&coded);
	buf_reset(&back);
	qp_put(&qp, in);
	ck_assert(transfer_decode_qp(buf_all(&coded), &back) && span_eq(buf_all(&back), in));
	for (struct span rest = buf_all(&coded); rest.n > 0;)
		ck_assert_uint_le(span_cut(rest, '\n', &rest).n, TRANSFER_LINE + 1);
	buf_reset(&coded);
	buf_reset(&back);
	transfer_encode_base64url(in, &coded);
	ck_assert(
	    transfer_decode_base64url(buf_all(&coded), &back) == 0 && span_eq(buf_all(&back), in));
	buf_free(&coded);
	buf_free(&back);
}
END_TEST

START_TEST(one_spelling_of_base64url)
{
	static const char *const bad[] = { "A", "AB", "AAB", "AA==", "AA+A", "AA A" };
	struct buf out;

	buf_init(&out, 64);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
		    transfer_decode_base64url(span_str(bad[i]), &out) == -1, "%s", bad[i]);
	ck_assert(transfer_decode_base64url(SPAN_LIT("AQ"), &out) == 0);
	buf_free(&out);
}
END_TEST

START_TEST(no_line_like_a_boundary)
{
	struct buf out;
	struct qp_writer qp = { .out = &out, .column = 75 };

	buf_init(&out, 256);
	qp_put(&qp, SPAN_LIT("--boundary"));
	ck_assert(span_is(buf_all(&out), "=\r\n=2D-boundary"));
	buf_free(&out);
}
END_TEST

START_TEST(names)
{
	ck_assert_int_eq(transfer_named(SPAN_LIT(" Quoted-Printable ")), TRANSFER_QP);
	ck_assert_int_eq(transfer_named(SPAN_LIT("")), TRANSFER_7BIT);
	ck_assert_int_eq(transfer_named(SPAN_LIT("x-uuencode")), TRANSFER_OTHER);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("transfer");
	TCase *t = tcase_create("transfer");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, decodes, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, encodes_what_it_decodes, 0, 300);
	tcase_add_test(t, one_spelling_of_base64url);
	tcase_add_test(t, no_line_like_a_boundary);
	tcase_add_test(t, names);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
