#include "story.h"

#include <check.h>

static const struct {
	const char *event, *want;
	bool final;
} cases[] = {
	{ "{\"event\":\"received\",\"from\":\"a@a\",\"recipients\":2,\"size\":9}",
	    "received from <a@a> for 2 recipient(s), 9 bytes", false },
	{ "{\"event\":\"received\",\"recipients\":1}", "received for 1 recipient(s)", false },
	{ "{\"event\":\"deferred\",\"recipient\":\"b@b\",\"site\":\"google\",\"server\":\"mx\","
	  "\"reply\":\"421 no\",\"retry_s\":480}",
	    "deferred <b@b> at google by mx: 421 no; again in 480 s", false },
	{ "{\"event\":\"bounced\",\"recipient\":\"b@b\",\"class\":\"hard\",\"category\":\"unknown-"
	  "user\",\"reply\":\"550 {x|y}\"}",
	    "bounced <b@b>, hard, unknown-user: 550 {x|y}", true },
	{ "{\"event\":\"delivered\",\"recipient\":\"b@b\",\"tls\":\"\"}", "delivered to <b@b>",
	    true },
	{ "{\"event\":\"brandnew\",\"id\":\"x\",\"colour\":\"red\",\"n\":1,\"yes\":true}",
	    "brandnew colour=red n=1 yes=yes", false },
	{ "{\"event\":\"clicked\",\"recipient\":\"b@b\",\"client\":\"192.0.2.1\",\"agent\":"
	  "\"curl\","
	  "\"machine\":\"yes\",\"reason\":\"library-agent\",\"url\":\"https://a/\"}",
	    "clicked by <b@b> at 192.0.2.1 with curl (machine: yes, library-agent): https://a/",
	    false },
	{ "{}", "", false },
};

START_TEST(stories)
{
	json_t *event = json_loads(cases[_i].event, 0, NULL);
	struct buf out;

	buf_init(&out, 4096);
	story_line(event, &out);
	ck_assert_msg(span_is(buf_all(&out), cases[_i].want), "%s: %.*s", cases[_i].event,
	    SPAN(buf_all(&out)));
	ck_assert(story_is_final(event) == cases[_i].final);
	buf_free(&out);
	json_decref(event);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("story");
	TCase *t = tcase_create("story");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, stories, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
