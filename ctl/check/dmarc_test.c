#include "dkim_record.h"
#include "dmarc.h"
#include "tags.h"

#include <check.h>

static const struct {
	const char *what, *record;
	enum dkim_record result;
} keys[] = {
	{ "ours", "v=DKIM1; k=rsa; p=QUJD", DKIM_RECORD_GOOD },
	{ "without version and kind", "p=QU JD", DKIM_RECORD_GOOD },
	{ "closed with ;", "v=DKIM1;k=rsa;p=QUJD;", DKIM_RECORD_GOOD },
	{ "tags in another order, and some that we do not write",
	    "v=DKIM1; t=s; p=QUJD; n=a note; k=rsa", DKIM_RECORD_GOOD },
	{ "white space all over the key", "v=DKIM1; p= Q\tU \r\n J D ;", DKIM_RECORD_GOOD },
	{ "letters count", "v=DKIM1; p=qujd", DKIM_RECORD_OTHER },
	{ "longer", "v=DKIM1; p=QUJDRA==", DKIM_RECORD_OTHER },
	{ "padding", "v=DKIM1; p=QUJD=", DKIM_RECORD_OTHER },
	{ "an SPF record", "v=spf1 -all", DKIM_RECORD_BAD },
	{ "another", "v=DKIM1; p=QUJE", DKIM_RECORD_OTHER },
	{ "shorter", "v=DKIM1; p=QUJ", DKIM_RECORD_OTHER },
	{ "another kind", "v=DKIM1; k=ed25519; p=QUJD", DKIM_RECORD_OTHER },
	{ "revoked", "v=DKIM1; p=", DKIM_RECORD_REVOKED },
	{ "version not in front", "k=rsa; v=DKIM1; p=QUJD", DKIM_RECORD_BAD },
	{ "no key", "v=DKIM1; k=rsa", DKIM_RECORD_BAD },
	{ "no tags", "hello", DKIM_RECORD_BAD },
	{ "two keys", "p=QUJD; p=QUJD", DKIM_RECORD_BAD },
	{ "empty", "", DKIM_RECORD_BAD },
	{ "for sha1", "v=DKIM1; h=sha1; p=QUJD", DKIM_RECORD_LIMITED },
	{ "for sha1 and sha256", "v=DKIM1; h=sha1 : sha256; p=QUJD", DKIM_RECORD_GOOD },
	{ "not for mail", "v=DKIM1; s=other; p=QUJD", DKIM_RECORD_LIMITED },
	{ "testing", "v=DKIM1; t=s:y; p=QUJD", DKIM_RECORD_TESTING },
};

START_TEST(dkim_keys)
{
	ck_assert_msg(dkim_record_compare(span_str(keys[_i].record),
			  SPAN_LIT("v=DKIM1; k=rsa; p=QUJD")) == keys[_i].result,
	    "%s", keys[_i].what);
}
END_TEST

static const struct {
	const char *record;
	bool is, good;
} policies[] = {
	{ "v=DMARC1; p=none", true, true },
	{ "v=DMARC1;p=reject;sp=none;adkim=s;aspf=r;pct=50;rua=mailto:a@b.test", true, true },
	{ " v = DMARC1 ; p = quarantine ;", true, true },
	{ "v=DMARC1", true, false },
	{ "v=DMARC1; p=maybe", true, false },
	{ "v=DMARC1; p=none; p=none", true, false },
	{ "v=DMARC1; p=none; adkim=x", true, true },
	{ "v=DMARC1; p=none; pct=101", true, true },
	{ "v=DMARC1; rua=mailto:a@b.test", true, true },
	{ "v=DMARC1; rua=none", true, false },
	{ "v=DMARC1; p=maybe; pct=50", true, false },
	{ "v=DMARC1; p=none; pct=1; pct=2", true, false },
	{ "v=DMARC1; p=none; what", true, false },
	{ "p=none; v=DMARC1", false, false },
	{ "v=dmarc1; p=none", false, false },
	{ "", false, false },
};

START_TEST(dmarc_records)
{
	struct span s = span_str(policies[_i].record);
	struct dmarc_record d;

	ck_assert_msg(dmarc_is(s) == policies[_i].is, "%s", policies[_i].record);
	ck_assert_msg((dmarc_read(s, &d) == 0) == policies[_i].good, "%s", policies[_i].record);
}
END_TEST

START_TEST(dmarc_values)
{
	struct dmarc_record d;

	ck_assert_int_eq(dmarc_read(span_str(policies[1].record), &d), 0);
	ck_assert(d.policy == DMARC_REJECT && d.subdomains == DMARC_NONE && d.percent == 50);
	ck_assert(d.strict_dkim && !d.strict_spf && span_is(d.rua, "mailto:a@b.test"));
}
END_TEST

/* RFC 7489 6.6.3: what cannot be followed asks for nothing, as long as somebody wants to hear of it. */
START_TEST(dmarc_counts_as_none)
{
	static const char *const records[] = { "v=DMARC1; rua=mailto:a@b.test",
		"v=DMARC1; p=perhaps; rua=https://x.test, mailto:a@b.test",
		"v=DMARC1; p=reject; sp=perhaps; rua=mailto:a@b.test",
		"v=DMARC1; p=reject; pct=all", "v=DMARC1; p=quarantine; pct=101" };
	struct dmarc_record d;

	for (unsigned i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		ck_assert_msg(dmarc_read(span_str(records[i]), &d) == 0, "%s", records[i]);
		ck_assert(d.policy == DMARC_NONE && d.subdomains == DMARC_NONE && d.percent == 100);
		ck_assert_ptr_nonnull(d.instead);
	}
	ck_assert_int_eq(dmarc_read(span_str("v=DMARC1; p=reject; aspf=x"), &d), 0);
	ck_assert(d.policy == DMARC_REJECT && !d.strict_spf && d.instead == NULL);
}
END_TEST

START_TEST(alignment)
{
	struct suffixes *s = suffixes_load();

	ck_assert(dmarc_aligned(s, SPAN_LIT("a.example.com"), SPAN_LIT("b.example.com"), false));
	ck_assert(!dmarc_aligned(s, SPAN_LIT("a.example.com"), SPAN_LIT("b.example.com"), true));
	ck_assert(dmarc_aligned(s, SPAN_LIT("example.com"), SPAN_LIT("Example.com"), true));
	ck_assert(!dmarc_aligned(s, SPAN_LIT("a.co.uk"), SPAN_LIT("b.co.uk"), false));
	ck_assert(!dmarc_aligned(s, SPAN_LIT(""), SPAN_LIT(""), false));
	ck_assert(span_is(suffixes_organisation(s, SPAN_LIT("x.y.co.uk")), "y.co.uk"));
	ck_assert(span_is(suffixes_organisation(s, SPAN_LIT("com")), "com"));
	suffixes_free(s);
}
END_TEST

/* Any bytes: an answer. */
START_TEST(any_bytes)
{
	static const char alphabet[] = "v=DKIM1;v=DMARC1;p=k=h=s: \t\0\xff;=";
	char text[80];
	uint32_t seed = 3;

	for (unsigned round = 0; round < 20000; round++) {
		struct dmarc_record d;
		size_t n = round % sizeof(text);

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		(void)dkim_record_compare(span_of(text, n), SPAN_LIT("k=rsa; p=QUJD"));
		(void)dmarc_read(span_of(text, n), &d);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("records");
	TCase *t = tcase_create("records");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, dkim_keys, 0, sizeof(keys) / sizeof(keys[0]));
	tcase_add_loop_test(t, dmarc_records, 0, sizeof(policies) / sizeof(policies[0]));
	tcase_add_test(t, dmarc_values);
	tcase_add_test(t, dmarc_counts_as_none);
	tcase_add_test(t, alignment);
	tcase_add_test(t, any_bytes);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
