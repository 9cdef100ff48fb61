#include "fields.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE "https://t.example/"
#define MAIL "From: a@shop.example\r\nSubject: x\r\n\r\nbody\r\n"

static struct token_sealer *sealer;
static struct arena *arena;
static struct buf out;
static const struct token_facts who = { .recipient = 5, .issued_s = 1 };

static void
setup(void)
{
	static const uint8_t master[TOKEN_MASTER_BYTES] = { 1 };
	struct token_key key;
	struct err err;

	ck_assert_int_eq(token_key_derive(master, 1, SPAN_LIT("shop"), &key, &err), 0);
	sealer = token_sealer_new(&key);
	arena = arena_new(0);
	buf_init(&out, 1 << 16);
}

static void
teardown(void)
{
	token_sealer_free(sealer);
	arena_free(arena);
	buf_free(&out);
}

static struct fields_rules
rules(void)
{
	return (struct fields_rules){ .unsubscribe = true,
		.base = SPAN_LIT(BASE),
		.address = SPAN_LIT("ann@b.example"),
		.campaign = SPAN_LIT("spring:1 x"),
		.tenant = SPAN_LIT("shop") };
}

static bool
write(const struct fields_rules *r, const char *mail)
{
	buf_reset(&out);
	return fields_write(r, sealer, &who, span_str(mail), arena, &out);
}

static bool
has(const char *s)
{
	return span_find_str(buf_all(&out), s) >= 0;
}

START_TEST(the_link_names_whom_and_what)
{
	struct fields_rules r = rules();
	struct token_facts facts;
	struct span token, rest;
	struct buf scratch;

	ck_assert(write(&r, MAIL));
	ck_assert(span_starts(buf_all(&out), "List-Unsubscribe: <" BASE "u/"));
	ck_assert(has(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFrom: "));
	ck_assert(span_ends_nocase(buf_all(&out), MAIL));
	token =
	    span_cut(span_from(buf_all(&out), strlen("List-Unsubscribe: <" BASE "u/")), '>', &rest);
	buf_init(&scratch, 4096);
	ck_assert_int_eq(token_open(sealer, token, &scratch, &facts), 0);
	ck_assert(facts.kind == TOKEN_UNSUBSCRIBE && facts.recipient == 5);
	ck_assert(span_is(facts.url, "ann@b.example") && span_is(facts.campaign, "spring:1 x"));
	buf_free(&scratch);
}
END_TEST

/* RFC 8058 3.1 wants https; the link is there all the same. */
START_TEST(one_click_needs_https)
{
	struct fields_rules r = rules();

	r.base = SPAN_LIT("http://t.example/");
	ck_assert(write(&r, MAIL));
	ck_assert(has("List-Unsubscribe: <http://t.example/u/") && !has("List-Unsubscribe-Post"));
}
END_TEST

START_TEST(mail_too_where_it_can_come_back)
{
	struct fields_rules r = rules();

	r.returns = SPAN_LIT("b+token@bounces.shop.example");
	ck_assert(write(&r, MAIL));
	ck_assert(
	    has(">,\r\n <mailto:b+token@bounces.shop.example?subject=unsubscribe>\r\nList-Uns"));
}
END_TEST

/* The bytes are for all, there is no host or key, it is not wanted: nothing comes. */
START_TEST(no_link_without)
{
	struct fields_rules r = rules();

	r.address.n = 0;
	ck_assert(!write(&r, MAIL) && out.n == 0);
	r = rules();
	r.base.n = 0;
	ck_assert(!write(&r, MAIL));
	r = rules();
	r.unsubscribe = false;
	ck_assert(!write(&r, MAIL));
	r = rules();
	buf_reset(&out);
	ck_assert(!fields_write(&r, NULL, &who, SPAN_LIT(MAIL), arena, &out));
}
END_TEST

static const struct {
	const char *header;
	bool link;
} there[] = {
	{ "List-Unsubscribe: <https://own.example>\r\n", false },
	{ "list-unsubscribe:\r\n <mailto:x@y>\r\n", false },
	{ "List-Unsubscribe-Post: x\r\n", false },
	{ "X-List-Unsubscribe: x\r\n", true },
	{ "DKIM-Signature: v=1; d=other.example; h=From:Subject; b=x\r\n", true },
	{ "DKIM-Signature: v=1; d=other.example; h=From : List-\r\n", true },
	{ "DKIM-Signature: v=1; d=other.example; h=From:\r\n LIST-Unsubscribe :Date; b=x\r\n",
	    false },
	{ "DKIM-Signature: v=1; d=other.example; h=From:List-Unsubscribe-Post; b=x\r\n", false },
};

START_TEST(no_second_one_and_no_signature_broken)
{
	struct fields_rules r = rules();
	char mail[1024];

	snprintf(mail, sizeof(mail), "%s" MAIL, there[_i].header);
	ck_assert(write(&r, mail) == there[_i].link);
}
END_TEST

/* A signature that is going to be made anew goes, and holds nothing up. */
START_TEST(ours_is_made_anew)
{
	struct fields_rules r = rules();

	r.resigned = SPAN_LIT("shop.example");
	ck_assert(
	    write(&r, "DKIM-Signature: v=1; d=shop.example;\r\n h=List-Unsubscribe; b=x\r\n" MAIL));
	ck_assert(has("List-Unsubscribe: <") && !has("DKIM-Signature"));
	ck_assert(span_ends_nocase(buf_all(&out), "One-Click\r\n" MAIL));
}
END_TEST

START_TEST(feedback_id)
{
	struct fields_rules r = rules();

	r.unsubscribe = false;
	r.sender_id = SPAN_LIT("shopsend");
	ck_assert(write(&r, MAIL));
	ck_assert(
	    span_starts(buf_all(&out), "Feedback-ID: spring_1_x:shop:mail:shopsend\r\nFrom:"));
	ck_assert(!write(&r, "Feedback-ID: own\r\n" MAIL));
}
END_TEST

START_TEST(rules_of_the_tenant)
{
	struct span add[] = { SPAN_LIT("X-A: 1"), SPAN_LIT("Precedence: bulk") };
	struct span drop[] = { SPAN_LIT("subject"), SPAN_LIT("X-None") };
	struct fields_rules r = { .add = add, .adds = 2, .drop = drop, .drops = 2 };

	ck_assert(write(&r, MAIL));
	ck_assert(span_is(
	    buf_all(&out), "X-A: 1\r\nPrecedence: bulk\r\nFrom: a@shop.example\r\n\r\nbody\r\n"));
	ck_assert(write(&r, "DKIM-Signature: d=o.example; h=X-A\r\n" MAIL));
	ck_assert(!has("X-A: 1") && has("Precedence: bulk"));
	ck_assert(write(&r, "precedence: list\r\n" MAIL));
	ck_assert(has("X-A: 1") && !has("Precedence: bulk"));
	r.adds = 0;
	ck_assert(!write(&r, "From: a@b\r\n\r\nSubject: of the body\r\n") && out.n == 0);
	ck_assert(!write(&r, ""));
}
END_TEST

START_TEST(a_rule_that_drops_makes_room)
{
	struct span add[] = { SPAN_LIT("Feedback-ID: mine") };
	struct span drop[] = { SPAN_LIT("Feedback-ID") };
	struct fields_rules r = { .drop = drop,
		.drops = 1,
		.tenant = SPAN_LIT("shop"),
		.sender_id = SPAN_LIT("shopsend") };

	ck_assert(write(&r, "Feedback-ID: own\r\n" MAIL));
	ck_assert(has("Feedback-ID: :shop:mail:shopsend") && !has("Feedback-ID: own"));
	r.add = add;
	r.adds = 1;
	ck_assert(write(&r, "Feedback-ID: own\r\n" MAIL));
	ck_assert(has("Feedback-ID: mine") && !has("shopsend") && !has("own"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fields");
	TCase *t = tcase_create("fields");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_link_names_whom_and_what);
	tcase_add_test(t, one_click_needs_https);
	tcase_add_test(t, mail_too_where_it_can_come_back);
	tcase_add_test(t, no_link_without);
	tcase_add_loop_test(
	    t, no_second_one_and_no_signature_broken, 0, sizeof(there) / sizeof(there[0]));
	tcase_add_test(t, ours_is_made_anew);
	tcase_add_test(t, feedback_id);
	tcase_add_test(t, rules_of_the_tenant);
	tcase_add_test(t, a_rule_that_drops_makes_room);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
