#include "bounce_token.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct bounce_key keys[] = { { 3, { 1, 2, 3 } }, { 4, { 9 } } };
static const struct bounce_token token = {
	{ 0xde, 0xad, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 255 }, 65535, 0xfedcba98, 7200, 4
};

static enum bounce_check
check_at(const char *local, uint64_t now_s, struct bounce_token *t)
{
	return bounce_token_check(keys, 2, span_str(local), now_s, t);
}

START_TEST(comes_back_whole)
{
	char local[BOUNCE_LOCAL_MAX + 1];
	struct bounce_token t;

	bounce_token_make(&keys[1], &token, '+', local);
	ck_assert_uint_eq(strlen(local), 62);
	ck_assert_int_eq(check_at(local, 7200, &t), BOUNCE_GOOD);
	ck_assert_mem_eq(t.message, token.message, BOUNCE_MESSAGE_BYTES);
	ck_assert_uint_eq(t.recipient, 65535);
	ck_assert_uint_eq(t.tag, 0xfedcba98);
	ck_assert_uint_eq(t.key_id, 4);
	ck_assert_int_eq(check_at(local, 7201, &t), BOUNCE_EXPIRED);
}
END_TEST

START_TEST(case_does_not_matter)
{
	char local[BOUNCE_LOCAL_MAX + 1];
	struct bounce_token t;

	bounce_token_make(&keys[0], &token, '-', local);
	for (char *p = local; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p & ~32);
	ck_assert_int_eq(check_at(local, 0, &t), BOUNCE_GOOD);
}
END_TEST

START_TEST(any_change_is_found)
{
	char local[BOUNCE_LOCAL_MAX + 1], good[BOUNCE_LOCAL_MAX + 1];
	struct bounce_token t;

	bounce_token_make(&keys[0], &token, '+', good);
	for (size_t i = 2; good[i] != '\0'; i++) {
		memcpy(local, good, sizeof(good));
		local[i] = local[i] == 'a' ? 'b' : 'a';
		ck_assert_int_ne(check_at(local, 0, &t), BOUNCE_GOOD);
	}
	ck_assert_int_eq(bounce_token_check(keys + 1, 1, span_str(good), 0, &t), BOUNCE_FORGED);
}
END_TEST

START_TEST(a_tag_is_of_one_address)
{
	uint32_t ann = bounce_token_tag(span_str("Ann@Good.test"));

	ck_assert_uint_eq(ann, bounce_token_tag(span_str("ann@good.test")));
	ck_assert_uint_ne(ann, bounce_token_tag(span_str("anna@good.test")));
}
END_TEST

static const char *const ordinary[] = { "", "b", "b+", "bob", "b+short", "postmaster",
	"x+0000000000000000000000000000000000000000000000000000",
	"b+oooooooooooooooooooooooooooooooooooooooooooooooooooooo" };

static const struct {
	const char *text;
	int result;
	size_t n;
} key_files[] = {
	{ "", 0, 0 },
	{ "# none\n\n", 0, 0 },
	{ "3 00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n"
	  "# older\n4 ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
	    0, 2 },
	{ "3 0011", -1, 0 },
	{ "16 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", -1, 0 },
	{ "1 g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", -1, 0 },
};

START_TEST(key_lines)
{
	struct bounce_keys k;
	struct err err;

	ck_assert_int_eq(
	    bounce_keys_read(&k, span_str(key_files[_i].text), &err), key_files[_i].result);
	if (key_files[_i].result == 0)
		ck_assert_uint_eq(k.n, key_files[_i].n);
	if (key_files[_i].n == 2)
		ck_assert(k.at[0].id == 3 && k.at[0].key[31] == 0xff && k.at[1].key[0] == 0xff);
}
END_TEST

START_TEST(whole_addresses)
{
	struct bounce_keys k = { .n = 2 };
	char local[BOUNCE_LOCAL_MAX + 1], address[200];
	struct bounce_token t;

	memcpy(k.at, keys, sizeof(keys));
	bounce_token_make(&keys[0], &token, '+', local);
	snprintf(address, sizeof(address), "%s@b.example", local);
	ck_assert_int_eq(bounce_address_check(&k, span_str(address), 7200, &t), BOUNCE_GOOD);
	ck_assert_int_eq(bounce_address_check(&k, span_str("a@b.example"), 0, &t), BOUNCE_NONE);
}
END_TEST

START_TEST(ordinary_addresses)
{
	struct bounce_token t;

	ck_assert_int_eq(check_at(ordinary[_i], 0, &t), BOUNCE_NONE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bounce_token");
	TCase *t = tcase_create("bounce_token");
	SRunner *r;
	int failed;

	tcase_add_test(t, comes_back_whole);
	tcase_add_test(t, case_does_not_matter);
	tcase_add_test(t, any_change_is_found);
	tcase_add_test(t, a_tag_is_of_one_address);
	tcase_add_test(t, whole_addresses);
	tcase_add_loop_test(t, key_lines, 0, sizeof(key_files) / sizeof(key_files[0]));
	tcase_add_loop_test(
	    t, ordinary_addresses, 0, (int)(sizeof(ordinary) / sizeof(ordinary[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
