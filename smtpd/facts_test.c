#include "facts.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

START_TEST(fields_are_found)
{
	static const char header[] =
	    "Received: a\r\n\tb\r\nX-Posthouse-Campaign: spring\r\n"
	    "RECEIVED: c\r\nFrom: a@b,\r\n c@d\r\nX-Posthouse-Tags: x\r\n y\r\n"
	    "x-posthouse-track: opens, clicks, Text\r\nDate: now\r\n"
	    "Message-ID:\r\n <one@a.example>\r\nMessage-ID: <two@a.example>\r\n";
	struct arena *a = arena_new(0);
	struct facts f = { 0 };
	struct header_facts h;

	ck_assert_int_eq(header_facts_read(span_str(header), a, &h, &f), 0);
	ck_assert_uint_eq(h.received, 2);
	ck_assert(h.has_date && h.has_message_id && h.from_n == 1);
	ck_assert(span_is(h.message_id, "one@a.example"));
	ck_assert(span_is(h.from, " a@b,\r\n c@d"));
	ck_assert(span_is(h.campaign, "spring") && span_is(h.tags, "x y"));
	ck_assert(h.has_track && h.track_clicks && h.track_opens && h.track_text);
	ck_assert_uint_eq(h.track_unknown.n, 0);
	ck_assert_uint_eq(f.drops_n, 2); /* neighbours are one */
	ck_assert(memcmp(header + f.drops[0].start, "X-Posthouse-C", 13) == 0);
	ck_assert(memcmp(header + f.drops[1].start + f.drops[1].length, "Date", 4) == 0);
	arena_free(a);
}
END_TEST

START_TEST(what_to_track)
{
	static const struct {
		const char *words, *unknown;
		bool clicks, opens;
	} asked[] = {
		{ "none", "", false, false },
		{ "", "", false, false },
		{ "clicks,", "", true, false },
		{ "opens yes clicks", "yes", true, true },
		{ "clicks,opens", "clicks,opens", false, false },
	};
	struct arena *a = arena_new(0);
	struct header_facts h;
	struct facts f;
	char header[100];

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		snprintf(header, sizeof(header), "X-Posthouse-Track: %s\r\n", asked[i].words);
		f = (struct facts){ 0 };
		ck_assert_int_eq(header_facts_read(span_str(header), a, &h, &f), 0);
		ck_assert(h.has_track && h.track_clicks == asked[i].clicks);
		ck_assert(h.track_opens == asked[i].opens && !h.track_text);
		ck_assert(span_is(h.track_unknown, asked[i].unknown));
	}
	arena_free(a);
}
END_TEST

START_TEST(too_many_drops)
{
	struct arena *a = arena_new(0);
	struct facts f = { 0 };
	struct header_facts h;
	char header[1024] = "";

	for (unsigned i = 0; i <= FACTS_DROPS_MAX; i++)
		strcat(header, "X-Posthouse-A: b\r\nC: d\r\n");
	ck_assert_int_eq(header_facts_read(span_str(header), a, &h, &f), -1);
	arena_free(a);
}
END_TEST

/* It would stand amid the header, behind the fields that we add. */
START_TEST(an_mbox_line_is_left_out)
{
	static const struct {
		const char *header;
		unsigned dropped;
	} cases[] = {
		{ "From news@a.example Mon Nov 30 10:00:00 2026\r\nX-Posthouse-Tags: a\r\nDate: "
		  "x\r\n",
		    67 },
		{ ">From news@a.example Mon\r\nDate: x\r\n", 26 },
		{ "From : news@a.example\r\nDate: x\r\n", 0 },
		{ "From: news@a.example\r\nDate: x\r\n", 0 },
		{ "Date: x\r\nFrom news@a.example Mon\r\n", 0 },
	};

	for (unsigned i = 0; i < 5; i++) {
		struct arena *a = arena_new(0);
		struct facts f = { 0 };
		struct header_facts h;

		ck_assert_int_eq(header_facts_read(span_str(cases[i].header), a, &h, &f), 0);
		ck_assert(h.has_date);
		ck_assert_uint_eq(f.drops_n, cases[i].dropped > 0);
		ck_assert_uint_eq(f.drops[0].start + f.drops[0].length, cases[i].dropped);
		arena_free(a);
	}
}
END_TEST

START_TEST(no_header_at_all)
{
	struct arena *a = arena_new(0);
	struct facts f = { 0 };
	struct header_facts h;

	ck_assert_int_eq(header_facts_read(span_str("just words\r\n"), a, &h, &f), 0);
	ck_assert(h.from_n == 0 && !h.has_date && f.drops_n == 0);
	ck_assert_int_eq(header_facts_read(span_of(NULL, 0), a, &h, &f), 0);
	arena_free(a);
}
END_TEST

/* Lines are added to the buffer the header stands in, and it moves. */
START_TEST(facts_outlive_the_header)
{
	char text[] =
	    "From: a@b.example\r\nX-Posthouse-Campaign: spring\r\nX-Posthouse-Tags: x y\r\n"
	    "X-Posthouse-Track: all\r\nMessage-ID: <1@b.example>\r\n";
	struct arena *a = arena_new(0);
	struct header_facts h;
	struct facts f = { 0 };

	ck_assert_int_eq(header_facts_read(span_str(text), a, &h, &f), 0);
	memset(text, '#', sizeof(text));
	ck_assert(span_is(span_trim(h.from), "a@b.example"));
	ck_assert(span_is(h.campaign, "spring"));
	ck_assert(span_is(h.tags, "x y"));
	ck_assert(span_is(h.track_unknown, "all"));
	ck_assert(span_is(h.message_id, "1@b.example"));
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("facts");
	TCase *t = tcase_create("facts");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_test(t, fields_are_found);
	tcase_add_test(t, what_to_track);
	tcase_add_test(t, an_mbox_line_is_left_out);
	tcase_add_test(t, too_many_drops);
	tcase_add_test(t, no_header_at_all);
	tcase_add_test(t, facts_outlive_the_header);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
