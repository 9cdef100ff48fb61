#include "bounce_token.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define ANN SPAN_LIT("Ann@Good.test")

static const struct bounce_keys keys = { { { 3, { 1, 2, 3 } }, { 4, { 9 } } }, 2 };
static const struct bounce_owner acme = { SPAN_LIT("Acme"), SPAN_LIT("b.acme.example") };
static const struct bounce_token wanted = {
	{ 0xde, 0xad, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 255 }, 65535, 0, 7200, 0
};

static struct bounce_token
make(unsigned key, char separator, char local[BOUNCE_LOCAL_MAX + 1])
{
	struct bounce_token t = wanted;

	bounce_token_make(&keys.at[key], &acme, ANN, &t, separator, local);
	return t;
}

static enum bounce_check
check_at(const char *local, uint64_t now_s, struct bounce_token *t)
{
	return bounce_token_check(&keys, &acme, span_str(local), now_s, t);
}

START_TEST(comes_back_whole)
{
	char local[BOUNCE_LOCAL_MAX + 1];
	struct bounce_token made = make(1, '+', local), t;

	ck_assert_uint_eq(strlen(local), 63);
	ck_assert_int_eq(check_at(local, 7200, &t), BOUNCE_GOOD);
	ck_assert_mem_eq(t.message, wanted.message, BOUNCE_MESSAGE_BYTES);
	ck_assert_uint_eq(t.recipient, 65535);
	ck_assert_uint_eq(t.tag, made.tag);
	ck_assert_uint_eq(t.key_id, 4);
	ck_assert_int_eq(check_at(local, 7201, &t), BOUNCE_EXPIRED);
}
END_TEST

START_TEST(case_does_not_matter)
{
	static const struct bounce_owner loud = { SPAN_LIT("ACME"), SPAN_LIT("B.ACME.example") };
	char local[BOUNCE_LOCAL_MAX + 1];
	struct bounce_token t;

	make(0, '-', local);
	for (char *p = local; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p & ~32);
	ck_assert_int_eq(bounce_token_check(&keys, &loud, span_str(local), 0, &t), BOUNCE_GOOD);
	ck_assert(bounce_token_is_for(&keys, &loud, &t, SPAN_LIT("ann@GOOD.test")));
}
END_TEST

START_TEST(any_change_is_found)
{
	char local[BOUNCE_LOCAL_MAX + 1], good[BOUNCE_LOCAL_MAX + 1];
	struct bounce_keys other = { { { 3, { 1, 2, 4 } } }, 1 }, none = { .n = 0 };
	struct bounce_token t;

	make(0, '+', good);
	for (size_t i = 2; good[i] != '\0'; i++) {
		memcpy(local, good, sizeof(good));
		local[i] = local[i] == 'a' ? 'b' : 'a';
		ck_assert_int_ne(check_at(local, 0, &t), BOUNCE_GOOD);
	}
	ck_assert_int_eq(bounce_token_check(&other, &acme, span_str(good), 0, &t), BOUNCE_FORGED);
	ck_assert_int_eq(bounce_token_check(&none, &acme, span_str(good), 0, &t), BOUNCE_FORGED);
}
END_TEST

static const struct bounce_owner strangers[] = {
	{ SPAN_LIT("other"), SPAN_LIT("b.acme.example") },
	{ SPAN_LIT("acme"), SPAN_LIT("b.other.example") },
	{ SPAN_LIT("acmeb"), SPAN_LIT(".acme.example") }, /* the same letters, cut elsewhere */
	{ SPAN_LIT(""), SPAN_LIT("b.acme.example") },
};

START_TEST(holds_for_its_owner_alone)
{
	char local[BOUNCE_LOCAL_MAX + 1];
	struct bounce_token t = make(0, '+', local);

	ck_assert(bounce_token_is_for(&keys, &acme, &t, ANN));
	ck_assert(!bounce_token_is_for(&keys, &strangers[_i], &t, ANN));
	ck_assert_int_eq(
	    bounce_token_check(&keys, &strangers[_i], span_str(local), 0, &t), BOUNCE_FORGED);
}
END_TEST

START_TEST(a_tag_is_of_one_address_and_delivery)
{
	char local[BOUNCE_LOCAL_MAX + 1], address[32];
	struct bounce_token t = make(0, '+', local), other = wanted;

	ck_assert(!bounce_token_is_for(&keys, &acme, &t, SPAN_LIT("anna@good.test")));
	ck_assert(!bounce_token_is_for(&keys, &acme, &t, SPAN_LIT("")));
	for (unsigned i = 0; i < 100000; i++) { /* of 32 bits a few more would do */
		int n = snprintf(address, sizeof(address), "v%u@good.test", i);

		ck_assert(!bounce_token_is_for(&keys, &acme, &t, span_of(address, (size_t)n)));
	}
	other.recipient = 1;
	bounce_token_make(&keys.at[0], &acme, ANN, &other, '+', local);
	ck_assert_uint_ne(t.tag, other.tag);
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
	{ "# none\n\n", -1, 0 },
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
	char local[BOUNCE_LOCAL_MAX + 1], address[200];
	struct span tenant = SPAN_LIT("acme");
	struct bounce_token t;

	make(0, '+', local);
	snprintf(address, sizeof(address), "%s@B.Acme.example", local);
	ck_assert_int_eq(
	    bounce_address_check(&keys, tenant, span_str(address), 7200, &t), BOUNCE_GOOD);
	snprintf(address, sizeof(address), "%s@b.other.example", local);
	ck_assert_int_eq(
	    bounce_address_check(&keys, tenant, span_str(address), 7200, &t), BOUNCE_FORGED);
	ck_assert_int_eq(
	    bounce_address_check(&keys, tenant, span_str(local), 7200, &t), BOUNCE_NONE);
	ck_assert_int_eq(
	    bounce_address_check(&keys, tenant, SPAN_LIT("a@b.acme.example"), 0, &t), BOUNCE_NONE);
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
	tcase_add_test(t, a_tag_is_of_one_address_and_delivery);
	tcase_add_loop_test(
	    t, holds_for_its_owner_alone, 0, sizeof(strangers) / sizeof(strangers[0]));
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
