#include "recipient_line.h"
#include "address_find.h"

#include <string.h>

enum { LABEL_MAX = 60 };

bool
recipient_line_is_quoted(struct span line)
{
	static const char *const names[] = { "From:", "Subject:", "Sent:", "Date:", "Sender:",
		"Cc:", "Reply-To:", "Von:", "X-", "To:", "Received:", "Message-ID:", "by ", "for ",
		"from ", "id ", "Return-Path:", ">>> MAIL", "MAIL FROM", "Reporting-MTA", "Thread-",
		"List-", "*  From:", "*  To:", "Original Sender:", "Sender-MTA:" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_starts_nocase(line, names[i]))
			return true;
	return false;
}

/* Behind an address at the start of a line: what may stand there if the line is about that recipient. */
static bool
opens_reason(struct span rest)
{
	static const char *const words[] = { "...", "Error", "User", "unknown", "on ", "failed",
		"is not", "Invalid", "delivery ", "does not", "was not", "could not", "rejected" };
	struct span t = span_trim(rest);

	if (t.n == 0 || rest.p[0] == ':' || rest.p[0] == ';' || rest.p[0] == ',' ||
	    span_starts(rest, "..."))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_starts_nocase(t, words[i]))
			return true;
	return strchr("(<-[=\":|*", t.p[0]) != NULL && t.p[0] != '\0';
}

/* Words that make a label one of a recipient, in languages of servers; "To" alone is quoted from the original. */
static bool
labels_recipient(struct span label)
{
	static const char *const words[] = { "recipient", "address", "failed", "rcpt", "user",
		"mailbox", "e-mail", "email", "error-for", "envelope-to", "deliver", "smtp", "account",
		"empf", "destinat", "adress", "endere", "direcc", "indirizz", "ontvanger", "mottagare",
		"modtager", "mottaker", "vastaanottaja", "odbiorc", "adresat", "příjem", "alıcı",
		"получател", "адрес", "宛先", "受信者", "アドレス", "送信先", "收件人", "收件者",
		"받는", "수신" };
	static const char *const not[] = { "sender", "return", "reply", "from", "absender",
		"expéditeur", "remitente", "mittente", "отправител", "送信者", "差出人", "发件人",
		"reporting", "remote", "original address", "postmaster", "contact" };

	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (span_find_nocase(label, not[i]) >= 0)
			return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_find_nocase(label, words[i]) >= 0)
			return true;
	return false;
}

static struct span
without_decoration(struct span line)
{
	line = span_trim(line);
	while (line.n > 1 && strchr(">*-=([\"'`|#", line.p[0]) != NULL && line.p[0] != '\0')
		line = span_trim(span_from(line, 1));
	while (span_starts(line, "<<") || span_starts(line, "< "))
		line = span_trim(span_from(line, 1));
	if (span_starts_nocase(line, "o "))
		line = span_trim(span_from(line, 2));
	return line;
}

/* Behind labels such as "Failed Recipient: ", "Recipient: [SMTP:", "Final-Recipient: rfc822;", "User ". */
static struct span
without_label(struct span line)
{
	static const char *const words[] = { "User ", "Recipient ", "Failed ", "Address " };
	ptrdiff_t at = span_find(line, '@'), colon;
	struct span label;

	if (at < 0)
		return line;
	for (unsigned labels = 0; labels < 2; labels++) {
		label = span_first(line, (size_t)at < LABEL_MAX ? (size_t)at : LABEL_MAX);
		colon = span_find(label, ':');
		if (colon < 0)
			colon = span_find(label, ';');
		if (colon <= 0 || span_find(span_first(label, (size_t)colon), '<') >= 0)
			break;
		label = span_first(label, (size_t)colon);
		if (!labels_recipient(label) && !span_is_nocase(label, "rfc822"))
			break;
		line = without_decoration(span_from(line, (size_t)colon + 1));
		at = span_find(line, '@');
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_starts_nocase(line, words[i]))
			line = without_decoration(span_from(line, strlen(words[i])));
	return line;
}

bool
recipient_line(struct span line, struct recipient_line *out)
{
	ptrdiff_t x400;
	bool angle;

	*out = (struct recipient_line){ 0 };
	line = without_label(without_decoration(line));
	x400 = span_find_nocase(line, "dda:SMTP="); /* X.400, as Exchange writes it */
	if (x400 > 0)
		line = span_from(line, (size_t)x400 + 9);
	angle = line.n > 0 && line.p[0] == '<';
	if (span_starts_nocase(line, "<mailto:") || span_starts_nocase(line, "mailto:"))
		line = span_from(line, (size_t)span_find(line, ':') + 1);
	out->address = address_find(line, &out->rest);
	if (out->address.n == 0 || out->address.p > line.p + (angle ? 1 : 0))
		return false;
	while (out->rest.n > 0 && strchr(">)]\"'.", out->rest.p[0]) != NULL && out->rest.p[0] != '\0')
		out->rest = span_from(out->rest, 1);
	out->opens = angle || opens_reason(out->rest);
	return true;
}
