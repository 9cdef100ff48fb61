#include "dkim_record.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *rule, *one, *other;
	bool same;
} pairs[] = {
	{ "the same", "v=DKIM1; k=rsa; p=AAAA", "v=DKIM1; k=rsa; p=AAAA", true },
	{ "other tags, white space in the key", "v=DKIM1; k=rsa; p=AAAA", "k=rsa;t=s;p=AA AA",
	    true },
	{ "another key", "v=DKIM1; p=AAAA", "v=DKIM1; p=AAAB", false },
	{ "a revoked key", "v=DKIM1; p=AAAA", "v=DKIM1; p=", false },
	{ "two that are none", "v=spf1 -all", "v=spf1 -all", false },
	{ "padding", "p=AAA=", "p=AAA=", true },
	{ "letters count", "p=aaaa", "p=AAAA", false },
};

START_TEST(records)
{
	ck_assert_msg(
	    dkim_record_same(span_str(pairs[_i].one), span_str(pairs[_i].other)) == pairs[_i].same,
	    "%s", pairs[_i].rule);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("dkim_record");
	TCase *t = tcase_create("dkim_record");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, records, 0, sizeof(pairs) / sizeof(pairs[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
