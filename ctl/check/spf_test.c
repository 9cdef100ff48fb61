#include "spf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum answer_type type;
	const char *data; /* NULL: DNS fails */
} zone[] = {
	{ "plain.test", ANSWER_TXT, "v=spf1 ip4:192.0.2.0/24 -all" },
	{ "plain.test", ANSWER_TXT, "another text" },
	{ "two.test", ANSWER_TXT, "v=spf1 -all" },
	{ "two.test", ANSWER_TXT, "v=spf1 +all" },
	{ "almost.test", ANSWER_TXT, "v=spf10 +all" },
	{ "a.test", ANSWER_TXT, "v=spf1 a ~all" },
	{ "a.test", ANSWER_A, "192.0.2.1" },
	{ "a24.test", ANSWER_TXT, "v=spf1 a:a.test/24//64 -all" },
	{ "mx.test", ANSWER_TXT, "v=spf1 mx ?all" },
	{ "mx.test", ANSWER_MX, "a.test" },
	{ "six.test", ANSWER_TXT, "v=spf1 ip6:2001:db8::/32 -all" },
	{ "incl.test", ANSWER_TXT, "v=spf1 include:plain.test ~all" },
	{ "inclnone.test", ANSWER_TXT, "v=spf1 include:nothing.test -all" },
	{ "redir.test", ANSWER_TXT, "v=spf1 redirect=plain.test" },
	{ "redirnone.test", ANSWER_TXT, "v=spf1 redirect=nothing.test" },
	{ "loop.test", ANSWER_TXT, "v=spf1 include:loop.test -all" },
	{ "void.test", ANSWER_TXT, "v=spf1 a:n1.test a:n2.test a:n3.test +all" },
	{ "broken.test", ANSWER_TXT, NULL },
	{ "wrong.test", ANSWER_TXT, "v=spf1 +all ipv4:192.0.2.1" },
	{ "late.test", ANSWER_TXT, "v=spf1 +all a:x/33" },
	{ "ex.test", ANSWER_TXT, "v=spf1 exists:%{ir}.%{l1r-}.%{d2}.list.test -all" },
	{ "1.2.0.192.news.ex.test.list.test", ANSWER_A, "127.0.0.2" },
	{ "twice.test", ANSWER_TXT, "v=spf1 redirect=a.test redirect=a.test" },
	{ "macro.test", ANSWER_TXT, "v=spf1 a:%{c}.test -all" },
	{ "open.test", ANSWER_TXT, "v=spf1 a:%{i.test -all" },
	{ "single.test", ANSWER_TXT, "v=spf1 a:localhost -all" },
	{ "ptr.test", ANSWER_TXT, "v=spf1 ptr -all" },
	{ "1.2.0.192.in-addr.arpa", ANSWER_PTR, "mail.ptr.test" },
	{ "mail.ptr.test", ANSWER_A, "192.0.2.1" },
	{ "empty.test", ANSWER_TXT, "v=spf1" },
	{ "allonly.test", ANSWER_TXT, "V=SPF1   ALL" },
	{ "modifier.test", ANSWER_TXT, "v=spf1 x-y=%{l}z +all" },
	{ "all-arg.test", ANSWER_TXT, "v=spf1 all:x.test" },
	{ "zero.test", ANSWER_TXT, "v=spf1 ip4:0.0.0.0/0 -all" },
	{ "lead.test", ANSWER_TXT, "v=spf1 ip4:192.0.2.1/032 -all" },
};

static void
zone_ask(void *ctx, struct span name, enum answer_type type, struct arena *arena, struct answer *a)
{
	unsigned *asked = ctx;

	(*asked)++;
	*a = (struct answer){ .status = ANSWER_NONE };
	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++) {
		if (!span_is_nocase(name, zone[i].name))
			continue;
		a->status = ANSWER_OK;
		if (zone[i].type != type)
			continue;
		if (zone[i].data == NULL) {
			a->status = ANSWER_FAILED;
			return;
		}
		a->at[a->n].data = span_str(zone[i].data);
		if (type == ANSWER_A) {
			struct ip *ip = arena_alloc(arena, sizeof(*ip));

			ck_assert_int_eq(ip_read(a->at[a->n].data, ip), 0);
			a->at[a->n].data = span_of(ip->bytes, 4);
		}
		a->n++;
	}
}

static enum spf_result
result_of(const char *ip, const char *domain)
{
	unsigned asked = 0;
	struct spf_question q = { .sender = SPAN_LIT("news-letter@ex.test"),
		.helo = SPAN_LIT("relay.test"),
		.ask = zone_ask,
		.ctx = &asked,
		.arena = arena_new(1 << 20) };
	struct spf_answer a;

	ck_assert_int_eq(ip_read(span_str(ip), &q.ip), 0);
	spf_check(&q, span_str(domain), &a);
	ck_assert_uint_le(asked, 40);
	ck_assert((a.why[0] != '\0') == (a.result >= SPF_TEMPERROR));
	arena_free(q.arena);
	return a.result;
}

static const struct {
	const char *what, *ip, *domain;
	enum spf_result result;
} cases[] = {
	{ "in the network", "192.0.2.77", "plain.test", SPF_PASS },
	{ "not in it", "192.0.3.1", "plain.test", SPF_FAIL },
	{ "no record", "192.0.2.1", "nothing.test", SPF_NONE },
	{ "another version", "192.0.2.1", "almost.test", SPF_NONE },
	{ "no domain", "192.0.2.1", "com", SPF_NONE },
	{ "two records", "192.0.2.1", "two.test", SPF_PERMERROR },
	{ "its own address", "192.0.2.1", "a.test", SPF_PASS },
	{ "another address", "192.0.2.2", "a.test", SPF_SOFTFAIL },
	{ "address with prefixes", "192.0.2.9", "a24.test", SPF_PASS },
	{ "its MX", "192.0.2.1", "mx.test", SPF_PASS },
	{ "not its MX", "192.0.2.2", "mx.test", SPF_NEUTRAL },
	{ "IPv6", "2001:db8:9::1", "six.test", SPF_PASS },
	{ "IPv6 outside", "2001:db9::1", "six.test", SPF_FAIL },
	{ "IPv4 is not IPv6", "32.1.13.184", "six.test", SPF_FAIL },
	{ "included", "192.0.2.1", "incl.test", SPF_PASS },
	{ "a fail included is no match", "198.51.100.1", "incl.test", SPF_SOFTFAIL },
	{ "nothing to include", "192.0.2.1", "inclnone.test", SPF_PERMERROR },
	{ "redirected", "198.51.100.1", "redir.test", SPF_FAIL },
	{ "redirected to nothing", "192.0.2.1", "redirnone.test", SPF_PERMERROR },
	{ "a circle ends", "192.0.2.1", "loop.test", SPF_PERMERROR },
	{ "void lookups", "192.0.2.1", "void.test", SPF_PERMERROR },
	{ "DNS fails", "192.0.2.1", "broken.test", SPF_TEMPERROR },
	{ "an unknown mechanism behind all", "192.0.2.1", "wrong.test", SPF_PERMERROR },
	{ "a prefix too long behind all", "192.0.2.1", "late.test", SPF_PERMERROR },
	{ "macros", "192.0.2.1", "ex.test", SPF_PASS },
	{ "macros, another address", "192.0.2.2", "ex.test", SPF_FAIL },
	{ "redirect twice", "192.0.2.1", "twice.test", SPF_PERMERROR },
	{ "a macro of explanations", "192.0.2.1", "macro.test", SPF_PERMERROR },
	{ "a macro not closed", "192.0.2.1", "open.test", SPF_PERMERROR },
	{ "a name of one label", "192.0.2.1", "single.test", SPF_PERMERROR },
	{ "by name", "192.0.2.1", "ptr.test", SPF_PASS },
	{ "an empty record", "192.0.2.1", "empty.test", SPF_NEUTRAL },
	{ "capitals and spaces", "192.0.2.1", "allonly.test", SPF_PASS },
	{ "an unknown modifier", "192.0.2.1", "modifier.test", SPF_PASS },
	{ "all with an argument", "192.0.2.1", "all-arg.test", SPF_PERMERROR },
	{ "everybody's network", "203.0.113.1", "zero.test", SPF_PASS },
	{ "a prefix with a zero in front", "192.0.2.1", "lead.test", SPF_PERMERROR },
};

START_TEST(results)
{
	enum spf_result r = result_of(cases[_i].ip, cases[_i].domain);

	ck_assert_msg(r == cases[_i].result, "%s: %s", cases[_i].what, spf_word(r));
}
END_TEST

/* Records of any bytes: an answer, and no more questions than the limits allow. */
static struct span hostile;

static void
hostile_ask(
    void *ctx, struct span name, enum answer_type type, struct arena *arena, struct answer *a)
{
	(void)name, (void)arena;
	*a = (struct answer){ .status = ANSWER_OK, .n = type == ANSWER_TXT ? 1 : 3 };
	for (unsigned i = 0; i < a->n; i++)
		a->at[i].data = hostile;
	(*(unsigned *)ctx)++;
}

START_TEST(any_bytes)
{
	static const char alphabet[] =
	    "%{}sldoivhprct123/:=.+-~? ax4%{aallmxip4:1.2.3.4includeredirect=ptr";
	char text[600] = "v=spf1 ";
	uint32_t seed = 7;

	for (unsigned round = 0; round < 3000; round++) {
		struct arena *arena = arena_new(1 << 20);
		unsigned asked = 0;
		struct spf_question q = { .ip.family = round % 2 ? AF_INET : AF_INET6,
			.sender = SPAN_LIT("@"),
			.ask = hostile_ask,
			.ctx = &asked,
			.arena = arena };
		struct spf_answer a;
		size_t n = 7 + round % 500;

		for (size_t i = 7; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = round % 5 == 0 ? (char)(seed >> 16)
						 : alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		hostile = span_of(text, n);
		spf_check(&q, SPAN_LIT("a.test"), &a);
		ck_assert_uint_le(asked, 200);
		arena_free(arena);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spf");
	TCase *t = tcase_create("spf");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, results, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, any_bytes);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
