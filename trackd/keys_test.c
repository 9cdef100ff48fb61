#include "keys.h"
#include "trackd_conf.h"

#include <check.h>
#include <stdio.h>

enum { TENANTS = 300 };

static const char masters[] =
    "7 0707070707070707070707070707070707070707070707070707070707070707\n"
    "1 0101010101010101010101010101010101010101010101010101010101010101\n";

static struct arena *arena;
static struct conf *conf;
static struct tenant_keys keys;
static struct buf token, scratch;

static void
setup(void)
{
	struct buf text;
	struct err err;

	buf_init(&text, 64 * 1024);
	for (unsigned i = 0; i < TENANTS; i++)
		buf_printf(&text, "tenant t%u {\n}\n", i * 7919 % TENANTS);
	arena = arena_new(0);
	conf = conf_read_text(&web_table, "t.conf", buf_all(&text));
	ck_assert_msg(conf_errors(conf) == 0, "%.*s", SPAN(conf_messages(conf)));
	ck_assert_int_eq(tenant_keys_make(&keys, conf, span_str(masters), arena, &err), 0);
	buf_free(&text);
	buf_init(&token, 4096);
	buf_init(&scratch, 4096);
}

static void
teardown(void)
{
	for (size_t i = 0; i < keys.n; i++)
		token_sealer_free(keys.keys[i].sealer);
	buf_free(&token);
	buf_free(&scratch);
	conf_free(conf);
	arena_free(arena);
}

START_TEST(each_opens_its_own)
{
	struct token_facts facts = { .kind = TOKEN_CLICK, .url = SPAN_LIT("https://a.test/") },
			   back;

	ck_assert_uint_eq(keys.n, 2 * TENANTS);
	for (size_t i = 0; i < keys.n; i++) {
		buf_reset(&token);
		token_seal(keys.keys[i].sealer, &facts, &token);
		ck_assert_ptr_eq(
		    tenant_keys_open(&keys, buf_all(&token), &scratch, &back), &keys.keys[i]);
		ck_assert(span_is(back.url, "https://a.test/"));
		token.p[token.n - 2] = token.p[token.n - 2] == 'A' ? 'B' : 'A';
		ck_assert_ptr_null(tenant_keys_open(&keys, buf_all(&token), &scratch, &back));
	}
	ck_assert_ptr_null(tenant_keys_open(&keys, SPAN_LIT(""), &scratch, &back));
	ck_assert_ptr_null(tenant_keys_open(&keys, SPAN_LIT("________x"), &scratch, &back));
}
END_TEST

START_TEST(the_first_master_seals)
{
	char name[16];

	for (unsigned i = 0; i < TENANTS; i++) {
		struct tenant_key *k;

		snprintf(name, sizeof(name), "t%u", i);
		k = tenant_keys_for(&keys, span_str(name));
		ck_assert(k != NULL && k->key.id == 7 && span_is(span_str(k->tenant), name));
	}
	ck_assert_ptr_null(tenant_keys_for(&keys, SPAN_LIT("t")));
	ck_assert_ptr_null(tenant_keys_for(&keys, SPAN_LIT("")));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("keys");
	TCase *t = tcase_create("keys");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_opens_its_own);
	tcase_add_test(t, the_first_master_seals);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
