#include "token.h"

#include <check.h>
#include <stdlib.h>

static const uint8_t master[TOKEN_MASTER_BYTES] = { 1, 2, 3 };

static struct token_sealer *
sealer(uint8_t id, const char *tenant)
{
	struct token_key key;

	ck_assert_int_eq(token_key_derive(master, id, span_str(tenant), &key, NULL), 0);
	return token_sealer_new(&key);
}

static const struct token_facts click = { .kind = TOKEN_CLICK,
	.message = { 9, 8, 7 },
	.recipient = 70000,
	.issued_s = 1700000000,
	.campaign = { "spring", 6 },
	.url = { "https://shop.example/p?a=1", 26 } };

START_TEST(comes_back)
{
	struct token_sealer *s = sealer(3, "shop");
	struct token_facts got;
	struct buf token, scratch;

	buf_init(&token, 4096);
	buf_init(&scratch, 4096);
	token_seal(s, &click, &token);
	ck_assert_uint_eq(token.n, token_length(6, click.url.n));
	ck_assert_int_eq(token_open(s, buf_all(&token), &scratch, &got), 0);
	ck_assert_int_eq(got.kind, TOKEN_CLICK);
	ck_assert_mem_eq(got.message, click.message, sizeof(click.message));
	ck_assert_uint_eq(got.recipient, click.recipient);
	ck_assert_uint_eq(got.issued_s, click.issued_s);
	ck_assert(span_eq(got.url, click.url));
	ck_assert(span_eq(got.campaign, click.campaign));
	buf_free(&token);
	buf_free(&scratch);
	token_sealer_free(s);
}
END_TEST

/* Any one character changed, cut off or added: it does not open. */
START_TEST(a_changed_one_does_not_open)
{
	struct token_sealer *s = sealer(3, "shop");
	struct token_facts got;
	struct buf token, scratch;

	buf_init(&token, 4096);
	buf_init(&scratch, 4096);
	token_seal(s, &click, &token);
	for (size_t i = 0; i < token.n; i++) {
		char was = token.p[i];

		token.p[i] = was == 'A' ? 'B' : 'A';
		ck_assert_int_eq(token_open(s, buf_all(&token), &scratch, &got), -1);
		token.p[i] = was;
		ck_assert_int_eq(token_open(s, span_first(buf_all(&token), i), &scratch, &got), -1);
	}
	buf_byte(&token, 'A');
	ck_assert_int_eq(token_open(s, buf_all(&token), &scratch, &got), -1);
	buf_free(&token);
	buf_free(&scratch);
	token_sealer_free(s);
}
END_TEST

START_TEST(another_tenant_or_key_opens_nothing)
{
	struct token_sealer *s = sealer(3, "shop"), *other = sealer(3, "shoq"),
			    *later = sealer(4, "shop");
	struct token_key mine, theirs;
	struct token_facts got;
	struct buf token, scratch;

	buf_init(&token, 4096);
	buf_init(&scratch, 4096);
	token_seal(s, &click, &token);
	ck_assert_int_eq(token_open(other, buf_all(&token), &scratch, &got), -1);
	ck_assert_int_eq(token_open(later, buf_all(&token), &scratch, &got), -1);
	token_key_derive(master, 3, SPAN_LIT("shop"), &mine, NULL);
	token_key_derive(master, 3, SPAN_LIT("shoq"), &theirs, NULL);
	ck_assert(token_names(buf_all(&token), &mine) && !token_names(buf_all(&token), &theirs));
	ck_assert(!token_names(SPAN_LIT("AA"), &mine));
	buf_free(&token);
	buf_free(&scratch);
	token_sealer_free(s);
	token_sealer_free(other);
	token_sealer_free(later);
}
END_TEST

START_TEST(same_facts_same_token)
{
	struct token_sealer *s = sealer(0, "t");
	struct token_facts next = click;
	struct buf a, b, c;

	buf_init(&a, 4096);
	buf_init(&b, 4096);
	buf_init(&c, 4096);
	next.recipient++;
	token_seal(s, &click, &a);
	token_seal(s, &click, &b);
	token_seal(s, &next, &c);
	ck_assert(span_eq(buf_all(&a), buf_all(&b)));
	ck_assert_uint_eq(a.n, c.n);
	ck_assert(!span_eq(span_from(buf_all(&a), 8), span_from(buf_all(&c), 8)));
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	token_sealer_free(s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("token");
	TCase *t = tcase_create("token");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, comes_back);
	tcase_add_test(t, a_changed_one_does_not_open);
	tcase_add_test(t, another_tenant_or_key_opens_nothing);
	tcase_add_test(t, same_facts_same_token);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
