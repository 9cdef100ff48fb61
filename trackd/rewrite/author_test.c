#include "author.h"

#include <check.h>
#include <stdlib.h>

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new(0);
}

static void
teardown(void)
{
	arena_free(arena);
}

static const struct {
	const char *name, *message, *domain;
} authors[] = {
	{ "an address", "From: a@Shop.Example\r\n\r\n", "shop.example" },
	{ "a name before it", "From: \"a@b.c\" <news@shop.example>\r\n\r\n", "shop.example" },
	{ "a comment", "From: a@shop.example (Ann)\r\n\r\n", "shop.example" },
	{ "U-labels", "From: Ann <a@b\u00fccher.example>\r\n\r\n", "xn--bcher-kva.example" },
	{ "capital U-labels", "From: a@B\u00dcCHER.example\r\n\r\n", "xn--bcher-kva.example" },
	{ "U-labels decomposed", "From: a@bu\u0308cher.example\r\n\r\n", "xn--bcher-kva.example" },
	{ "A-labels", "From: a@XN--BCHER-KVA.example\r\n\r\n", "xn--bcher-kva.example" },
	{ "no UTF-8",
	    "From: a@b\xfc"
	    "cher.Example\r\n\r\n",
	    "b\xfc"
	    "cher.example" },
	{ "none", "To: a@shop.example\r\n\r\n", "" },
	{ "two fields", "From: a@a.example\r\nFrom: b@b.example\r\n\r\n", "" },
	{ "no address", "From: Ann\r\n\r\n", "" },
};

START_TEST(whose_mail_it_is)
{
	struct span domain = from_domain(span_str(authors[_i].message), arena);

	ck_assert_msg(
	    span_is(domain, authors[_i].domain), "%s: %.*s", authors[_i].name, SPAN(domain));
}
END_TEST

static const struct {
	const char *value, *domain;
} signers[] = {
	{ " v=1; d=Shop.example; h=from", "shop.example" },
	{ " v=1; d=b\u00fccher.example; h=from", "xn--bcher-kva.example" },
	{ " v=1; d=xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ " v=1; h=from", "" },
};

START_TEST(who_signed_it)
{
	struct span domain = signature_domain(span_str(signers[_i].value), arena);

	ck_assert_msg(
	    span_is(domain, signers[_i].domain), "%s: %.*s", signers[_i].value, SPAN(domain));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("author");
	TCase *t = tcase_create("author");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, whose_mail_it_is, 0, sizeof(authors) / sizeof(authors[0]));
	tcase_add_loop_test(t, who_signed_it, 0, sizeof(signers) / sizeof(signers[0]));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
