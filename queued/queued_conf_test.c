#include "queued_conf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct queued_conf *
read_route(const char *settings, struct conf **conf)
{
	char text[1000];

	snprintf(text, sizeof(text), "route a.example {\n%s\n}\n", settings);
	*conf = conf_read_text(&queued_table, "t.conf", span_str(text));
	return queued_conf_new(*conf);
}

enum { REFUSED = -1 };

/* With a login the server must show who it is, unless the administrator says otherwise or it is this machine. */
static const struct {
	const char *settings;
	int tls;
} logins[] = {
	{ "to smtp.example", TLS_OPPORTUNISTIC },
	{ "to smtp.example\nlogin a\npassword b", TLS_VERIFIED },
	{ "to smtp.example\ntls verified\nlogin a\npassword b", TLS_VERIFIED },
	{ "to smtp.example\ntls required\nlogin a\npassword b", REFUSED },
	{ "to smtp.example\ntls opportunistic\nlogin a\npassword b", REFUSED },
	{ "to smtp.example\ntls none\nlogin a\npassword b", REFUSED },
	{ "to smtp.example\ntls required\nlogin a\npassword b\nlogin-unverified yes",
	    TLS_REQUIRED },
	{ "to smtp.example\nlogin a\npassword b\nlogin-unverified yes", TLS_OPPORTUNISTIC },
	{ "to 192.0.2.1\ntls required\nlogin a\npassword b", REFUSED },
	{ "to 127.0.0.2:587\nlogin a\npassword b", TLS_OPPORTUNISTIC },
	{ "to [::1]:587\ntls none\nlogin a\npassword b", TLS_NONE },
	{ "to 127.0.0.2:587 192.0.2.1\ntls none\nlogin a\npassword b", REFUSED },
	{ "to localhost\ntls none\nlogin a\npassword b", REFUSED },
};

START_TEST(passwords_and_tls)
{
	struct conf *conf;
	struct queued_conf *q = read_route(logins[_i].settings, &conf);

	if (logins[_i].tls == REFUSED)
		ck_assert_msg(conf_errors(conf) == 1, "%s", logins[_i].settings);
	else {
		const struct route *r = routes_find(&q->routes, span_str("a.example"));

		ck_assert_msg(conf_errors(conf) == 0, "%.*s", SPAN(conf_messages(conf)));
		ck_assert_msg((int)r->tls == logins[_i].tls, "%s", logins[_i].settings);
	}
	queued_conf_drop(q);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("queued_conf");
	TCase *t = tcase_create("routes");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, passwords_and_tls, 0, sizeof(logins) / sizeof(logins[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
