#include "loop.h"
#include "proto_web.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What the reader's hand holds: the record as it came. */
static struct {
	uint16_t type;
	char body[4096];
	size_t n;
} got;

static void
on_msg(void *ctx, struct chan *c, struct msg *m)
{
	(void)ctx;
	(void)c;
	ck_assert_uint_le(m->body.n, sizeof(got.body));
	got.type = m->type;
	got.n = m->body.n;
	memcpy(got.body, m->body.p, m->body.n);
}

static struct chan *from, *to;

static void
setup(void)
{
	int fds[2];

	loop_init();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	from = chan_new(fds[0], "writer", 1 << 20, on_msg, NULL, NULL);
	to = chan_new(fds[1], "reader", 1 << 20, on_msg, NULL, NULL);
}

static void
teardown(void)
{
	chan_free(from);
	chan_free(to);
}

static struct msg
sent(void)
{
	chan_flush(from);
	ck_assert(chan_read_pending(to));
	return (struct msg){ .type = got.type, .body = span_of(got.body, got.n) };
}

static struct web_unsubscribe
wish(void)
{
	return (struct web_unsubscribe){ .job = 7,
		.tenant = SPAN_LIT("shop"),
		.campaign = SPAN_LIT("spring"),
		.address = SPAN_LIT("a@b.example"),
		.index = 3,
		.one_click = true,
		.client = SPAN_LIT("192.0.2.1"),
		.agent = SPAN_LIT("x\0y") };
}

START_TEST(what_is_put_is_got)
{
	struct web_unsubscribe u = wish();
	struct web_stored s;
	struct web_block b;
	struct msg m;

	web_unsubscribe_put(from, &u);
	m = sent();
	memset(&u, 0, sizeof(u));
	ck_assert(m.type == WEB_UNSUBSCRIBE && web_unsubscribe_get(&m, &u) == 0);
	ck_assert(u.job == 7 && span_is(u.tenant, "shop") && span_is(u.campaign, "spring"));
	ck_assert(span_is(u.address, "a@b.example") && u.index == 3 && u.one_click);
	ck_assert(span_is(u.client, "192.0.2.1") && u.agent.n == 3);
	web_stored_put(from, &(struct web_stored){ 8, true });
	m = sent();
	ck_assert(m.type == WEB_STORED && web_stored_get(&m, &s) == 0 && s.job == 8 && s.ok);
	web_block_put(from, &(struct web_block){ WEB_BLOCK_CAMPAIGN, SPAN_LIT("a/b"), true });
	m = sent();
	ck_assert(m.type == WEB_BLOCK && web_block_get(&m, &b) == 0);
	ck_assert(b.kind == WEB_BLOCK_CAMPAIGN && span_is(b.value, "a/b") && b.blocked);
	web_blocks_end_put(from);
	m = sent();
	ck_assert(m.type == WEB_BLOCKS_END && msg_end(&m) == 0);
}
END_TEST

/* Cut anywhere, or with something behind it, it is none. */
START_TEST(no_other_length)
{
	struct web_unsubscribe u = wish();
	struct web_block b;
	struct msg whole, m;

	web_unsubscribe_put(from, &u);
	whole = sent();
	for (size_t n = 0; n <= whole.body.n + 1; n++) {
		m = whole;
		m.body.n = n;
		ck_assert_int_eq(web_unsubscribe_get(&m, &u), n == whole.body.n ? 0 : -1);
	}
	web_block_put(from, &(struct web_block){ WEB_BLOCK_TARGET, SPAN_LIT("a.example"), true });
	whole = sent();
	for (size_t n = 0; n <= whole.body.n + 1; n++) {
		m = whole;
		m.body.n = n;
		ck_assert_int_eq(web_block_get(&m, &b), n == whole.body.n ? 0 : -1);
	}
}
END_TEST

START_TEST(no_other_block)
{
	static char long_one[WEB_BLOCK_VALUE_MAX + 1];
	struct web_block b = { WEB_BLOCK_KINDS, SPAN_LIT("a"), true };
	struct msg m;

	web_block_put(from, &b);
	m = sent();
	ck_assert_int_eq(web_block_get(&m, &b), -1);
	web_block_put(from, &(struct web_block){ WEB_BLOCK_TARGET, span_of("", 0), true });
	m = sent();
	ck_assert_int_eq(web_block_get(&m, &b), -1);
	web_block_put(from,
	    &(struct web_block){ WEB_BLOCK_TENANT, span_of(long_one, sizeof(long_one)), true });
	m = sent();
	ck_assert_int_eq(web_block_get(&m, &b), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("proto_web");
	TCase *t = tcase_create("proto_web");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_put_is_got);
	tcase_add_test(t, no_other_length);
	tcase_add_test(t, no_other_block);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
