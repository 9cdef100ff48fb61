#include "mx.h"
#include "site.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint32_t
draw_first(uint32_t n)
{
	(void)n;
	return 0;
}

static uint32_t
draw_last(uint32_t n)
{
	return n - 1;
}

static struct mx_list
list_of(const char *text) /* "10 a|20 b" */
{
	struct span rest = span_str(text), name;
	struct mx_list l = { 0 };

	while (rest.n > 0) {
		struct span number = span_word(span_cut(rest, '|', &rest), &name);
		uint64_t preference = 0;

		ck_assert_int_eq(span_u64(number, 65535, &preference), 0);
		l.at[l.n++] = (struct mx){ (uint16_t)preference, span_trim(name) };
	}
	return l;
}

static void
names(const struct mx_list *l, struct buf *out)
{
	buf_reset(out);
	for (unsigned i = 0; i < l->n; i++)
		buf_printf(out, "%s%.*s", i > 0 ? " " : "", SPAN(l->at[i].name));
}

static const struct {
	const char *rule, *in, *out;
	bool own;
} orders[] = {
	{ "by preference", "30 c|10 a|20 b", "a b c", false },
	{ "equal names: the best stays", "30 a|10 A|20 b", "A b", false },
	{ "the root among others is passed over", "0 |10 a", "a", false },
	{ "ours and what is not better goes", "10 a|20 me|20 b|30 c", "a", true },
	{ "ours is the best", "10 ME|20 b", "", true },
	{ "both names of ours", "10 a|15 us|20 me", "a", true },
	{ "none of ours", "10 a|15 b", "a b", false },
};

START_TEST(order_and_loops)
{
	struct span own[2] = { SPAN_LIT("me"), SPAN_LIT("us") };
	struct mx_list l = list_of(orders[_i].in);
	struct buf out;

	buf_init(&out, 1000);
	mx_order(&l, draw_first);
	mx_tidy(&l);
	ck_assert(mx_drop_own(&l, own, 2) == orders[_i].own);
	names(&l, &out);
	ck_assert_msg(span_is(buf_all(&out), orders[_i].out), "%s: %.*s", orders[_i].rule,
	    SPAN(buf_all(&out)));
	buf_free(&out);
}
END_TEST

START_TEST(equals_are_drawn)
{
	struct mx_list a = list_of("5 a|5 b|5 c|1 z"), b = a;

	mx_order(&a, draw_first);
	mx_order(&b, draw_last);
	ck_assert(span_is(a.at[0].name, "z") && span_is(b.at[0].name, "z"));
	ck_assert(!span_eq(a.at[1].name, b.at[1].name));
}
END_TEST

START_TEST(null_mx)
{
	struct mx_list one = list_of("0 "), two = list_of("0 |5 a"), host = list_of("0 a");

	ck_assert(mx_is_null(&one) && !mx_is_null(&two) && !mx_is_null(&host));
	one.unusable = 1; /* beside a record that is wrong it says nothing */
	ck_assert(!mx_is_null(&one));
}
END_TEST

static const struct {
	const char *name;
	bool host;
} mx_names[] = {
	{ "mx.example.com", true },
	{ "mx_1.example.com", true },
	{ "1.2.3.a4", true },
	{ "localhost", true },
	{ "192.0.2.1", false },
	{ "10", false },
	{ "mail!.example.com", false },
	{ "my mail.example.com", false },
	{ "mail\\032x.example.com", false },
	{ "2001:db8::1", false },
	{ "", false },
};

START_TEST(names_of_hosts)
{
	ck_assert_msg(mx_name_is_host(span_str(mx_names[_i].name)) == mx_names[_i].host, "%s",
	    mx_names[_i].name);
}
END_TEST

static const struct {
	const char *hosts, *site;
} sites[] = {
	{ "aspmx.l.google.com alt1.aspmx.l.google.com", "google.com" },
	{ "mx1.mail.co.uk mx2.mail.co.uk", "mail.co.uk" },
	{ "b.example-two.com a.example-one.com", "a.example-one.com+b.example-two.com" },
	{ "a.example-one.com b.example-two.com", "a.example-one.com+b.example-two.com" },
	{ "com", "com" },
	{ "mx.test", "mx.test" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "a23456789012345678901234567890.one.com b23456789012345678901234567890.two.com "
	  "c23456789012345678901234567890.three.com d23456789012345678901234567890.four.com",
	    "a23456789012345678901234567890.one.com+b23456789012345678901234567890.two.com+" },
};

START_TEST(site_names)
{
	struct suffixes *suffixes = suffixes_load();
	struct span hosts[8], rest = span_str(sites[_i].hosts);
	struct buf out;
	unsigned n = 0;

	buf_init(&out, 1000);
	while (rest.n > 0)
		hosts[n++] = span_word(rest, &rest);
	site_name(suffixes, hosts, n, &out);
	if (sites[_i].site[strlen(sites[_i].site) - 1] == '+')
		ck_assert(span_starts(buf_all(&out), sites[_i].site) && out.n <= SITE_NAME_MAX);
	else
		ck_assert_msg(span_is(buf_all(&out), sites[_i].site), "%.*s", SPAN(buf_all(&out)));
	buf_free(&out);
	suffixes_free(suffixes);
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, sizeof(table) / sizeof((table)[0]))

int
main(void)
{
	Suite *s = suite_create("mx");
	TCase *t = tcase_create("mx");
	SRunner *sr = srunner_create(s);
	int failed;

	LOOP(t, order_and_loops, orders);
	tcase_add_test(t, equals_are_drawn);
	tcase_add_test(t, null_mx);
	LOOP(t, names_of_hosts, mx_names);
	LOOP(t, site_names, sites);
	suite_add_tcase(s, t);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
