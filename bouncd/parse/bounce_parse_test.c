#include "bounce_parse.h"
#include "../judge.h"

#include <check.h>
#include <string.h>

#define REPORT                                                                                     \
	"From: MAILER-DAEMON@mx.example\nTo: ann@sender.example\nSubject: Returned mail\n"         \
	"Content-Type: multipart/report; report-type=delivery-status; boundary=X\n\n"
#define FIELDS "--X\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
#define ORIGINAL                                                                                   \
	"--X\nContent-Type: message/rfc822\n\nFrom: ann@sender.example\nMessage-ID: "              \
	"<m@s>\n\nhi\n--X--\n"
#define DAEMON "From: MAILER-DAEMON@mx.example\nTo: ann@sender.example\nSubject: failure notice\n\n"

static const struct {
	const char *name, *mail;
	enum kind kind;
	const char *address; /* the first; NULL: none */
	unsigned n;
	const char *category, *message_id;
} cases[] = {
	{ "RFC 3464",
	    REPORT FIELDS
	    "Final-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.1.1\n"
	    "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n\n" ORIGINAL,
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "two recipients, one delivered",
	    REPORT FIELDS
	    "Final-Recipient: rfc822; ok@example.org\nAction: delivered\nStatus: 2.0.0\n\n"
	    "Final-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.2.2\n\n" ORIGINAL,
	    KIND_BOUNCE, "joe@example.org", 1, "mailbox-full", "<m@s>" },
	{ "an empty line inside a recipient",
	    REPORT FIELDS "Final-Recipient: rfc822; joe@example.org\n\nAction: failed\nStatus: "
			  "5.1.2\n\n" ORIGINAL,
	    KIND_BOUNCE, "joe@example.org", 1, "bad-domain", "<m@s>" },
	{ "a warning",
	    REPORT FIELDS
	    "Final-Recipient: rfc822; joe@example.org\nAction: delayed\nStatus: 4.4.1\n\n" ORIGINAL,
	    KIND_DELAYED, "joe@example.org", 1, "network", "<m@s>" },
	{ "a success",
	    REPORT FIELDS "Final-Recipient: rfc822; joe@example.org\nAction: delivered\nStatus: "
			  "2.0.0\n\n" ORIGINAL,
	    KIND_DELIVERED, "joe@example.org", 1, NULL, "<m@s>" },
	{ "qmail",
	    DAEMON "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to "
		   "deliver your message to the "
		   "following addresses.\nThis is a permanent error; I've given up. Sorry it "
		   "didn't work out.\n\n"
		   "<joe@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
		   "--- Below this line is a copy of the message.\n\nReturn-Path: "
		   "<ann@sender.example>\nMessage-ID: <m@s>\n\nhi\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "the Message-ID has an @ too",
	    DAEMON "This report relates to your message: sale, <m@s>\n\nYour message was not "
		   "delivered to   joe@example.org\n   Recipient's mailbox unavailable\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "whose mail it is, and a table",
	    DAEMON "The message from news@sender.example was not delivered:\n\n"
		   "  joe@example.org           550 5.1.1 user unknown\n"
		   "  tom@example.org           552 5.2.2 full\n",
	    KIND_BOUNCE, "joe@example.org", 2, "bad-mailbox", NULL },
	{ "what the server said stands far below",
	    DAEMON "Your message to joe@example.org couldn't be delivered.\n\nMore for "
		   "administrators\n\nReported error: 550 5.2.2 joe@example.org is over quota\n",
	    KIND_BOUNCE, "joe@example.org", 1, "mailbox-full", NULL },
	{ "a reason in the line that names help",
	    DAEMON "Your message to joe@example.org could not be delivered.\n\nThe recipient's "
		   "address was not found. For help contact help@mx.example.\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "no space around an address",
	    "From: MAILER-DAEMON@mx.example\nSubject: failure notice\nContent-Type: text/plain; "
	    "charset=utf-8\n\n收件人：joe@example.org。该用户不存在，邮件被退回\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "two addresses in one line",
	    DAEMON "Not delivered:\n\njoe@example.org, tom@example.net:\n  550 no such user\n",
	    KIND_BOUNCE, "joe@example.org", 2, "bad-mailbox", NULL },
	{ "a domain that is not ASCII", DAEMON "<joe@bücher.example>: 550 no such user\n",
	    KIND_BOUNCE, "joe@bücher.example", 1, "bad-mailbox", NULL },
	{ "Exim",
	    DAEMON "This message was created automatically by mail delivery software.\n\nA message "
		   "that you sent could not be "
		   "delivered to one or more of its\nrecipients. This is a permanent error. The "
		   "following address(es) failed:\n\n"
		   "  joe@example.org\n    SMTP error from remote mail server after RCPT "
		   "TO:<joe@example.org>:\n"
		   "    host mx.example.org [192.0.2.1]: 552 Mailbox full\n\n"
		   "------ This is a copy of the message, including all the headers. "
		   "------\n\nMessage-ID: <m@s>\n\nhi\n",
	    KIND_BOUNCE, "joe@example.org", 1, "mailbox-full", "<m@s>" },
	{ "Exchange",
	    DAEMON "Your message\n\n  To:      ann@example.org\n  Subject: x\n\ndid not reach the "
		   "following recipient(s):\n\n"
		   "joe@example.org on Thu, 29 Apr 2010 00:00:00 -0000\n    The recipient name is "
		   "not recognized\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "a section in German, the reason below",
	    DAEMON "Folgende Empf\xc3\xa4nger konnten nicht erreicht werden:\n\n"
		   "      joe@example.org am 02.03.2006 10:00\n            <mx.example #5.1.1>\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "a refused RCPT in a dialogue",
	    DAEMON "Transcript of session follows.\n\n In:  MAIL FROM:<ann@sender.example>\n Out: "
		   "250 2.1.0 Ok\n In:  RCPT TO:<joe@example.org>\n Out: 550 5.1.1 unknown user\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "a refused DATA in a dialogue",
	    DAEMON "Transcript of session follows.\n\n In:  RCPT TO:<joe@example.org>\n Out: 250 "
		   "2.1.5 Ok\n In:  DATA\n Out: 354 go on\n Out: 552 5.2.2 mailbox full\n",
	    KIND_BOUNCE, "joe@example.org", 1, "mailbox-full", NULL },
	{ "numbered recipients, each with its reason",
	    DAEMON "Your message could not be delivered to these people:\n\n"
		   "  1. joe@example.org   No such user\n  2. sue@example.org   Mailbox full\n",
	    KIND_BOUNCE, "joe@example.org", 2, "bad-mailbox", NULL },
	{ "fields of a report in a text attachment",
	    "From: postmaster@gw.example\nTo: ann@sender.example\nSubject: Undeliverable\n"
	    "Content-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: text/plain\n\nsee "
	    "there\n--X\nContent-Type: text/plain\nContent-Disposition: attachment; "
	    "filename=x.txt\n\nReporting-MTA: dns; gw.example\n\nFinal-Recipient: rfc822; "
	    "joe@example.org\nAction: failed\nStatus: 5.1.1\n\nMessage-ID: <m@s>\n--X--\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "a recipient that is a pipe",
	    REPORT "--X\nContent-Type: text/plain\n\n   ----- The following addresses had "
		   "permanent fatal errors -----\n\"|filter\"\n    (expanded from: "
		   "<joe@example.org>)\n" FIELDS
		   "Final-Recipient: LOCAL; |filter\nAction: failed\nStatus: 5.1.1\n\n" ORIGINAL,
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "the address that was mailed, not where an alias leads",
	    DAEMON "   ----- The following addresses had permanent fatal errors "
		   "-----\nsue@other.example\n    (reason: 550 5.1.1 User unknown)\n    (expanded "
		   "from: <joe@example.org>)\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "those that were reached are no failures",
	    DAEMON "  ----- Delivery to the following addresses was successful -----\n\n"
		   "<sue@example.org> (taken)\n\n  ----- Delivery to the following addresses "
		   "failed -----\n\n<joe@example.org> (550 5.1.1 no such user)\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "a list's owner is to be asked, the list has refused",
	    "From: club-bounces@lists.example\nTo: ann@sender.example\nSubject: hello\n"
	    "Content-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: text/plain\n\nYou are "
	    "not allowed to post to this mailing list, and your message has been automatically "
	    "rejected.\nContact the owner at\n\nclub-owner@lists.example\n--X\nContent-Type: "
	    "message/rfc822\n\nFrom: ann@sender.example\nTo: club@lists.example\nMessage-ID: "
	    "<m@s>\n\nhi\n--X--\n",
	    KIND_BOUNCE, "club@lists.example", 1, NULL, "<m@s>" },
	{ "forwarded by a person, quoted",
	    "From: help@sender.example\nTo: ann@sender.example\nSubject: Fwd: failure "
	    "notice\n\nSee "
	    "below.\n\n> From: MAILER-DAEMON@mx.example\n> To: help@sender.example\n> Subject: "
	    "failure notice\n>\n> <joe@example.org>: host mx.example.org said: 550 5.1.1\n>     "
	    "User unknown (in reply to RCPT TO command)\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", NULL },
	{ "the comment of a status that says nothing",
	    REPORT FIELDS "Final-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.0.0 "
			  "(user unknown)\n\n" ORIGINAL,
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "the original by what is answered",
	    "From: MAILER-DAEMON@mx.example\nTo: ann@sender.example\nSubject: failure notice\n"
	    "In-Reply-To: <m@s>\n\n<joe@example.org>:\n550 5.1.1 no such user\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "a footer below the report gives no reason",
	    REPORT "--X\nContent-Type: text/plain\n\nDelivery to the following recipients "
		   "failed.\n\n       joe@example.org\n\n________________________\nThis mail was "
		   "scanned for viruses.\n" FIELDS
		   "Final-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: "
		   "5.1.1\n\n" ORIGINAL,
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "a letter about addresses",
	    "From: joe@example.org\nTo: ann@sender.example\nSubject: Re: hello\nIn-Reply-To: "
	    "<m@s>\n\nMail to my old address joe@old.example could not be delivered.\n",
	    KIND_OTHER, NULL, 0, NULL, NULL },
	{ "a complaint",
	    "From: fbl@example\nSubject: FW: x\nContent-Type: multipart/report; "
	    "report-type=feedback-report; boundary=X\n\n"
	    "--X\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: "
	    "joe@example.org\n\n" ORIGINAL,
	    KIND_COMPLAINT, "joe@example.org", 1, NULL, "<m@s>" },
	{ "a vacation notice",
	    "From: joe@example.org\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nBack "
	    "on Monday.\n",
	    KIND_AUTOREPLY, NULL, 0, NULL, NULL },
	{ "Amazon SES through SNS",
	    "From: no-reply@sns.example\nSubject: AWS Notification "
	    "Message\n\n{\"notificationType\":\"Bounce\",\"bounce\":"
	    "{\"bouncedRecipients\":[{\"emailAddress\":\"joe@example.org\",\"status\":\"5.1.1\","
	    "\"diagnosticCode\":"
	    "\"smtp; 550 5.1.1 user "
	    "unknown\"}]},\"mail\":{\"commonHeaders\":{\"messageId\":\"<m@s>\"}}}\n--\nIf you "
	    "wish\n",
	    KIND_BOUNCE, "joe@example.org", 1, "bad-mailbox", "<m@s>" },
	{ "a person", "From: joe@example.org\nSubject: Re: Hello\n\nThank you!\n", KIND_OTHER, NULL,
	    0, NULL, NULL },
	{ "nothing", "", KIND_OTHER, NULL, 0, NULL, NULL },
};

static void
judged(const struct came_back *c, const char *category, struct arena *a)
{
	struct err err;
	struct rules *rs = rules_load("etc/bounces.conf", span_of(NULL, 0), NULL, &err);
	struct verdict v;

	ck_assert_msg(rs != NULL, "%s", err.text);
	v = judge(rs, c, c->recipients, a);
	ck_assert_str_eq(category_word(v.category), category);
	ck_assert_int_eq(v.class,
	    c->kind == KIND_BOUNCE && category_is_hard(v.category) ? CLASS_HARD : CLASS_SOFT);
	rules_free(rs);
}

static void
expect(size_t i, struct span mail)
{
	struct arena *a = arena_new(0);
	struct came_back c;

	bounce_parse(&c, mail, a);
	ck_assert_msg(c.kind == cases[i].kind, "%s: %s", cases[i].name, kind_word(c.kind));
	ck_assert_msg(
	    c.n_recipients == cases[i].n, "%s: %u recipients", cases[i].name, c.n_recipients);
	if (cases[i].address != NULL)
		ck_assert_msg(span_is(c.recipients->address, cases[i].address), "%s: %.*s",
		    cases[i].name, SPAN(c.recipients->address));
	if (cases[i].message_id != NULL)
		ck_assert_msg(
		    span_is(c.original_message_id, cases[i].message_id), "%s", cases[i].name);
	if (cases[i].category != NULL)
		judged(&c, cases[i].category, a);
	arena_free(a);
}

START_TEST(formats)
{
	expect((size_t)_i, span_str(cases[_i].mail));
}
END_TEST

/* As it comes over SMTP. */
START_TEST(formats_with_crlf)
{
	struct span mail = span_str(cases[_i].mail);
	struct buf b;

	buf_init(&b, 100000);
	for (size_t i = 0; i < mail.n; i++) {
		if (mail.p[i] == '\n')
			buf_byte(&b, '\r');
		buf_byte(&b, mail.p[i]);
	}
	expect((size_t)_i, buf_all(&b));
	buf_free(&b);
}
END_TEST

/* Whatever is cut off, it ends and reads nothing outside. */
START_TEST(cut_anywhere)
{
	size_t n = strlen(cases[_i].mail);
	struct arena *a = arena_new(0);
	struct came_back c;

	for (size_t i = 0; i < n; i += 3) {
		struct buf exact;
		buf_init(&exact, n + 1);
		buf_add(&exact, cases[_i].mail, i);
		bounce_parse(&c, buf_all(&exact), a);
		buf_free(&exact);
		arena_reset(a);
	}
	arena_free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bounce_parse");
	TCase *t = tcase_create("bounce_parse");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, formats, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(t, formats_with_crlf, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(t, cut_anywhere, 0, (int)(sizeof(cases) / sizeof(cases[0])));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
