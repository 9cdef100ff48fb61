#include "draft.h"
#include "rules.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const struct verdict low = { .category = CATEGORY_POLICY, .confidence = 30, .rule = "code" };

static const struct unknown_entry *
note(struct unknowns *u, const char *reply, uint64_t now_s)
{
	struct arena *a = arena_new(0);
	const struct unknown_entry *e;
	struct said sd;

	said_reply(&sd, span_str(reply), a);
	e = unknown_note(u, &sd, span_str("mx.example.net"), &low, now_s);
	arena_free(a);
	return e;
}

static const struct {
	const char *reply, *text;
} masks[] = {
	{ "550 for <bob@example.org> at mx7.example.org", "for <@> at host.example" },
	{ "550 see https://example.org/why?id=77 for [192.0.2.9]", "see host.example for [[ip]]" },
	{ "421 too odd (q12ab34cd99), 17 of 20.", "too odd (0), 0 of 0." },
	{ "550 plain words: nothing else.", "plain words: nothing else." },
};

START_TEST(masked)
{
	struct unknowns *u = unknowns_new();
	const struct unknown_entry *e = note(u, masks[_i].reply, 1);

	ck_assert_msg(span_is(span_of(e->text, e->text_n), masks[_i].text), "%.*s",
	    SPAN(span_of(e->text, e->text_n)));
	unknowns_free(u);
}
END_TEST

START_TEST(counted)
{
	struct unknowns *u = unknowns_new();
	const struct unknown_entry *top[10];

	note(u, "550 odd words for <bob@example.org>", 10);
	note(u, "550 odd words for <eve@example.com>", 20);
	note(u, "551 odd words for <eve@example.com>", 30);
	ck_assert_uint_eq(unknowns_top(u, top, 10), 2);
	ck_assert_uint_eq(top[0]->count, 2);
	ck_assert_uint_eq(top[0]->first_s, 10);
	ck_assert_uint_eq(top[0]->last_s, 20);
	ck_assert_str_eq(top[0]->from, "mx.example.net");
	unknowns_forget(u);
	ck_assert_uint_eq(unknowns_count(u), 0);
	unknowns_free(u);
}
END_TEST

/* Full: what came once and long ago goes first; what comes often stays. */
START_TEST(bounded)
{
	struct unknowns *u = unknowns_new();
	const struct unknown_entry *top[1];
	char reply[80];

	note(u, "550 this one comes often", 1);
	note(u, "550 this one comes often", 1);
	for (unsigned i = 0; i < UNKNOWN_MAX + 300; i++) {
		snprintf(reply, sizeof(reply), "550 %c%c%c%c once", 'a' + i % 26, 'a' + i / 26 % 26,
		    'a' + i / 676 % 26, 'a' + i / 17576 % 26);
		note(u, reply, 2 + i);
	}
	ck_assert_uint_eq(unknowns_count(u), UNKNOWN_MAX);
	ck_assert_uint_eq(unknowns_top(u, top, 1), 1);
	ck_assert_uint_eq(top[0]->count, 2);
	unknowns_free(u);
}
END_TEST

static void
must_load(const struct unknown_entry *e)
{
	struct buf draft;
	struct rules *rs;
	struct err err;

	buf_init(&draft, 8192);
	draft_rule(e, &draft);
	ck_assert(!buf_over(&draft));
	rs = rules_load("draft", buf_all(&draft), NULL, &err);
	ck_assert_msg(rs != NULL, "%s\n%.*s", err.text, SPAN(buf_all(&draft)));
	rules_free(rs);
	buf_free(&draft);
}

static const char *const drafted[] = {
	"550 5.7.1 <bob@example.org>: (a+b)* [x] \\d \"quoted\" {2} ^ $ | ?",
	"550 it is odd at mx1.example.org, says q8888abc777",
	"450 [192.0.2.1]",
	"550",
	"550 5.1.1",
	"words and no code \\",
	"\\",
	"550 \"",
	"550 a very long reply goes on and on with words, longer than patterns are",
	"550 5.9.9 \xc3\xbc\xc3\xb6 \xff unbekannt",
	"550 # no comment { }",
	"550 550 550 5.1.1 550",
	"421 4.7.0 - - - -",
};

START_TEST(drafts_load)
{
	struct unknowns *u = unknowns_new();

	must_load(note(u, drafted[_i], 1));
	unknowns_free(u);
}
END_TEST

START_TEST(any_draft_loads)
{
	struct unknowns *u = unknowns_new();
	char reply[120] = "550 ";

	srand(7);
	for (unsigned i = 0; i < 400; i++) {
		unsigned n = 4 + (unsigned)rand() % 60;

		for (unsigned k = 4; k < n; k++)
			reply[k] = (char)(1 + rand() % (i % 2 == 0 ? 127 : 255));
		reply[n] = '\0';
		must_load(note(u, reply, 1));
	}
	unknowns_free(u);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("unknown");
	TCase *t = tcase_create("all");
	SRunner *run = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, masked, 0, (int)(sizeof(masks) / sizeof(masks[0])));
	tcase_add_test(t, counted);
	tcase_add_test(t, bounded);
	tcase_add_loop_test(t, drafts_load, 0, (int)(sizeof(drafted) / sizeof(drafted[0])));
	tcase_add_test(t, any_draft_loads);
	srunner_run_all(run, CK_NORMAL);
	failed = srunner_ntests_failed(run);
	srunner_free(run);
	return failed != 0;
}
