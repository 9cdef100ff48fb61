#include "xtext.h"
#include "utf8.h"

#include <check.h>

static const struct {
	const char *in;
	bool is;
	const char *decoded;
} plain[] = {
	{ "abc", true, "abc" },
	{ "a+2Bb+3D", true, "a+b=" },
	{ "", false, "" },
	{ "a+2", false, "a+2" },
	{ "a+2b", false, "a+2b" },
	{ "a=b", false, "a=b" },
	{ "a b", false, "a b" },
	{ "j\xc3\xb6", false, "j\xc3\xb6" },
};

static const struct {
	const char *in;
	bool is;
	const char *decoded, *again;
} utf8[] = {
	{ "ann@example.com", true, "ann@example.com", "ann@example.com" },
	{ "j\\x{F6}rg@example.com", true, "j\xc3\xb6rg@example.com", "j\\x{F6}rg@example.com" },
	{ "j\xc3\xb6rg@example.com", true, "j\xc3\xb6rg@example.com", "j\\x{F6}rg@example.com" },
	{ "\\x{1F600}@b", true, "\xf0\x9f\x98\x80@b", "\\x{1F600}@b" },
	{ "a\\x{2B}b", true, "a+b", "a\\x{2B}b" },
	{ "a+b", false, "a+b", "a\\x{2B}b" },
	{ "a\\x{D800}", false, "a\\x{D800}", "a\\x{5C}x{D800}" },
	{ "a\\x{1100000}", false, "a\\x{1100000}", "a\\x{5C}x{1100000}" },
	{ "a\xc3", false, "a\xc3", "a?" },
	{ "a\\x{F6", false, "a\\x{F6", "a\\x{5C}x{F6" },
};

static const struct {
	const char *in;
	bool is;
} forms[] = { { "", true }, { "plain", true }, { "\xe2\x82\xac", true },
	{ "\xf4\x8f\xbf\xbf", true }, { "\xf4\x90\x80\x80", false }, { "\xc0\x80", false },
	{ "\xed\xa0\x80", false }, { "\xe2\x82", false }, { "\x80", false },
	{ "\xe0\x9f\xbf", false } };

START_TEST(xtext)
{
	struct arena *a = arena_new(0);

	ck_assert_int_eq(xtext_is(span_str(plain[_i].in)), plain[_i].is);
	ck_assert(span_is(xtext_decoded(span_str(plain[_i].in), a), plain[_i].decoded));
	arena_free(a);
}
END_TEST

START_TEST(addresses)
{
	struct arena *a = arena_new(0);
	struct span decoded = xtext_utf8_decoded(span_str(utf8[_i].in), a);
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_int_eq(xtext_is_utf8_address(span_str(utf8[_i].in)), utf8[_i].is);
	ck_assert(span_is(decoded, utf8[_i].decoded));
	xtext_utf8_put(&b, decoded);
	ck_assert(span_is(buf_all(&b), utf8[_i].again));
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(well_formed)
{
	ck_assert_int_eq(utf8_is(span_str(forms[_i].in)), forms[_i].is);
}
END_TEST

START_TEST(every_character_comes_back)
{
	for (uint32_t code = 0; code <= 0x10ffff; code += 7) {
		uint32_t back = 0;
		char bytes[4];
		size_t n;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		n = utf8_put(code, bytes);
		ck_assert_uint_eq(utf8_next(span_of(bytes, n), &back), n);
		ck_assert_uint_eq(back, code);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("xtext");
	TCase *t = tcase_create("xtext");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, xtext, 0, sizeof(plain) / sizeof(plain[0]));
	tcase_add_loop_test(t, addresses, 0, sizeof(utf8) / sizeof(utf8[0]));
	tcase_add_loop_test(t, well_formed, 0, sizeof(forms) / sizeof(forms[0]));
	tcase_add_test(t, every_character_comes_back);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
