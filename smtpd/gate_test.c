#include "gate.h"
#include "policy.h"

#include <check.h>

#define CONF                                                                                       \
	"listener in {\n\taddress 127.0.0.1:25\n}\n"                                               \
	"tenant t {\n\tdomain t.test sub.t.test other.test\n\tgate refuse\n\tgate-recipients "     \
	"3\n%s\n}\n"

#define SIGNED "From: a@t.test\r\n"
#define BOTH                                                                                       \
	"List-Unsubscribe: <mailto:x@t.test>, <https://t.test/u>\r\n"                              \
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

static const struct {
	const char *what, *settings, *url, *header, *lacks; /* lacks NULL: nothing */
} cases[] = {
	{ "all of it", "", "", SIGNED BOTH, NULL },
	{ "a key above", "", "", "From: a@sub.t.test\r\n" BOTH, NULL },
	{ "no key", "", "", "From: a@other.test\r\n" BOTH, "dkim new t other.test" },
	{ "two authors, one key", "", "", "From: a@t.test, b@other.test\r\n" BOTH, "other.test" },
	{ "not signed", "sign no", "", SIGNED BOTH, "set sign yes" },
	{ "no From", "", "", BOTH, "a From field" },
	{ "by mail alone", "", "", SIGNED "List-Unsubscribe: <mailto:x@t.test>\r\n", "one-click" },
	{ "not by POST", "", "", SIGNED "List-Unsubscribe: <https://t.test/u>\r\n", "one-click" },
	{ "not https", "", "",
	    SIGNED "List-Unsubscribe: <http://t.test/u>\r\n"
		   "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
	    "one-click" },
	{ "twice", "", "", SIGNED BOTH BOTH, "one-click" },
	{ "dropped", "header-drop list-unsubscribe-post", "", SIGNED BOTH, "header-drop" },
	{ "ours", "", "https://k.test/", SIGNED "X-Posthouse-Campaign: c\r\n", NULL },
	{ "a rule's in place of ours", "header-add \"List-Unsubscribe: <mailto:x@t.test>\"",
	    "https://k.test/", SIGNED "X-Posthouse-Campaign: c\r\n", "one-click" },
	{ "ours without https", "", "http://k.test/", SIGNED "X-Posthouse-Campaign: c\r\n",
	    "one-click" },
	{ "ours is for campaigns", "", "https://k.test/", SIGNED "Precedence: bulk\r\n",
	    "one-click" },
	{ "ours always", "unsubscribe always", "https://k.test/", SIGNED "Precedence: bulk\r\n",
	    NULL },
	{ "ours never", "unsubscribe never", "https://k.test/",
	    SIGNED "X-Posthouse-Campaign: c\r\n", "one-click" },
	{ "half of the author's keeps ours away", "unsubscribe always", "https://k.test/",
	    SIGNED "List-Unsubscribe: <mailto:x@t.test>\r\n", "one-click" },
};

static struct policy *
policy_of(const char *settings, const char *url, struct conf **conf)
{
	struct buf text;
	struct policy *p;

	buf_init(&text, 4096);
	buf_printf(&text, CONF, settings);
	*conf = conf_read_text(&smtpd_table, "test", buf_all(&text));
	ck_assert_msg(conf_errors(*conf) == 0, "%.*s", SPAN(conf_messages(*conf)));
	buf_free(&text);
	p = policy_new(*conf);
	policy_signs_for(p, SPAN_LIT("t"), SPAN_LIT("t.test"));
	policy_signs_for(p, SPAN_LIT("nobody"), SPAN_LIT("t.test"));
	policy_ready(p);
	policy_tracking_url(p, SPAN_LIT("t"), span_str(url));
	return p;
}

START_TEST(what_is_lacking)
{
	struct conf *conf;
	struct policy *p = policy_of(cases[_i].settings, cases[_i].url, &conf);
	const struct gate *g = &policy_tenant(p, SPAN_LIT("t"))->gate;
	struct arena *a = arena_new(0);
	struct facts f = { 0 };
	struct header_facts h;
	struct buf lacks;

	buf_init(&lacks, 2048);
	ck_assert_int_eq(header_facts_read(span_str(cases[_i].header), a, &h, &f), 0);
	ck_assert_msg(gate_lacks(g, &h, &lacks) == (cases[_i].lacks != NULL), "%s: %.*s",
	    cases[_i].what, SPAN(buf_all(&lacks)));
	if (cases[_i].lacks != NULL)
		ck_assert_msg(span_find_str(buf_all(&lacks), cases[_i].lacks) >= 0, "%s: %.*s",
		    cases[_i].what, SPAN(buf_all(&lacks)));
	buf_free(&lacks);
	arena_free(a);
	policy_free(p);
	conf_free(conf);
}
END_TEST

static const struct {
	const char *header;
	uint32_t recipients;
	bool bulk;
} mails[] = {
	{ SIGNED, 1, false },
	{ SIGNED, 2, false },
	{ SIGNED, 3, true },
	{ SIGNED "X-Posthouse-Campaign: c\r\n", 1, true },
	{ SIGNED "Precedence: Bulk\r\n", 1, true },
	{ SIGNED "Precedence: first-class\r\n", 1, false },
	{ SIGNED "List-Id: <l.t.test>\r\n", 1, true },
	{ SIGNED "List-Unsubscribe: <mailto:x@t.test>\r\n", 1, true },
	{ SIGNED "List-Help: <mailto:x@t.test>\r\n", 1, false },
};

START_TEST(what_is_bulk)
{
	struct conf *conf;
	struct policy *p = policy_of("", "", &conf);
	struct arena *a = arena_new(0);
	struct facts f = { 0 };
	struct header_facts h;

	ck_assert_int_eq(header_facts_read(span_str(mails[_i].header), a, &h, &f), 0);
	ck_assert_msg(gate_is_bulk(&policy_tenant(p, SPAN_LIT("t"))->gate, &h,
			  mails[_i].recipients) == mails[_i].bulk,
	    "%s", mails[_i].header);
	arena_free(a);
	policy_free(p);
	conf_free(conf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gate");
	TCase *t = tcase_create("gate");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, what_is_lacking, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_loop_test(t, what_is_bulk, 0, sizeof(mails) / sizeof(mails[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
