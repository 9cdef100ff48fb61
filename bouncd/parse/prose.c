#include "prose.h"
#include "address_find.h"

#include <string.h>

enum { REASON_MAX = 1600, LINES_MAX = 4000 };

struct reader {
	struct came_back *c;
	const struct span *not_these;
	size_t n_not;
	struct arena *arena;
};

static bool
wanted(const struct reader *rd, struct span address)
{
	if (address.n == 0 || address_is_daemon(address))
		return false;
	for (size_t i = 0; i < rd->n_not; i++)
		if (span_eq_nocase(address, rd->not_these[i]))
			return false;
	return true;
}

/* "From: ", "Subject: " and such quote the original; they name no recipient. */
static bool
is_quoted_field(struct span line)
{
	static const char *const names[] = { "From:", "Subject:", "Sent:", "Date:", "Sender:",
		"Cc:", "Reply-To:", "Von:", "X-", "To:", "Received:", "Message-ID:", "by ", "for ",
		"from ", "id ", "Return-Path:", ">>> MAIL", "MAIL FROM", "Reporting-MTA", "Thread-",
		"List-" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_starts_nocase(line, names[i]))
			return true;
	return false;
}

/* Behind an address at the start of a line: what may stand there if the line is about that recipient. */
static bool
opens_reason(struct span rest)
{
	struct span t = span_trim(rest);

	if (t.n == 0 || rest.p[0] == ':' || rest.p[0] == ';' || rest.p[0] == ',' ||
	    span_starts(rest, "..."))
		return true;
	if (span_starts_nocase(t, "Error") || span_starts_nocase(t, "User") ||
	    span_starts_nocase(t, "unknown"))
		return true;
	return t.p[0] == '(' || t.p[0] == '<' || t.p[0] == '-' || t.p[0] == '[' || t.p[0] == '=' ||
	       t.p[0] == '"' || t.p[0] == ':' || t.p[0] == '|' || span_starts_nocase(t, "on ") ||
	       span_starts_nocase(t, "failed") || t.p[0] == '*' || span_starts_nocase(t, "...");
}

/* The recipient a line begins with; *reason: what follows. */
static struct span
leading_address(struct span line, struct span *reason)
{
	static const char *const before[] = { ">>>", "<<<", "---", "***", "*", "-", "--", "o", "=>",
		"User", "Recipient:", "Recipient", "Failed", "address:", "Address:", "Recipients:",
		"E-mail:", "Email:", "RCPT TO:", "Original-Recipient:", "Intended recipient:",
		"Failed Recipient:", "Envelope-To:", "smtp;", "Failed:", "Error-for:", "-->", ">",
		"Delivery failed:", "Not delivered to:", "Empf\xe4nger:", "Destinatario:", "SMTP:",
		"rfc822;" };
	struct span found, rest;
	bool angle;

	line = span_trim(line);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (span_starts_nocase(line, before[i]) && line.n > strlen(before[i])) {
			struct span t = span_trim(span_from(line, strlen(before[i])));
			if (t.n + strlen(before[i]) < line.n ||
			    before[i][strlen(before[i]) - 1] == ':' || before[i][0] == '*' ||
			    before[i][0] == '>')
				line = t;
		}
	while (line.n > 0 && (line.p[0] == '(' || line.p[0] == '[' || line.p[0] == '"' ||
				 line.p[0] == '\'' || line.p[0] == '`'))
		line = span_from(line, 1);
	if (span_find_nocase(line, "dda:SMTP=") > 0) /* X.400, as Exchange writes it */
		line = span_from(line, (size_t)span_find_nocase(line, "dda:SMTP=") + 9);
	angle = line.n > 0 && line.p[0] == '<';
	if (span_starts_nocase(line, "<mailto:") || span_starts_nocase(line, "mailto:"))
		line = span_from(line, (size_t)span_find(line, ':') + 1);
	found = address_find(line, &rest);
	if (found.n == 0 || found.p > line.p + (angle ? 1 : 0))
		return span_of(NULL, 0);
	while (rest.n > 0 && (rest.p[0] == '>' || rest.p[0] == ')' || rest.p[0] == ']' ||
				 rest.p[0] == '"' || rest.p[0] == '\'' || rest.p[0] == '.'))
		rest = span_from(rest, 1);
	if (!angle && !opens_reason(rest))
		return span_of(NULL, 0);
	*reason = rest;
	return found;
}

/* Where the reason that begins at s ends: behind the first paragraph with words in it, or before the next
 * recipient. */
static size_t
reason_end(struct span s)
{
	struct span rest = s, reason;
	size_t at = 0;
	bool words = false;

	for (bool first = true; rest.n > 0 && at < REASON_MAX; first = false) {
		struct span line = span_cut(rest, '\n', &rest), bare = span_trim(line);

		if (bare.n == 0 && words)
			break;
		if (!first && words && leading_address(line, &reason).n > 0 &&
		    (span_trim(reason).n < 3 || reason.p[0] == ':'))
			break;
		if (bare.n > 3)
			words = true;
		at += line.n + 1;
	}
	return at < s.n ? at : s.n;
}

/* Lines that every such report has: they give no reason. */
static bool
is_boilerplate(struct span line)
{
	static const char *const phrases[] = { "the mail system at", "sorry to have to inform",
		"delete your own text", "send mail to", "include this problem report",
		"created automatically by", "automatically generated", "afraid I wasn't able",
		"a permanent error; I've", "not going to try again", "one or more of its",
		"one or more recipients", "original message was received", "do not reply",
		"message that you sent", "for further assistance", "MIME-encapsulated",
		"in MIME format", "tried to deliver your message", "transcript of session",
		"the following address", "qmail-send program", "attached below", "If you do so",
		"could not be delivered to", "be retried for", "message will be retried",
		"do not need to resend", "don't need to resend", "warning message only",
		"no further action", "no action is required", "for assistance", "will be deleted",
		"mail could not be", "message still undelivered", "will keep trying", "enclosed is",
		"have been rejected by", "message was not delivered", "returned message",
		"be recovered", "undelivered mail", "contact", "delivery attempts will",
		"please check", "MIME aware", "delivery status notification", "kept in the queue",
		"temporary failure report" };

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (span_find_nocase(line, phrases[i]) >= 0)
			return true;
	return false;
}

static struct span
without_boilerplate(struct span text, struct arena *a)
{
	char *to;
	size_t n = 0;

	text = span_first(text, REASON_MAX * 4);
	to = arena_alloc(a, text.n + 1);
	while (text.n > 0) {
		struct span line = span_cut(text, '\n', &text);
		if (is_boilerplate(line))
			continue;
		memcpy(to + n, line.p, line.n);
		n += line.n;
		to[n++] = '\n';
	}
	return span_trim(span_of(to, n));
}

static void
add(struct reader *rd, struct span address, struct span reason)
{
	struct came_recipient *r = came_back_add(rd->c, address, rd->arena);

	if (r == NULL)
		return;
	while (reason.n > 0 && (reason.p[0] == ':' || reason.p[0] == '.' || reason.p[0] == ' '))
		reason = span_from(reason, 1);
	reason = span_trim(reason);
	if (r->diagnostic.n == 0 || (reason.n > 0 && r->diagnostic.n < 8))
		r->diagnostic = reason;
	if (r->status.class == 0)
		status_find(r->diagnostic, &r->status);
}

/* With the reason that begins there in text. */
static void
add_from(struct reader *rd, struct span address, struct span text, const char *there)
{
	struct span reason = span_from(text, (size_t)(there - text.p));

	add(rd, address, span_first(reason, reason_end(reason)));
}

static void
read_leading(struct reader *rd, struct span text)
{
	struct span rest = text;
	unsigned lines = 0;

	while (rest.n > 0 && lines++ < LINES_MAX) {
		struct span line = span_cut(rest, '\n', &rest), reason, address;

		if (is_quoted_field(span_trim(line)))
			continue;
		address = leading_address(line, &reason);
		if (wanted(rd, address))
			add_from(rd, address, text, reason.p);
	}
}

/* Words near an address that say what it is. */
static bool
speaks_of_failure(struct span line)
{
	static const char *const words[] = { "deliver", "recipient", "to <", " to ", "user ",
		"mailbox", "unknown", "account", "rejected", "reach", "550 ", "554 ", "552 ",
		"553 ", "551 ", "511 ", "rcpt to", "addressed", "failed", "exist", "address",
		"quota", "sent to", " an ", "5.1.1", "envoy", "entreg", "zugestellt", "inbox" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_find_nocase(line, words[i]) >= 0)
			return true;
	return false;
}

static void
read_sentences(struct reader *rd, struct span text)
{
	struct span rest = text;
	unsigned lines = 0;

	while (rest.n > 0 && lines++ < LINES_MAX) {
		struct span line = span_cut(rest, '\n', &rest), bare = span_trim(line), address,
			    after = line;

		if (is_quoted_field(bare) || !speaks_of_failure(line))
			continue;
		while ((address = address_find(after, &after)).n > 0)
			if (wanted(rd, address)) {
				add_from(rd, address, text, line.p);
				break;
			}
		if (rd->c->n_recipients > 0)
			return;
	}
}

/* "To: joe@example.org", where a report quotes what was sent. */
static void
read_to(struct reader *rd, struct span text)
{
	while (text.n > 0 && rd->c->n_recipients == 0) {
		struct span line = span_trim(span_cut(text, '\n', &text)), address;

		if (!span_starts_nocase(line, "To:"))
			continue;
		address = address_of_field(line);
		if (span_find(address, '@') > 0 && wanted(rd, address))
			add(rd, address, span_of(NULL, 0));
	}
}

void
prose_parse(
    struct came_back *c, struct span text, const struct span *not_these, size_t n, struct arena *a)
{
	struct reader rd = { c, not_these, n, a };

	c->reason = without_boilerplate(text, a);
	if (c->n_recipients > 0)
		return;
	read_leading(&rd, text);
	if (c->n_recipients == 0)
		read_sentences(&rd, text);
	if (c->n_recipients == 0)
		read_to(&rd, text);
}
