#include "siphash.h"

#include <check.h>

/* From the reference implementation: key 00..0f, input 00, 00 01, ... of that many bytes. */
static const struct {
	size_t n;
	uint64_t hash;
} cases[] = { { 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd }, { 8, 0x93f5f5799a932462 },
	{ 15, 0xa129ca6149be45e5 } };

START_TEST(reference)
{
	const struct siphash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	char in[16];

	for (int i = 0; i < 16; i++)
		in[i] = (char)i;
	ck_assert_uint_eq(siphash(&key, span_of(in, cases[_i].n)), cases[_i].hash);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("siphash");
	TCase *t = tcase_create("siphash");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, reference, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
