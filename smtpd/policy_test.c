#include "policy.h"

#include <check.h>

static const char text[] = "hostname relay.example\norigin acme.example\n"
			   "alias root Abuse ops@acme.example\nalias www web@in.example\n"
			   "feedback-address fbl@relay.example Loop@elsewhere.example\n"
			   "tenant acme {\n\tdomain acme.example News.acme.example\n"
			   "\tallow 10.1.0.0/16\n\tbounce-domain b.acme.example\n"
			   "\tfeedback-address spam@b.acme.example\n}\n"
			   "tenant other {\n\tdomain other.example\n}\n"
			   "accept in.example { }\n"
			   "accept Mixed.Example {\n\ttenant other\n}\n"
			   "listener in {\n\taddress 127.0.0.1:25\n\ttenant other\n"
			   "\tallow 192.0.2.0/24\n}\n";

static struct conf *conf;
static struct policy *policy;
static struct listener_conf listener;

static void
setup(void)
{
	conf = conf_read_text(&smtpd_table, "t.conf", span_str(text));
	ck_assert_msg(conf_errors(conf) == 0, "%.*s", SPAN(conf_messages(conf)));
	policy = policy_new(conf);
	listener_conf_read(conf_first(conf_top(conf), "listener"), &listener);
}

static void
teardown(void)
{
	policy_free(policy);
	conf_free(conf);
}

static const struct {
	const char *from;
	bool ok;
} senders[] = {
	{ "", true },
	{ "a@acme.example", true },
	{ "a@ACME.example", true },
	{ "a@news.acme.example", true },
	{ "a@x.acme.example", false },
	{ "a@other.example", false },
	{ "\"a@acme.example\"@evil.example", false },
	{ "acme.example", false },
};

START_TEST(senders_of_a_tenant)
{
	ck_assert(policy_sender_ok(policy_tenant(policy, span_str("acme")),
		      span_str(senders[_i].from)) == senders[_i].ok);
}
END_TEST

static const struct {
	const char *sender, *local, *domain;
	enum rcpt_way way;
	const char *tenant;
} rcpts[] = {
	{ NULL, "a", "elsewhere.example", RCPT_DENIED, NULL },
	{ NULL, "a", "acme.example", RCPT_DENIED, NULL },
	{ NULL, "postmaster", "acme.example", RCPT_DENIED, NULL },
	{ NULL, "a", "in.example", RCPT_ACCEPT, NULL },
	{ NULL, "a", "mixed.example", RCPT_ACCEPT, "other" },
	{ NULL, "a", "sub.in.example", RCPT_DENIED, NULL },
	{ NULL, "Abuse", "in.example", RCPT_ACCEPT, NULL },
	{ NULL, "postmaster", "b.acme.example", RCPT_POSTMASTER, NULL },
	{ NULL, "postmaster", "relay.example", RCPT_POSTMASTER, NULL },
	{ NULL, "root", "relay.example", RCPT_DENIED, NULL },
	{ NULL, "Postmaster", "", RCPT_POSTMASTER, NULL },
	{ NULL, "b+1", "b.acme.example", RCPT_BOUNCE, "acme" },
	{ "acme", "a", "elsewhere.example", RCPT_RELAY, NULL },
	{ "other", "b+1", "b.acme.example", RCPT_BOUNCE, "acme" },
	{ NULL, "FBL", "relay.example", RCPT_FEEDBACK, NULL },
	{ NULL, "loop", "elsewhere.example", RCPT_FEEDBACK, NULL },
	{ "acme", "loop", "elsewhere.example", RCPT_FEEDBACK, NULL },
	{ NULL, "spam", "b.acme.example", RCPT_FEEDBACK, NULL },
	{ NULL, "loopy", "elsewhere.example", RCPT_DENIED, NULL },
	{ NULL, "a%elsewhere.example", "in.example", RCPT_ROUTED, NULL },
	{ NULL, "elsewhere.example!a", "in.example", RCPT_ROUTED, NULL },
	{ NULL, "\"a@elsewhere.example\"", "in.example", RCPT_ROUTED, NULL },
	{ NULL, "\"a\\@elsewhere.example\"", "in.example", RCPT_ROUTED, NULL },
	{ NULL, "a%elsewhere.example", "mixed.example", RCPT_ROUTED, "other" },
	{ NULL, "a%elsewhere.example", "elsewhere.example", RCPT_DENIED, NULL },
	{ "acme", "a%elsewhere.example", "in.example", RCPT_RELAY, NULL },
};

START_TEST(recipients)
{
	const struct tenant *sender =
	    rcpts[_i].sender == NULL ? NULL : policy_tenant(policy, span_str(rcpts[_i].sender));
	struct rcpt_decision d =
	    policy_rcpt(policy, sender, span_str(rcpts[_i].local), span_str(rcpts[_i].domain));

	ck_assert_int_eq(d.way, rcpts[_i].way);
	if (rcpts[_i].tenant == NULL)
		ck_assert_ptr_null(d.tenant);
	else
		ck_assert_str_eq(d.tenant->name, rcpts[_i].tenant);
}
END_TEST

static const struct {
	const char *address, *tenant;
} clients[] = {
	{ "10.1.2.3", "acme" },
	{ "192.0.2.9", "other" },
	{ "10.2.0.1", NULL },
};

START_TEST(clients_without_login)
{
	const struct tenant *t;
	struct ip ip;

	ck_assert_int_eq(ip_read(span_str(clients[_i].address), &ip), 0);
	t = policy_client(policy, &listener, &ip);
	if (clients[_i].tenant == NULL)
		ck_assert_ptr_null(t);
	else
		ck_assert_str_eq(t->name, clients[_i].tenant);
}
END_TEST

static const struct {
	const char *local, *domain, *to;
} aliases[] = {
	{ "root", "relay.example", "ops@acme.example" },
	{ "ABUSE", "acme.example", "ops@acme.example" },
	{ "www", "relay.example", "web@in.example" },
	{ "www", "in.example", "" },
	{ "ops", "acme.example", "" },
	{ "", "relay.example", "" },
};

START_TEST(names_that_people_read_elsewhere)
{
	ck_assert(
	    span_is(policy_alias(policy, span_str(aliases[_i].local), span_str(aliases[_i].domain)),
		aliases[_i].to));
	ck_assert(span_is(policy_postmaster(policy, SPAN_LIT("abuse")), "ops@acme.example"));
	ck_assert(
	    span_is(policy_postmaster(policy, SPAN_LIT("postmaster")), "postmaster@in.example"));
}
END_TEST

#define N(list) (sizeof(list) / sizeof((list)[0]))

int
main(void)
{
	Suite *suite = suite_create("policy");
	TCase *t = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, senders_of_a_tenant, 0, N(senders));
	tcase_add_loop_test(t, recipients, 0, N(rcpts));
	tcase_add_loop_test(t, names_that_people_read_elsewhere, 0, N(aliases));
	tcase_add_loop_test(t, clients_without_login, 0, N(clients));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
