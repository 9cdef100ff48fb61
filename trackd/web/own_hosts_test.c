#include "own_hosts.h"
#include "../trackd_conf.h"

#include <check.h>

static const char text[] = "tracking {\n\turl https://t.house.test/\n}\n"
			   "tenant a {\n\ttracking-url https://Links.A.test:8443/x/\n}\n"
			   "tenant b {\n\ttracking-url https://shared.test/\n}\n"
			   "tenant c {\n\ttracking-url https://shared.test/\n}\n"
			   "tenant six {\n\ttracking-url http://[2001:db8::1]:8080/\n}\n"
			   "tenant d {\n}\n";

static const struct {
	const char *host, *tenant;
	bool answers;
} cases[] = {
	{ "links.a.test", "a", true },
	{ "LINKS.a.test", "a", true },
	{ "links.a.test", "b", false },
	{ "links.a.test", "d", false },
	{ "shared.test", "b", true },
	{ "shared.test", "c", true },
	{ "shared.test", "a", false },
	{ "t.house.test", "d", true },
	{ "t.house.test", "a", false },
	{ "[2001:db8::1]", "six", true },
	{ "[2001:db8::1]", "a", false },
	{ "behind.a.proxy", "a", true },
	{ "", "a", true },
};

START_TEST(hosts)
{
	struct arena *arena = arena_new(0);
	struct conf *conf = conf_read_text(&web_table, "t.conf", span_str(text));

	ck_assert_msg(conf_errors(conf) == 0, "%.*s", SPAN(conf_messages(conf)));
	own_hosts_make(conf, arena);
	ck_assert(
	    own_hosts_answer(span_str(cases[_i].host), cases[_i].tenant) == cases[_i].answers);
	arena_free(arena);
	conf_free(conf);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("own_hosts");
	TCase *t = tcase_create("own_hosts");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_loop_test(t, hosts, 0, sizeof(cases) / sizeof(cases[0]));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
