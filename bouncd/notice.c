#include "notice.h"
#include "notice_words.h"

#include <time.h>

enum { LINE_BYTES = 900, SUBJECT_BYTES = 200 };

static const struct {
	const char *word, *status, *subject;
} actions[] = {
	[NOTICE_FAILED] = { "failed", "5.0.0", "Undelivered" },
	[NOTICE_DELAYED] = { "delayed", "4.0.0", "Delayed" },
	[NOTICE_DELIVERED] = { "delivered", "2.0.0", "Delivered" },
	[NOTICE_RELAYED] = { "relayed", "2.0.0", "Relayed" },
	[NOTICE_EXPANDED] = { "expanded", "2.0.0", "Expanded" },
};

/* One line's worth of a value from outside: no control byte, LINE_BYTES at most; 8-bit only if it may be. */
static void
put_value(struct buf *out, struct span s, bool utf8)
{
	s = span_first(s, LINE_BYTES);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		buf_byte(out, c < 32 || c == 127 || (c > 127 && !utf8) ? '?' : (char)c);
	}
}

static void
put_field(struct buf *out, const char *name, const char *type, struct span value, bool utf8)
{
	if (value.n == 0)
		return;
	buf_printf(out, "%s: %s", name, type);
	put_value(out, value, utf8);
	buf_str(out, "\r\n");
}

static void
put_date(struct buf *out, const char *name, uint64_t when_s)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)when_s;
	struct tm tm;

	if (when_s == 0 || gmtime_r(&t, &tm) == NULL)
		return;
	buf_printf(out, "%s: %s, %d %s %d %02d:%02d:%02d +0000\r\n", name, days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The gravest of the recipients speaks for the message. */
static enum notice_action
action_of(const struct notice *n)
{
	enum notice_action gravest = NOTICE_EXPANDED;

	for (size_t i = 0; i < n->n_recipients; i++)
		if (n->recipients[i].action < gravest)
			gravest = n->recipients[i].action;
	return gravest;
}

static bool
has_8bit(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return true;
	return false;
}

/* Each line of the reply, indented. */
static void
put_quoted(struct buf *out, struct span text, bool utf8)
{
	while (text.n > 0) {
		struct span line = span_trim(span_cut(text, '\n', &text));
		buf_str(out, "    ");
		put_value(out, line, utf8);
		buf_str(out, "\r\n");
	}
}

static void
tell_failure(const struct notice_recipient *r, struct buf *out)
{
	buf_printf(out, "Your message to <");
	put_value(out, r->address, true);
	if (r->action == NOTICE_FAILED)
		buf_printf(
		    out, "> could not be delivered,\r\nbecause %s.\r\n", notice_what(r->category));
	else
		buf_printf(out,
		    "> has not been delivered yet,\r\nbecause %s.\r\nWe go on trying; you need not "
		    "send it again.\r\n",
		    notice_what(r->category));
	if (r->action == NOTICE_FAILED && notice_todo(r->category)[0] != '\0')
		buf_printf(out, "%s\r\n", notice_todo(r->category));
	if (r->diagnostic.n == 0)
		return;
	if (r->remote_mta.n > 0) {
		buf_str(out, "The server ");
		put_value(out, r->remote_mta, true);
		buf_str(out, " said:\r\n");
	} else
		buf_str(out, "In detail:\r\n");
	put_quoted(out, r->diagnostic, true);
}

static void
tell(const struct notice_recipient *r, struct buf *out)
{
	static const char *const done[] = {
		[NOTICE_DELIVERED] = "> was delivered.\r\n",
		[NOTICE_RELAYED] =
		    "> was passed on to a server\r\nthat does not report deliveries.\r\n",
		[NOTICE_EXPANDED] = "> was delivered to a list.\r\n",
	};

	if (r->action <= NOTICE_DELAYED)
		tell_failure(r, out);
	else {
		buf_str(out, "Your message to <");
		put_value(out, r->address, true);
		buf_str(out, done[r->action]);
	}
	buf_str(out, "\r\n");
}

static void
put_head(const struct notice *n, bool eight, struct buf *out)
{
	put_date(out, "Date", n->now_s);
	buf_str(out, "From: Mail Delivery System <mailer-daemon@");
	put_value(out, n->reporting_mta, n->utf8);
	buf_str(out, ">\r\nTo: <");
	put_value(out, n->sender, n->utf8);
	buf_printf(out, ">\r\nSubject: %s: ", actions[action_of(n)].subject);
	put_value(out,
	    span_first(n->subject.n > 0 ? n->subject : SPAN_LIT("your message"), SUBJECT_BYTES),
	    n->utf8);
	buf_printf(out, "\r\nMessage-ID: <%.*s@", SPAN(n->id));
	put_value(out, n->reporting_mta, n->utf8);
	buf_printf(out,
	    ">\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; "
	    "report-type=%sdelivery-status;\r\n\tboundary=\"=_%.*s\"\r\n",
	    n->utf8 ? "global-" : "", SPAN(n->id));
	buf_printf(out, "Content-Transfer-Encoding: %s\r\n\r\n", eight ? "8bit" : "7bit");
}

static void
put_part(const struct notice *n, const char *type, bool eight, struct buf *out)
{
	buf_printf(out, "\r\n--=_%.*s\r\nContent-Type: %s\r\n", SPAN(n->id), type);
	if (eight)
		buf_str(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_str(out, "\r\n");
}

/* RFC 3464 2.3.6: the reply, folded where it had lines. */
static void
put_diagnostic(struct buf *out, struct span text, bool said_by_server, bool utf8)
{
	if (text.n == 0)
		return;
	buf_printf(out, "Diagnostic-Code: %s; ", said_by_server ? "smtp" : "x-posthouse");
	for (bool first = true; text.n > 0; first = false) {
		if (!first)
			buf_str(out, "\r\n\t");
		put_value(out, span_trim(span_cut(text, '\n', &text)), utf8);
	}
	buf_str(out, "\r\n");
}

static void
put_recipient(const struct notice *n, const struct notice_recipient *r, struct buf *out)
{
	bool u = n->utf8;
	struct span status = r->status.n > 0 ? r->status : span_str(actions[r->action].status);

	buf_str(out, "\r\n");
	put_field(out, "Original-Recipient", "", r->orcpt, u);
	put_field(out, "Final-Recipient", u ? "utf-8; " : "rfc822; ", r->address, u);
	buf_printf(out, "Action: %s\r\n", actions[r->action].word);
	put_field(out, "Status", "", status, false);
	put_field(out, "Remote-MTA", "dns; ", r->remote_mta, u);
	put_field(out, "X-Remote-Address", "", r->remote_ip, false);
	put_diagnostic(out, r->diagnostic, r->remote_mta.n > 0, u);
	put_field(out, "X-Posthouse-Category", "", span_str(category_word(r->category)), false);
	put_date(out, "Last-Attempt-Date", r->last_attempt_s);
	if (r->action == NOTICE_DELAYED)
		put_date(out, "Will-Retry-Until", r->will_retry_until_s);
}

static void
put_fields(const struct notice *n, struct buf *out)
{
	put_field(out, "Original-Envelope-Id", "", n->envid, n->utf8);
	put_field(out, "Reporting-MTA", "dns; ", n->reporting_mta, n->utf8);
	put_date(out, "Arrival-Date", n->arrival_s);
	for (size_t i = 0; i < n->n_recipients; i++)
		put_recipient(n, &n->recipients[i], out);
}

static const char *
original_type(const struct notice *n)
{
	if (n->utf8)
		return n->original_whole ? "message/global" : "message/global-headers";
	return n->original_whole ? "message/rfc822" : "text/rfc822-headers";
}

bool
notice_write(const struct notice *n, struct buf *out)
{
	struct buf words;
	bool eight_original = has_8bit(n->original), eight_words, eight;

	buf_init(&words, 256 * 1024);
	for (size_t i = 0; i < n->n_recipients; i++)
		tell(&n->recipients[i], &words);
	eight_words = has_8bit(buf_all(&words));
	eight = eight_words || eight_original || n->utf8;

	put_head(n, eight, out);
	buf_str(out, "This is a report about a mail, in MIME format.\r\n");
	put_part(n, "text/plain; charset=utf-8", eight_words, out);
	buf_span(out, buf_all(&words));
	put_part(n, n->utf8 ? "message/global-delivery-status" : "message/delivery-status", n->utf8,
	    out);
	put_fields(n, out);
	put_part(n, original_type(n), eight_original, out);
	buf_span(out, n->original);
	buf_printf(out, "\r\n--=_%.*s--\r\n", SPAN(n->id));
	buf_free(&words);
	return eight;
}
