#include "handed.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

START_TEST(comes_as_it_went)
{
	enum { MANY = 20000 };
	struct buf out, in;
	struct span rest;
	struct handed h;
	struct err err;
	unsigned n = 0;
	int fd;

	buf_init(&out, HANDED_MAX);
	buf_init(&in, HANDED_MAX);
	handed_put(&out, "conf", SPAN_LIT("hostname a.example\n"));
	handed_put(&out, "users", span_of("", 0));
	for (unsigned i = 0; i < MANY; i++)
		handed_put(&out, "dkim t d s", SPAN_LIT("a key"));
	fd = handed_seal(&out, &err);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(handed_read(fd, &in, &err), 0);
	rest = buf_all(&in);
	ck_assert(handed_next(&rest, &h) && strcmp(h.name, "conf") == 0);
	ck_assert(span_is(h.bytes, "hostname a.example\n"));
	ck_assert(handed_next(&rest, &h) && strcmp(h.name, "users") == 0 && h.bytes.n == 0);
	while (handed_next(&rest, &h))
		n++;
	ck_assert_uint_eq(n, MANY);
	ck_assert_uint_eq(rest.n, 0);
	buf_free(&in);
}
END_TEST

/* At every length of what is left of it: no text that is not whole comes out of it. */
START_TEST(cut_anywhere)
{
	struct buf out;

	buf_init(&out, 4096);
	handed_put(&out, "one", SPAN_LIT("first"));
	handed_put(&out, "two", SPAN_LIT("second"));
	for (size_t n = 0; n < out.n; n++) {
		struct span rest = span_first(buf_all(&out), n);
		struct handed h;
		unsigned whole = 0;

		while (handed_next(&rest, &h))
			whole++;
		ck_assert_uint_le(whole, 1);
	}
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handed");
	TCase *t = tcase_create("handed");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, comes_as_it_went);
	tcase_add_test(t, cut_anywhere);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
