#include "original.h"
#include "header.h"
#include "readable.h"

#include <string.h>

struct span
original_attached(const struct mime_part *root, struct arena *a)
{
	static const char *const types[] = { "message/rfc822", "text/rfc822-headers",
		"message/rfc822-headers", "message/global", "message/global-headers", "text/rfc822",
		"message/partial", "text/rfc822-header" };

	for (const struct mime_part *p = root; p != NULL; p = mime_walk(p)) {
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			struct span body, rest;
			if (!mime_type_is(p, types[i]) || p->child != NULL)
				continue;
			body = readable_body(p, a);
			while (body.n > 0 && (body.p[0] == '\n' || body.p[0] == '\r'))
				body = span_from(body, 1);
			if (span_starts(body, "From ") || span_starts(body, ">From "))
				span_cut(body, '\n', &body);
			body = header_block(body, &rest);
			if (body.n > 0)
				return body;
		}
	}
	return span_of(NULL, 0);
}

/* Words that announce a quoted original; the line must not be much longer than they are. */
static const char *const announcements[] = { "original message follows", "original message -",
	"original message:", "message headers follow", "message header follows", "unsent message",
	"copy of the message", "copy of your message", "below this line", "message text follows",
	"returned message", "undelivered message", "headers of the original",
	"header of the original", "headers of your message", "original message header",
	"your message follows", "message follows", "mensaje original", "mensagem original",
	"message d'origine", "original message headers", "header of your message",
	"text of your message", "following is the message", "returned mail follows",
	"original mail", "rejected message", "begin message", "original headers",
	"included message", "received headers", "first part of", "returned content",
	"failed message", "body of message generated response", "message attached",
	"message contents", "forwarded message", "start of returned", "returned mail message",
	"urspr", "original-nachricht", "entire message" };

static bool
announces(struct span line)
{
	if (line.n < 8 || line.n > 110 || span_find_nocase(line, "the attached") >= 0 ||
	    span_find_nocase(line, "not receive") >= 0 || span_find_nocase(line, "transcript") >= 0)
		return false;
	for (size_t i = 0; i < sizeof(announcements) / sizeof(announcements[0]); i++)
		if (span_find_nocase(line, announcements[i]) >= 0)
			return line.n < strlen(announcements[i]) + 48;
	return span_starts(line, "----- Original") || span_starts(line, "---- Original");
}

/* A header line that only a message has at the left margin. */
static bool
begins_header(struct span line)
{
	return span_starts_nocase(line, "Received: ") ||
	       span_starts_nocase(line, "Return-Path: ") ||
	       span_starts_nocase(line, "Return-Path:<") ||
	       span_starts_nocase(line, "Message-ID: <") ||
	       span_starts_nocase(line, "MIME-Version: ") ||
	       span_starts_nocase(line, "DKIM-Signature: ") ||
	       span_starts_nocase(line, "X-Mailer: ") || span_starts_nocase(line, "Delivered-To: ");
}

size_t
original_quoted(struct span text)
{
	struct span rest = text;
	size_t at = 0;

	while (rest.n > 0) {
		struct span line = span_cut(rest, '\n', &rest), bare = span_trim(line);

		if (at > 0 && announces(bare))
			return at;
		if (begins_header(line))
			return at;
		at += line.n + 1;
	}
	return text.n;
}

/* What stands before a quoted header line: "> ", spaces, "| ". */
static struct span
unquoted(struct span line)
{
	while (line.n > 0 &&
	       (line.p[0] == '>' || line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == '|'))
		line = span_from(line, 1);
	return line;
}

/* The value in such a line of that field, or in the next one where it is folded; empty: it is not of that name. */
static struct span
field_value(struct span line, const char *name, struct span next)
{
	size_t n = strlen(name);

	if (line.n <= n || line.p[n] != ':' || !span_starts_nocase(line, name))
		return span_of(NULL, 0);
	line = span_trim(span_from(line, n + 1));
	return line.n > 0 ? line : span_trim(span_cut(next, '\n', &next));
}

struct span
original_field(struct span text, const char *name)
{
	while (text.n > 0) {
		struct span line = unquoted(span_cut(text, '\n', &text));
		struct span value = field_value(line, name, text);

		if (value.n > 0)
			return value;
	}
	return span_of(NULL, 0);
}

/* The Message-ID field under the names that headers, reports and their authors give it. */
static struct span
id_field(struct span text, struct arena *a)
{
	static const char *const names[] = { "Message-ID", "Original-Message-ID",
		"X-Original-Message-ID", "Message ID", "MessageID", "Original message ID",
		"Internet-Message-ID", "X-Message-ID", "Message identifier" };
	struct header_field f;

	if (header_find(text, names[0], &f))
		return header_unfolded(f.value, a);
	while (text.n > 0) {
		struct span line = unquoted(span_cut(text, '\n', &text)), value;

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			value = field_value(line, names[i], text);
			if (span_find(value, '@') > 0)
				return value;
		}
	}
	return span_of(NULL, 0);
}

/* "This report relates to your message: hello, <id>" (X.400 gateways) */
static struct span
id_in_words(struct span text)
{
	ptrdiff_t at = span_find_nocase(text, "relates to your message");
	struct span s = span_first(span_from(text, at < 0 ? text.n : (size_t)at), 300);
	ptrdiff_t open = span_find(s, '<');

	s = span_from(s, open < 0 ? s.n : (size_t)open);
	return span_find(s, '>') > span_find(s, '@') && span_find(s, '@') > 0 ? s
									      : span_of(NULL, 0);
}

struct span
original_message_id(struct span text, struct arena *a)
{
	struct span value = id_field(text, a);
	ptrdiff_t open, close;

	if (value.n == 0)
		value = id_in_words(text);
	open = span_find(value, '<');
	if (value.n == 0)
		return value;
	if (open < 0) { /* not as the RFC has it: the word itself */
		struct span word = span_word(value, &value);
		return span_find(word, '@') > 0 ? arena_span(a, word) : span_of(NULL, 0);
	}
	value = span_from(value, (size_t)open);
	close = span_find(value, '>');
	return arena_span(a, close > 0 ? span_first(value, (size_t)close + 1) : span_of(NULL, 0));
}
