#include "command.h"

static const char *const names[VERBS] = {
	[VERB_UNKNOWN] = "unknown",
	[VERB_EHLO] = "EHLO",
	[VERB_HELO] = "HELO",
	[VERB_MAIL] = "MAIL",
	[VERB_RCPT] = "RCPT",
	[VERB_DATA] = "DATA",
	[VERB_RSET] = "RSET",
	[VERB_NOOP] = "NOOP",
	[VERB_QUIT] = "QUIT",
	[VERB_VRFY] = "VRFY",
	[VERB_HELP] = "HELP",
	[VERB_AUTH] = "AUTH",
	[VERB_STARTTLS] = "STARTTLS",
	[VERB_EXPN] = "EXPN",
};

enum { HELO_BYTES = 255 };

static enum verb
verb_of(struct span word)
{
	for (enum verb v = VERB_UNKNOWN + 1; v < VERBS; v++)
		if (span_is_nocase(word, names[v]))
			return v;
	return VERB_UNKNOWN;
}

struct command
command_read(struct span line)
{
	struct command c;

	c.word = span_word(line, &c.args);
	c.verb = c.word.p == line.p ? verb_of(c.word) : VERB_UNKNOWN;
	c.args = span_trim(c.args);
	return c;
}

bool
command_colon(struct span args, const char *word, struct span *rest)
{
	if (!span_starts_nocase(args, word))
		return false;
	*rest = span_trim(span_from(args, span_str(word).n));
	return true;
}

bool
command_helo_ok(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] >= 127 ||
		    name.p[i] == '(' || name.p[i] == ')')
			return false;
	return name.n > 0 && name.n <= HELO_BYTES;
}

/* RFC 9110 9, RFC 5789, RFC 4918, RFC 9113 3.4. */
static const char *const http_verbs[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT",
	"OPTIONS", "TRACE", "PATCH", "PRI", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE",
	"LOCK", "UNLOCK", "SEARCH", "REPORT" };

static bool
is_http_verb(struct span word)
{
	for (size_t i = 0; i < sizeof(http_verbs) / sizeof(http_verbs[0]); i++)
		if (span_is_nocase(word, http_verbs[i]))
			return true;
	return false;
}

/* "INVITE sip:a@b.test SIP/2.0" */
static bool
names_version(struct span line)
{
	static const char *const protocols[] = { " HTTP/", " SIP/", " RTSP/", " ICAP/" };

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (span_find_nocase(line, protocols[i]) >= 0)
			return true;
	return false;
}

bool
command_is_foreign(struct span line, bool whole)
{
	struct command c;

	if (line.n == 0)
		return false;
	if ((unsigned char)line.p[0] < ' ' && line.p[0] != '\t' && line.p[0] != '\r')
		return true; /* TLS in the clear begins with 0x16 */
	if (!whole)
		return false;
	c = command_read(line);
	return span_starts(line, "SSH-") ||
	       (c.verb == VERB_UNKNOWN && (is_http_verb(c.word) || names_version(line)));
}
