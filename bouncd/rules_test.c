#include "rules.h"
#include "classify.h"

#include <check.h>

static struct rules *
load(const char *text, struct err *err)
{
	return rules_load("test.conf", span_str(text), NULL, err);
}

#define RULE(name, conditions, example)                                                            \
	"rule " name " {\n" conditions "\ncategory policy\nexample \"" example "\"\n}\n"

/* A file that must be refused, and a piece of what is said. */
static const struct {
	const char *text, *says;
} bad[] = {
	{ RULE("a", "match \"x\"", "550 y"), "does not match its rule" },
	{ RULE("a", "match \"x\"", "550 x") RULE("b", "match \"x\"\ncode 550", "550 x"),
	    "is won by rule b" },
	/* dead: a more general one of higher rank takes all it could win */
	{ RULE("wide", "match \"x\"\nrank 8", "550 x") RULE("dead", "match \"x y\"", "550 x y"),
	    "test.conf:10" },
	{ RULE("a", "match \"x\"", "550 x") RULE("b", "match \"x\"", "550 x"),
	    "matched as well by another" },
	{ RULE("a", "match \"(\"", "550 x"), "test.conf:2" },
	{ RULE("a", "code 5y0", "550 x"), "not a reply code" },
	{ RULE("a", "status 5.1", "550 5.1.1 x"), "not an enhanced status" },
	{ RULE("a", "provider nobody", "550 x"), "no such provider" },
	{ RULE("a", "", "550 x"), "needs a condition" },
	{ "rule a {\nmatch \"x\"\ncategory policy\n}\n", "example" },
	{ RULE("a", "match \"name\"", "550 filename"), "does not match its rule" },
	{ "dead a {\nwho \"user\"\nexample \"550 user\"\n}\n", "needs who and is" },
	{ "dead a {\nwho \"user\"\nis \"gone\"\nexample \"550 user was gone\"\n}\n",
	    "does not say it" },
	{ "dead a {\nwho \"user\"\nis \"gone\"\nexample \"550 superuser gone\"\n}\n",
	    "does not say it" },
	{ "doubt a {\nexample \"550 x\"\n}\n", "needs a condition" },
	{ "doubt a {\nmatch \"later\"\nexample \"550 never\"\n}\n", "does not match its doubt" },
	{ "doubt a {\nstatus 5\nexample \"550 never\"\n}\n", "not an enhanced status" },
	{ "rule a {\nmatch \"x\"\ncategory nonsense\nexample \"x\"\n}\n", "nonsense" },
};

START_TEST(refused)
{
	struct err err;

	ck_assert_ptr_null(load(bad[_i].text, &err));
	ck_assert_msg(span_find_str(span_str(err.text), bad[_i].says) >= 0, "%s", err.text);
}
END_TEST

static const char shop[] = "provider big {\nmx *.big.example\nmatch \"big[.]example\"\n}\n" RULE(
    "low", "match \"x\"", "520 x") RULE("code", "match \"x\"\ncode 55x", "551 x")
    RULE("status", "match \"x\"\nstatus 5.1.*", "510 5.1.9 x")
	RULE("theirs", "provider big\nmatch \"x\"", "520 x big.example")
	    RULE("high", "match \"h\"\nrank 6", "520 h x");

static const struct {
	const char *reply, *mx, *rule;
} wins[] = {
	{ "520 x", "", "low" },
	{ "551 x", "", "code" },
	{ "551 5.1.9 x", "", "status" },
	{ "551 5.1.9 x", "mx1.big.example", "theirs" },
	{ "551 5.1.9 x", "MX1.BIG.EXAMPLE", "theirs" },
	{ "551 5.1.9 x big.example", "other.example", "theirs" },
	{ "551 5.1.9 x h", "mx1.big.example", "high" },
	{ "551 y", "", NULL },
};

START_TEST(most_specific_wins)
{
	struct err err;
	struct rules *rs = load(shop, &err);
	struct arena *a = arena_new(0);
	struct rule *r;
	struct said sd;

	ck_assert_msg(rs != NULL, "%s", err.text);
	said_reply(&sd, span_str(wins[_i].reply), a);
	r = rules_find(rs, rules_provider(rs, span_str(wins[_i].mx), &sd), &sd);
	if (wins[_i].rule == NULL)
		ck_assert_ptr_null(r);
	else {
		ck_assert_str_eq(r->name, wins[_i].rule);
	}
	arena_free(a);
	rules_free(rs);
}
END_TEST

#define WORDS                                                                                      \
	"rule gone {\nmatch \"gone\" \"away\"\ncategory bad-mailbox\nexample \"550 gone\"\n}\n"    \
	"rule sure {\nmatch \"shut for ever\"\nclass hard\ncategory inactive\nexample \"550 shut " \
	"for "                                                                                     \
	"ever\"\n}\n"                                                                              \
	"dead a {\nwho \"user\"\nis \"gone\"\nno \"away is\"\nbetween \"is\" \"now\"\nexample "    \
	"\"550 user is "                                                                           \
	"now gone\"\n}\n"                                                                          \
	"doubt time {\nmatch \"later\"\nexample \"550 later\"\n}\n"                                \
	"doubt ours {\nmatch \"your\"\nwithin sentence\nexample \"550 your\"\n}\n"

/* What condemns, and what takes it back; doubt NULL: hard. */
static const struct {
	const char *reply, *doubt;
} condemned[] = {
	{ "550 user gone", NULL },
	{ "550 User <a@b.example> is now gone.", NULL },
	{ "550 away is user", NULL },
	{ "550 gone", "unsaid" },
	{ "550 user's host is gone", "unsaid" },
	{ "550 users gone", "unsaid" },
	{ "550 x-user gone", "unsaid" },
	{ "550 user. It is gone", "unsaid" },
	{ "550 user gone. Come later", "time" },
	{ "550 your user gone", "ours" },
	{ "550 user gone. See your manual", NULL },
	{ "550 your user gone. The user gone", NULL },
	{ "550 5.1.1 gone", NULL },
	{ "550 5.1.1 your friend is gone", "ours" },
	{ "550 5.7.1 gone", "unsaid" },
	{ "550 shut for ever", NULL },
	{ "550 shut for ever. your choice", NULL },
	{ "550 shut for ever, later", "time" },
	{ "450 user gone", "" },
};

START_TEST(condemns)
{
	struct err err;
	struct rules *rs = load(WORDS, &err);
	struct arena *a = arena_new(0);
	const char *doubt = condemned[_i].doubt;
	struct verdict v;
	struct said sd;

	ck_assert_msg(rs != NULL, "%s", err.text);
	said_reply(&sd, span_str(condemned[_i].reply), a);
	v = classify(rs, &sd, span_of(NULL, 0), true);
	ck_assert_int_eq(v.class, doubt == NULL ? CLASS_HARD : CLASS_SOFT);
	ck_assert_str_eq(v.doubt, doubt == NULL ? "" : doubt);
	arena_free(a);
	rules_free(rs);
}
END_TEST

/* The shipped file: whatever it says, these must hold. */
static const struct {
	const char *reply;
	enum verdict_class class;
	enum category category;
	enum advice advice;
} meanings[] = {
	{ "550 5.1.1 user unknown", CLASS_HARD, CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS },
	{ "450 4.1.1 user unknown", CLASS_SOFT, CATEGORY_BAD_MAILBOX, ADVICE_RETRY },
	{ "552 5.2.2 mailbox full", CLASS_SOFT, CATEGORY_MAILBOX_FULL, ADVICE_NONE },
	{ "452 4.2.2 mailbox full", CLASS_SOFT, CATEGORY_MAILBOX_FULL, ADVICE_RETRY_LATER },
	{ "524 5.2.4 Mailing list expansion problem: <a@b.example>", CLASS_HARD,
	    CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS },
	{ "550 5.7.1 blocked using zen.spamhaus.org", CLASS_SOFT, CATEGORY_BLOCKED_SOURCE,
	    ADVICE_SUSPEND_LANE },
	{ "550 5.2.1 The user you are trying to contact is receiving mail at a rate that",
	    CLASS_SOFT, CATEGORY_RATE_LIMITED, ADVICE_RETRY_LATER },
	{ "550 5.2.1 The email account that you tried to reach is disabled", CLASS_HARD,
	    CATEGORY_INACTIVE, ADVICE_SUPPRESS },
	{ "451 4.7.1 Greylisted, come back", CLASS_SOFT, CATEGORY_GREYLISTED, ADVICE_RETRY_LATER },
	{ "550 5.7.26 fails SPF", CLASS_SOFT, CATEGORY_AUTH_FAILURE, ADVICE_FIX },
	{ "556 5.1.10 nullMX", CLASS_HARD, CATEGORY_NOT_ACCEPTING, ADVICE_SUPPRESS },
	{ "550 5.1.1", CLASS_HARD, CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS },
	{ "421 4.7.30 rate limited because DKIM does not pass", CLASS_SOFT, CATEGORY_AUTH_FAILURE,
	    ADVICE_FIX },
	{ "550 5.7.1 <a@example.com>... Relaying denied. IP name lookup failed [192.0.2.1]",
	    CLASS_SOFT, CATEGORY_RELAY_DENIED, ADVICE_NONE },
	{ "550 user unknown; client host [192.0.2.1] blocked using bl.example.net", CLASS_SOFT,
	    CATEGORY_BLOCKED_SOURCE, ADVICE_SUSPEND_LANE },
	{ "550 5.7.1 sender account does not exist", CLASS_SOFT, CATEGORY_BAD_SENDER, ADVICE_FIX },
	{ "535 no such user", CLASS_SOFT, CATEGORY_AUTH_FAILURE, ADVICE_FIX },
	{ "550 your hostname could not be found", CLASS_SOFT, CATEGORY_BLOCKED_SOURCE, ADVICE_FIX },
	{ "550 Der Benutzer existiert nicht", CLASS_HARD, CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS },
	{ "421 4.3.2 Service not active", CLASS_SOFT, CATEGORY_SYSTEM, ADVICE_RETRY },
	{ "550 5.2.2 it was rejected by the server", CLASS_SOFT, CATEGORY_MAILBOX_FULL,
	    ADVICE_NONE },
	{ "550 qwertz", CLASS_SOFT, CATEGORY_OTHER, ADVICE_NONE },
	{ "550 5.5.0 mailbox unavailable (S2017062302)", CLASS_HARD, CATEGORY_BAD_MAILBOX,
	    ADVICE_SUPPRESS },
	{ "550 RECIPIENT_ERROR NO_SUCH_USER", CLASS_HARD, CATEGORY_BAD_MAILBOX, ADVICE_SUPPRESS },
	{ "450 qwertz", CLASS_SOFT, CATEGORY_OTHER, ADVICE_RETRY },
	/* a full mailbox is not a sending limit, and slows nobody */
	{ "552 5.2.2 The user's email quota exceeded", CLASS_SOFT, CATEGORY_MAILBOX_FULL,
	    ADVICE_NONE },
	{ "552 5.2.2 The user's daily email quota exceeded", CLASS_SOFT, CATEGORY_MAILBOX_FULL,
	    ADVICE_NONE },
	{ "552 5.2.2 message quota exceeded for this account", CLASS_SOFT, CATEGORY_MAILBOX_FULL,
	    ADVICE_NONE },
	{ "552 The recipient's message quota has been exceeded", CLASS_SOFT, CATEGORY_MAILBOX_FULL,
	    ADVICE_NONE },
	{ "550 email quota exceeded", CLASS_SOFT, CATEGORY_MAILBOX_FULL, ADVICE_NONE },
	{ "550 5.4.5 Daily user sending quota exceeded", CLASS_SOFT, CATEGORY_RATE_LIMITED,
	    ADVICE_SLOW_LANE },
	{ "550 5.2.2 user sending quota exceeded", CLASS_SOFT, CATEGORY_RATE_LIMITED,
	    ADVICE_SLOW_LANE },
	{ "550 5.1.1 unverifiable recipient address", CLASS_SOFT, CATEGORY_BAD_MAILBOX,
	    ADVICE_NONE },
	{ "550 recipient address unverifiable", CLASS_SOFT, CATEGORY_BAD_MAILBOX, ADVICE_NONE },
	{ "550 unverifiable address: <joe@example.org>", CLASS_SOFT, CATEGORY_BAD_MAILBOX,
	    ADVICE_NONE },
	{ "550 unverifiable sender address", CLASS_SOFT, CATEGORY_BAD_SENDER, ADVICE_FIX },
	{ "550 unverifiable client hostname", CLASS_SOFT, CATEGORY_BLOCKED_SOURCE, ADVICE_FIX },
};

START_TEST(shipped_rules)
{
	struct err err;
	struct rules *rs = rules_load("etc/bounces.conf", span_of(NULL, 0), NULL, &err);
	struct arena *a = arena_new(0);
	struct verdict v;
	struct said sd;

	ck_assert_msg(rs != NULL, "%s", err.text);
	said_reply(&sd, span_str(meanings[_i].reply), a);
	v = classify(rs, &sd, span_of(NULL, 0), true);
	ck_assert_str_eq(category_word(v.category), category_word(meanings[_i].category));
	ck_assert_int_eq(v.class, meanings[_i].class);
	ck_assert_str_eq(advice_word(v.advice), advice_word(meanings[_i].advice));
	arena_free(a);
	rules_free(rs);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_loop_test(t, most_specific_wins, 0, (int)(sizeof(wins) / sizeof(wins[0])));
	tcase_add_loop_test(t, condemns, 0, (int)(sizeof(condemned) / sizeof(condemned[0])));
	tcase_add_loop_test(t, shipped_rules, 0, (int)(sizeof(meanings) / sizeof(meanings[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
