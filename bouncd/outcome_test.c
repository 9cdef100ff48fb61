#include "outcome.h"

#include <check.h>
#include <stdlib.h>

#define ANN "ann@example.com"

static const struct bounce_keys keys = { { { 1, { 7 } } }, 1 };
static const struct bounce_owner first = { SPAN_LIT("first"), SPAN_LIT("b.first.test") };
static struct came_back back;
static struct came_recipient rcpts[3];
static struct looked_up looked[2];
static struct outcome out[OUTCOMES_MAX];
static enum tie tie;

static struct outcome_facts
facts(enum kind kind, enum tie how, unsigned n_rcpts, unsigned n_looked)
{
	struct bounce_token token = { .recipient = 0 };
	char local[BOUNCE_LOCAL_MAX + 1];

	back = (struct came_back){
		.kind = kind, .n_recipients = n_rcpts, .recipients = n_rcpts > 0 ? rcpts : NULL
	};
	for (unsigned i = 0; i < n_rcpts; i++)
		rcpts[i].next = i + 1 < n_rcpts ? &rcpts[i + 1] : NULL;
	bounce_token_make(&keys.at[0], &first, SPAN_LIT(ANN), &token, '+', local);
	return (struct outcome_facts){ .back = &back,
		.tie = how,
		.keys = &keys,
		.owner = first,
		.token = token,
		.looked = looked,
		.looked_n = n_looked };
}

static void
report(unsigned i, const char *address, const char *original)
{
	rcpts[i] = (struct came_recipient){ .address = span_str(address),
		.original = span_str(original),
		.action = ACTION_FAILED };
}

static void
index_says(unsigned i, const char *recipient, const struct came_recipient *rcpt)
{
	looked[i] = (struct looked_up){ .rcpt = rcpt,
		.found = { .found = true,
		    .index = i,
		    .tenant = SPAN_LIT("first"),
		    .recipient = span_str(recipient) } };
}

START_TEST(a_token_speaks_for_its_address)
{
	struct outcome_facts f = facts(KIND_BOUNCE, TIE_TOKEN, 2, 0);

	report(0, "eve@example.com", "");
	report(1, "Ann@Example.com", "");
	f = facts(KIND_BOUNCE, TIE_TOKEN, 2, 0);
	ck_assert_uint_eq(outcomes_of(&f, &tie, out), 1);
	ck_assert(out[0].kind == OUTCOME_BOUNCED && out[0].rcpt == &rcpts[1]);
	ck_assert(span_is(out[0].address, "Ann@Example.com") && out[0].reported.n == 0);
}
END_TEST

START_TEST(forwarded_address_counts_for_the_tags)
{
	struct outcome_facts f;

	report(0, "ann@home.example", "");
	index_says(0, ANN, NULL);
	f = facts(KIND_BOUNCE, TIE_TOKEN, 1, 1);
	ck_assert_uint_eq(outcomes_of(&f, &tie, out), 1);
	ck_assert(out[0].kind == OUTCOME_BOUNCED && span_is(out[0].address, ANN));
	ck_assert(span_is(out[0].reported, "ann@home.example"));
	report(0, "ann@home.example", ANN); /* by Original-Recipient, without the index */
	f = facts(KIND_BOUNCE, TIE_TOKEN, 1, 0);
	outcomes_of(&f, &tie, out);
	ck_assert(span_is(out[0].address, ANN) && span_is(out[0].reported, "ann@home.example"));
}
END_TEST

START_TEST(a_token_does_not_speak_for_others)
{
	struct outcome_facts f;

	report(0, "victim@example.com", "");
	f = facts(KIND_BOUNCE, TIE_TOKEN, 1, 0); /* nobody knows whose the token was */
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].address.n == 0 && span_is(out[0].reported, "victim@example.com"));
	index_says(0, "victim@example.com", NULL); /* a wrong index does not help either */
	f = facts(KIND_BOUNCE, TIE_TOKEN, 1, 1);
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].address.n == 0);
	report(1, "other@example.com", "");
	index_says(0, ANN, NULL);
	f = facts(KIND_BOUNCE, TIE_TOKEN, 2, 1); /* about others: no bounce of ann's */
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].kind == OUTCOME_RETURNED && span_is(out[0].address, ANN));
}
END_TEST

/* The mail goes on for it: to be tried again, or to another member of an alias. */
START_TEST(what_goes_on_has_not_bounced)
{
	struct outcome_facts f;

	report(0, "eve@example.com", "");
	report(1, ANN, "");
	rcpts[1].action = ACTION_DELAYED;
	f = facts(KIND_BOUNCE, TIE_TOKEN, 2, 0);
	outcomes_of(&f, &tie, out);
	ck_assert_int_eq(out[0].kind, OUTCOME_RETURNED);
	report(0, "gone@home.example", ANN);
	rcpts[0].action = ACTION_PARTLY;
	f = facts(KIND_BOUNCE, TIE_TOKEN, 1, 0);
	outcomes_of(&f, &tie, out);
	ck_assert_int_eq(out[0].kind, OUTCOME_RETURNED);
	report(0, "eve@example.com", "");
	rcpts[0].action = ACTION_DELAYED;
	index_says(0, "eve@example.com", &rcpts[0]);
	report(1, ANN, "");
	index_says(1, ANN, &rcpts[1]);
	f = facts(KIND_BOUNCE, TIE_MESSAGE_ID, 2, 2);
	ck_assert_uint_eq(outcomes_of(&f, &tie, out), 2);
	ck_assert_int_eq(out[0].kind, OUTCOME_RETURNED);
	ck_assert_int_eq(out[1].kind, OUTCOME_BOUNCED);
}
END_TEST

/* Who is asked about in vain, as when trackd-stats is away: the token itself says for whom it was made. */
START_TEST(a_token_needs_nobody_to_know_its_address)
{
	struct outcome_facts f = facts(KIND_OTHER, TIE_TOKEN, 0, 0);

	back.sub = KIND_SUB_UNSUBSCRIBE;
	f.from = SPAN_LIT("ANN@example.com");
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].kind == OUTCOME_UNSUBSCRIBED && span_is_nocase(out[0].address, ANN));
	f.from = SPAN_LIT("victim@example.com");
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].kind == OUTCOME_UNSUBSCRIBED && out[0].address.n == 0);
	back.original_to = SPAN_LIT(ANN);
	outcomes_of(&f, &tie, out);
	ck_assert(span_is(out[0].address, ANN));
}
END_TEST

START_TEST(a_token_is_of_its_tenant)
{
	struct outcome_facts f;

	report(0, ANN, "");
	index_says(0, ANN, NULL);
	looked[0].found.tenant = SPAN_LIT("second"); /* not the delivery it was made for */
	f = facts(KIND_COMPLAINT, TIE_TOKEN, 1, 1);
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].of == NULL && span_is(out[0].address, ANN));
	f.owner.tenant = SPAN_LIT("second");
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].address.n == 0);
	f = facts(KIND_COMPLAINT, TIE_TOKEN, 1, 1);
	f.owner.domain = SPAN_LIT("b.second.test");
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].address.n == 0);
}
END_TEST

START_TEST(a_forged_original_recipient_helps_nobody)
{
	struct outcome_facts f;

	report(0, "mallory@evil.example", "victim@example.com");
	f = facts(KIND_BOUNCE, TIE_TOKEN, 1, 0);
	f.known = SPAN_LIT("victim@example.com");
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].address.n == 0);
	back.original_to = SPAN_LIT("victim@example.com");
	f.from = SPAN_LIT("victim@example.com");
	outcomes_of(&f, &tie, out);
	ck_assert(out[0].address.n == 0);
}
END_TEST

START_TEST(message_id_needs_a_hit)
{
	struct outcome_facts f;

	report(0, ANN, "");
	report(1, "bob@example.com", "");
	index_says(0, ANN, &rcpts[0]);
	index_says(1, "", &rcpts[1]);
	f = facts(KIND_BOUNCE, TIE_MESSAGE_ID, 2, 2);
	ck_assert_uint_eq(outcomes_of(&f, &tie, out), 1);
	ck_assert(tie == TIE_MESSAGE_ID && out[0].kind == OUTCOME_BOUNCED &&
		  out[0].of == &looked[0].found);
	index_says(0, "", &rcpts[0]);
	f = facts(KIND_BOUNCE, TIE_MESSAGE_ID, 2, 2);
	ck_assert_uint_eq(outcomes_of(&f, &tie, out), 1);
	ck_assert(tie == TIE_NONE && out[0].kind == OUTCOME_RETURNED && out[0].address.n == 0);
	ck_assert(span_is(out[0].reported, ANN));
}
END_TEST

static const struct {
	const char *name;
	enum kind kind;
	enum kind_sub sub;
	const char *feedback;
	enum tie tie;
	enum outcome_kind want;
} cases[] = {
	{ "a warning", KIND_DELAYED, 0, "", TIE_TOKEN, OUTCOME_RETURNED },
	{ "a success report", KIND_DELIVERED, 0, "", TIE_TOKEN, OUTCOME_RETURNED },
	{ "a complaint", KIND_COMPLAINT, 0, "abuse", TIE_HEADER_TOKEN, OUTCOME_COMPLAINT },
	{ "not spam", KIND_COMPLAINT, 0, "not-spam", TIE_TOKEN, OUTCOME_RETURNED },
	{ "opt-out", KIND_COMPLAINT, 0, "opt-out", TIE_TOKEN, OUTCOME_UNSUBSCRIBED },
	{ "a complaint of nobody", KIND_COMPLAINT, 0, "abuse", TIE_NONE, OUTCOME_RETURNED },
	{ "a forged bounce", KIND_BOUNCE, 0, "", TIE_NONE, OUTCOME_RETURNED },
	{ "vacation", KIND_AUTOREPLY, KIND_SUB_VACATION, "", TIE_NONE, OUTCOME_AUTOREPLY },
	{ "a person", KIND_OTHER, KIND_SUB_HUMAN, "", TIE_TOKEN, OUTCOME_REPLY },
	{ "wants out", KIND_OTHER, KIND_SUB_UNSUBSCRIBE, "", TIE_TOKEN, OUTCOME_UNSUBSCRIBED },
	{ "a stranger wants somebody out", KIND_OTHER, KIND_SUB_UNSUBSCRIBE, "", TIE_NONE,
	    OUTCOME_RETURNED },
	{ "a ticket", KIND_OTHER, KIND_SUB_TICKET, "", TIE_TOKEN, OUTCOME_RETURNED },
};

START_TEST(kinds)
{
	struct outcome_facts f = facts(cases[_i].kind, cases[_i].tie, 0, 0);

	back.sub = cases[_i].sub;
	back.feedback_type = span_str(cases[_i].feedback);
	outcomes_of(&f, &tie, out);
	ck_assert_msg(
	    out[0].kind == cases[_i].want, "%s: %s", cases[_i].name, outcome_word(out[0].kind));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("outcome");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, a_token_speaks_for_its_address);
	tcase_add_test(t, forwarded_address_counts_for_the_tags);
	tcase_add_test(t, a_token_does_not_speak_for_others);
	tcase_add_test(t, what_goes_on_has_not_bounced);
	tcase_add_test(t, a_token_needs_nobody_to_know_its_address);
	tcase_add_test(t, a_token_is_of_its_tenant);
	tcase_add_test(t, a_forged_original_recipient_helps_nobody);
	tcase_add_test(t, message_id_needs_a_hit);
	tcase_add_loop_test(t, kinds, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
