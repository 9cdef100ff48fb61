#include "key_ring.h"

#include <check.h>
#include <stdlib.h>

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
	const char *rule, *text;
	int result;
	size_t n;
} files[] = {
	{ "empty", "", 0, 0 },
	{ "comments", "# none\n\n", 0, 0 },
	{ "two", "3 " HEX "\n# older\n15\t" HEX " made 7 until 9", 0, 2 },
	{ "capitals", "3 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF\n", 0,
	    1 },
	{ "short", "3 0011\n", -1, 0 },
	{ "number too large", "16 " HEX "\n", -1, 0 },
	{ "no number", "x " HEX "\n", -1, 0 },
	{ "no digit", "1 g" HEX "\n", -1, 0 },
	{ "twice", "1 " HEX "\n1 " HEX "\n", -1, 0 },
	{ "another word", "1 " HEX " since 9\n", -1, 0 },
	{ "no time", "1 " HEX " made\n", -1, 0 },
};

START_TEST(reads)
{
	struct key_ring ring;
	struct err err;

	ck_assert_msg(key_ring_read(&ring, span_str(files[_i].text), 15, &err) == files[_i].result,
	    "%s", files[_i].rule);
	if (files[_i].result == 0)
		ck_assert_uint_eq(ring.n, files[_i].n);
	else
		ck_assert_msg(span_find_str(span_str(err.text), "ccdd") < 0, "it shows a key");
}
END_TEST

START_TEST(writes_what_it_read)
{
	static const char text[] = "3 " HEX " made 5\n4 " HEX " made 7 until 9\n5 " HEX "\n";
	struct key_ring ring;
	struct buf out;

	buf_init(&out, KEY_FILE_BYTES);
	ck_assert_int_eq(key_ring_read(&ring, SPAN_LIT(text), 255, NULL), 0);
	key_ring_put(&ring, &out);
	ck_assert(span_is(buf_all(&out), text));
	ck_assert(key_ring_find(&ring, 4) == &ring.at[1] && key_ring_find(&ring, 9) == NULL);
	ck_assert_uint_eq(ring.at[1].until_s, 9);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("key_ring");
	TCase *t = tcase_create("key_ring");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, reads, 0, sizeof(files) / sizeof(files[0]));
	tcase_add_test(t, writes_what_it_read);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
