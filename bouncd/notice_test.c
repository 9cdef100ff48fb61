#include "notice.h"
#include "parse/bounce_parse.h"

#include <check.h>
#include <string.h>

static const struct notice_recipient joe = {
	.address = SPAN_LIT("joe@example.org"),
	.orcpt = SPAN_LIT("rfc822;joe@list.example"),
	.category = CATEGORY_BAD_MAILBOX,
	.status = SPAN_LIT("5.1.1"),
	.remote_mta = SPAN_LIT("mx.example.org"),
	.diagnostic = SPAN_LIT("550-5.1.1 no such user\n550 5.1.1 here"),
	.last_attempt_s = 1700000000,
};

static struct notice
facts(const struct notice_recipient *r)
{
	return (struct notice){
		.id = SPAN_LIT("01abc"),
		.reporting_mta = SPAN_LIT("relay.example"),
		.sender = SPAN_LIT("ann@sender.example"),
		.envid = SPAN_LIT("order 7"),
		.subject = SPAN_LIT("Hello"),
		.original =
		    SPAN_LIT("From: ann@sender.example\r\nMessage-ID: <m1@sender.example>\r\n\r\n"),
		.now_s = 1700000100,
		.arrival_s = 1700000000,
		.recipients = r,
		.n_recipients = 1,
	};
}

static bool
has(const struct buf *b, const char *s)
{
	return span_find_str(buf_all(b), s) >= 0;
}

START_TEST(our_own_parser_reads_it)
{
	struct notice n = facts(&joe);
	struct arena *a = arena_new(0);
	struct came_back c;
	struct buf b;

	buf_init(&b, 100000);
	ck_assert(!notice_write(&n, &b));
	bounce_parse(&c, buf_all(&b), a);
	ck_assert_int_eq(c.kind, KIND_BOUNCE);
	ck_assert_uint_eq(c.n_recipients, 1);
	ck_assert(span_is(c.recipients->address, "joe@example.org"));
	ck_assert(span_is(c.recipients->original, "joe@list.example"));
	ck_assert(span_is(c.recipients->remote_mta, "mx.example.org"));
	ck_assert(status_is(c.recipients->status, 5, 1, 1));
	ck_assert(span_is(c.original_message_id, "<m1@sender.example>"));
	ck_assert(span_is(c.envelope_id, "order 7"));
	ck_assert(has(&b, "because there is no such mailbox.\r\n"));
	ck_assert(has(&b, "Diagnostic-Code: smtp; 550-5.1.1 no such user\r\n\t550 5.1.1 here\r\n"));
	ck_assert(has(&b, "Date: Tue, 14 Nov 2023 22:15:00 +0000\r\n"));
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(nothing_from_outside_begins_a_line)
{
	struct notice_recipient evil = joe;
	struct notice n = facts(&evil);
	struct buf b;

	evil.address = SPAN_LIT("a\r\nAction: delivered\r\n@b.example");
	evil.diagnostic = SPAN_LIT("550 x\r\nStatus: 2.0.0");
	n.subject = SPAN_LIT("x\r\nBcc: y@z.example");
	buf_init(&b, 100000);
	notice_write(&n, &b);
	ck_assert(!has(&b, "\nAction: delivered"));
	ck_assert(!has(&b, "\nStatus: 2.0.0"));
	ck_assert(!has(&b, "\nBcc"));
	buf_free(&b);
}
END_TEST

START_TEST(no_bare_line_ends)
{
	struct notice n = facts(&joe);
	struct buf b;

	buf_init(&b, 100000);
	notice_write(&n, &b);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n')
			ck_assert(i > 0 && b.p[i - 1] == '\r');
	buf_free(&b);
}
END_TEST

START_TEST(in_utf8_where_the_original_was)
{
	struct notice_recipient r = joe;
	struct notice n = facts(&r);
	struct buf b;

	r.address = SPAN_LIT("j\xc3\xb6@example.org");
	buf_init(&b, 100000);
	n.utf8 = n.original_whole = true;
	ck_assert(notice_write(&n, &b));
	ck_assert(has(&b, "Content-Type: message/global-delivery-status"));
	ck_assert(has(&b, "Content-Type: message/global\r\n"));
	ck_assert(has(&b, "Final-Recipient: utf-8; j\xc3\xb6@example.org\r\n"));
	buf_free(&b);
}
END_TEST

START_TEST(too_small_a_buffer_says_so)
{
	struct notice n = facts(&joe);
	struct buf b;

	buf_init(&b, 600);
	notice_write(&n, &b);
	ck_assert(buf_over(&b));
	buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("notice");
	TCase *t = tcase_create("notice");
	SRunner *r;
	int failed;

	tcase_add_test(t, our_own_parser_reads_it);
	tcase_add_test(t, nothing_from_outside_begins_a_line);
	tcase_add_test(t, no_bare_line_ends);
	tcase_add_test(t, in_utf8_where_the_original_was);
	tcase_add_test(t, too_small_a_buffer_says_so);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
