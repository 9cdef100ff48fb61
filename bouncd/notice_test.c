#include "notice.h"
#include "notice_words.h"
#include "parse/bounce_parse.h"

#include <check.h>
#include <string.h>

static const struct notice_recipient joe = {
	.address = SPAN_LIT("joe@example.org"),
	.orcpt = SPAN_LIT("rfc822;joe+2Bx@list.example"),
	.log_id = SPAN_LIT("01JDC8Q4Z7M2KX9V3TB6WNRAEH"),
	.category = CATEGORY_BAD_MAILBOX,
	.status = SPAN_LIT("5.1.1"),
	.remote_mta = SPAN_LIT("mx.example.org"),
	.remote_ip = SPAN_LIT("192.0.2.1"),
	.diagnostic = SPAN_LIT("550-5.1.1 no such user\n550 5.1.1 here"),
	.said_by_server = true,
	.last_attempt_s = 1700000000,
};

static const struct notice_original hello = { SPAN_LIT(
    "From: ann@sender.example\r\n"
    "Subject: Hello =?utf-8?q?J=C3=B6?=\r\n"
    "\t=?utf-8?B?cmc=?= there\r\n"
    "Message-ID: <m1@sender.example>\r\n"
    "Date: Tue, 14 Nov 2023 22:00:00 +0000\r\n") };

static struct notice
facts(const struct notice_recipient *r, size_t n)
{
	return (struct notice){
		.id = SPAN_LIT("01abc"),
		.reporting_mta = SPAN_LIT("relay.example"),
		.received_from = SPAN_LIT("client.example"),
		.sender = SPAN_LIT("ann@sender.example"),
		.envid = SPAN_LIT("order+207"),
		.now_s = 1700000100,
		.arrival_s = 1700000000,
		.originals = &hello,
		.n_originals = 1,
		.recipients = r,
		.n_recipients = n,
	};
}

static bool
has(const struct buf *b, const char *s)
{
	return span_find_str(buf_all(b), s) >= 0;
}

static bool
written(const struct notice *n, struct buf *b)
{
	size_t hole;

	buf_init(b, 200000);
	return notice_write(n, b, &hole);
}

START_TEST(our_own_parser_reads_it)
{
	struct notice n = facts(&joe, 1);
	struct arena *a = arena_new(0);
	struct came_back c;
	struct buf b;

	ck_assert(written(&n, &b)); /* the subject, read, is beyond ASCII in the text */
	bounce_parse(&c, buf_all(&b), a);
	ck_assert_int_eq(c.kind, KIND_BOUNCE);
	ck_assert_uint_eq(c.n_recipients, 1);
	ck_assert(span_is(c.recipients->address, "joe@example.org"));
	ck_assert(span_is(c.recipients->original, "joe+x@list.example"));
	ck_assert(span_is(c.recipients->remote_mta, "mx.example.org"));
	ck_assert(status_is(c.recipients->status, 5, 1, 1));
	ck_assert(span_is(c.original_message_id, "<m1@sender.example>"));
	ck_assert(span_is(c.envelope_id, "order 7"));
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(every_field)
{
	static const char *const lines[] = {
		"Date: Tue, 14 Nov 2023 22:15:00 +0000\r\n",
		"From: Mail Delivery System <mailer-daemon@relay.example>\r\n",
		"To: <ann@sender.example>\r\n",
		"Subject: Undelivered: Hello =?utf-8?q?J=C3=B6?=",
		"In-Reply-To: <m1@sender.example>\r\nReferences: <m1@sender.example>\r\n",
		"Auto-Submitted: auto-replied\r\n",
		"\r\nOriginal-Envelope-Id: order 7\r\n",
		"Reporting-MTA: dns; relay.example\r\n",
		"Received-From-MTA: dns; client.example\r\n",
		"Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
		"Original-Recipient: rfc822;joe+x@list.example\r\n",
		"Final-Recipient: rfc822; joe@example.org\r\n",
		"Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example.org\r\n",
		"Diagnostic-Code: smtp; 550-5.1.1 no such user\r\n\t550 5.1.1 here\r\n",
		"Last-Attempt-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
		"Final-Log-ID: 01JDC8Q4Z7M2KX9V3TB6WNRAEH\r\n",
		"Content-Type: text/rfc822-headers\r\n",
	};
	struct notice n = facts(&joe, 1);
	struct buf b;

	written(&n, &b);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(span_find_str(buf_all(&b), lines[i]) >= 0, "%s", lines[i]);
	ck_assert(!has(&b, "Will-Retry-Until"));
	buf_free(&b);
}
END_TEST

START_TEST(a_person_reads_it)
{
	struct notice_recipient r[3] = { joe, joe, joe };
	struct notice n = facts(r, 3);
	struct buf b;

	r[1].address = SPAN_LIT("jim@example.org");
	r[2].address = SPAN_LIT("jil@example.net");
	r[2].category = CATEGORY_MAILBOX_FULL;
	r[2].status = SPAN_LIT("4.2.2");
	r[2].expired = true;
	n.now_s = n.arrival_s + 3 * 86400;
	written(&n, &b);
	ck_assert(
	    has(&b, "Your message \"Hello J\xc3\xb6rg there\" of Tue, 14 Nov 2023 22:00:00 "
		    "+0000 could\r\nnot be delivered to\r\n\r\n"
		    "    <joe@example.org>\r\n    <jim@example.org>\r\n\r\n"
		    "because there is no such mailbox. Please check the address for typing\r\n"
		    "errors.\r\n\r\n"
		    "The server mx.example.org (192.0.2.1) said:\r\n\r\n"
		    "    550-5.1.1 no such user\r\n    550 5.1.1 here\r\n\r\n"));
	ck_assert(has(&b, "    <jil@example.net>\r\n\r\n"
			  "because the recipient's server did not take it in 3 days: the last we "
			  "know\r\nis that the recipient's mailbox is full."));
	buf_free(&b);
}
END_TEST

START_TEST(a_domain_in_its_own_letters)
{
	struct notice_recipient r = joe;
	struct notice n = facts(&r, 1);
	struct buf b;

	r.address = SPAN_LIT("a@xn--bcher-kva.example");
	written(&n, &b);
	ck_assert(has(&b, "    <a@b\xc3\xbc"
			  "cher.example> (a@xn--bcher-kva.example)\r\n"));
	ck_assert(has(&b, "Final-Recipient: rfc822; a@xn--bcher-kva.example\r\n"));
	buf_free(&b);
	r.address = SPAN_LIT("a@xn--\xff.example");
	written(&n, &b);
	ck_assert(has(&b, "    <a@xn--?.example>\r\n"));
	buf_free(&b);
}
END_TEST

START_TEST(each_category_has_its_words)
{
	for (int c = CATEGORY_NONE; c <= CATEGORY_OTHER; c++) {
		const struct notice_words *w = notice_words_of((enum category)c, SPAN_LIT("5.0.0"));

		ck_assert(w->what != NULL && w->what[0] != '\0' && w->todo[0] != '\0');
		ck_assert(strlen(w->what) + strlen(w->todo) < 300);
		for (int k = CATEGORY_NONE; k < c; k++)
			ck_assert(w != notice_words_of((enum category)k, SPAN_LIT("5.0.0")));
	}
}
END_TEST

START_TEST(a_delay_is_no_failure)
{
	struct notice_recipient r = joe;
	struct notice n = facts(&r, 1);
	struct arena *a = arena_new(0);
	struct came_back c;
	struct buf b;

	r.action = NOTICE_DELAYED;
	r.will_retry_until_s = 1700259200;
	written(&n, &b);
	ck_assert(has(&b, "Subject: Delayed: "));
	ck_assert(has(&b, "Action: delayed\r\nStatus: 4.1.1\r\n"));
	ck_assert(has(&b, "Will-Retry-Until: Fri, 17 Nov 2023 22:13:20 +0000\r\n"));
	ck_assert(has(&b, "We go on trying"));
	bounce_parse(&c, buf_all(&b), a);
	ck_assert_int_eq(c.kind, KIND_DELAYED);
	buf_free(&b);
	r.action = NOTICE_RELAYED;
	r.status = SPAN_LIT("2.0.0");
	written(&n, &b);
	ck_assert(has(&b, "Action: relayed\r\nStatus: 2.0.0\r\n"));
	ck_assert(has(&b, "does not\r\nreport") || has(&b, "does not report"));
	bounce_parse(&c, buf_all(&b), a);
	ck_assert_int_eq(c.kind, KIND_DELIVERED);
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(a_digest_names_each_message)
{
	struct notice_original two[] = { hello,
		{ SPAN_LIT("Subject: Second\r\n"
			   "Message-ID: <m2@sender.example>\r\n") } };
	struct notice_recipient r[] = { joe, joe };
	struct notice n = facts(r, 2);
	struct arena *a = arena_new(0);
	struct came_back c;
	struct buf b;

	n.originals = two;
	n.n_originals = 2;
	n.arrival_s = 0;
	r[1].original = 1;
	r[1].address = SPAN_LIT("jim@example.org");
	written(&n, &b);
	ck_assert(has(&b, "Subject: Undelivered: 2 messages\r\n"));
	ck_assert(has(&b, "References: <m1@sender.example>\r\n\t<m2@sender.example>\r\n"));
	ck_assert(has(&b, "Your message \"Second\" could not be delivered to\r\n"));
	ck_assert(has(&b, "Content-Type: multipart/mixed;"));
	ck_assert(!has(&b, "Arrival-Date"));
	bounce_parse(&c, buf_all(&b), a);
	ck_assert_int_eq(c.kind, KIND_BOUNCE);
	ck_assert_uint_eq(c.n_recipients, 2);
	ck_assert(span_is(c.original_message_id, "<m1@sender.example>"));
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(nothing_from_outside_begins_a_line)
{
	struct notice_recipient evil = joe;
	struct notice_original original = { SPAN_LIT(
	    "Subject: =?utf-8?q?x=0D=0ABcc:_y@z.example?=\r\nMessage-ID: <a\nBcc: b>\r\n") };
	struct notice n = facts(&evil, 1);
	struct buf b;

	evil.address = SPAN_LIT("a\r\nAction: delivered\r\n@b.example");
	evil.orcpt = SPAN_LIT("rfc822;a+0D+0AAction:+20delivered");
	evil.diagnostic = SPAN_LIT("550 x\r\nStatus: 2.0.0");
	n.originals = &original;
	n.envid = SPAN_LIT("x+0D+0AAction:+20delivered");
	n.sender = SPAN_LIT("x\r\nBcc: y@z.example");
	written(&n, &b);
	ck_assert(!has(&b, "\nAction: delivered"));
	ck_assert(!has(&b, "\nStatus: 2.0.0"));
	ck_assert(!has(&b, "\nBcc: y"));
	buf_free(&b);
}
END_TEST

START_TEST(lines_are_lines)
{
	struct notice_recipient r = joe;
	struct notice n = facts(&r, 1);
	struct arena *a = arena_new(0);
	size_t start = 0;
	struct buf b;

	r.diagnostic = span_str(memset(arena_alloc(a, 5001), 'x', 5000));
	r.orcpt = span_str(arena_printf(a, "%.999s;%.999s", r.diagnostic.p, r.diagnostic.p));
	r.address = r.remote_mta = r.status = span_first(r.diagnostic, 999);
	n.envid = n.sender = n.received_from = r.address;
	written(&n, &b);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n') {
			ck_assert(i > 0 && b.p[i - 1] == '\r');
			ck_assert_uint_le(i - 1 - start, 998);
			start = i + 1;
		}
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(the_whole_message_has_its_place)
{
	struct notice n = facts(&joe, 1);
	struct buf b;
	size_t hole;

	n.whole = true;
	buf_init(&b, 100000);
	notice_write(&n, &b, &hole);
	ck_assert(span_starts(span_from(buf_all(&b), hole), "\r\n--=_01abc--\r\n"));
	ck_assert(span_ends_nocase(
	    span_first(buf_all(&b), hole), "Content-Type: message/rfc822\r\n\r\n"));
	buf_free(&b);
}
END_TEST

START_TEST(in_utf8_where_the_original_was)
{
	struct notice_recipient r = joe;
	struct notice n = facts(&r, 1);
	struct arena *a = arena_new(0);
	struct came_back c;
	struct buf b;

	n.utf8 = n.whole = true;
	written(&n, &b);
	ck_assert(has(&b, "Content-Type: message/delivery-status")); /* nothing in it needs more */
	buf_free(&b);
	r.address = SPAN_LIT("j\xc3\xb6@example.org");
	r.orcpt = SPAN_LIT("utf-8;j\\x{F6}@list.example");
	ck_assert(written(&n, &b));
	ck_assert(has(&b, "report-type=global-delivery-status;"));
	ck_assert(has(&b, "Content-Type: message/global-delivery-status"));
	ck_assert(has(&b, "Content-Type: message/global\r\n"));
	ck_assert(has(&b, "Final-Recipient: utf-8; j\xc3\xb6@example.org\r\n"));
	ck_assert(has(&b, "Original-Recipient: utf-8; j\xc3\xb6@list.example\r\n"));
	bounce_parse(&c, buf_all(&b), a);
	ck_assert_uint_eq(c.n_recipients, 1);
	ck_assert(span_is(c.recipients->address, "j\xc3\xb6@example.org"));
	buf_free(&b);
	n.utf8 = false; /* the sender spoke ASCII: so does the report (RFC 6533 3) */
	written(&n, &b);
	ck_assert(has(&b, "Final-Recipient: utf-8; j\\x{F6}@example.org\r\n"));
	ck_assert(has(&b, "Original-Recipient: utf-8; j\\x{F6}@list.example\r\n"));
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(too_small_a_buffer_says_so)
{
	struct notice n = facts(&joe, 1);
	struct buf b;
	size_t hole;

	buf_init(&b, 600);
	notice_write(&n, &b, &hole);
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
	tcase_add_test(t, every_field);
	tcase_add_test(t, a_person_reads_it);
	tcase_add_test(t, a_domain_in_its_own_letters);
	tcase_add_test(t, each_category_has_its_words);
	tcase_add_test(t, a_delay_is_no_failure);
	tcase_add_test(t, a_digest_names_each_message);
	tcase_add_test(t, nothing_from_outside_begins_a_line);
	tcase_add_test(t, lines_are_lines);
	tcase_add_test(t, the_whole_message_has_its_place);
	tcase_add_test(t, in_utf8_where_the_original_was);
	tcase_add_test(t, too_small_a_buffer_says_so);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
