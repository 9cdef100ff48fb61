#include "said.h"

#include <ctype.h>
#include <string.h>

enum {
	RUN_MAX = 1024
}; /* of a token, so that no text is looked through twice for each of its bytes */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || (c & 0x80) != 0;
}

/* 1 to 3 digits at *at; -1 if there are none or more. */
static int
number_at(struct span s, size_t *at)
{
	size_t start = *at;
	int n = 0;

	while (*at < s.n && is_digit(s.p[*at]) && *at - start < 4)
		n = n * 10 + (s.p[(*at)++] - '0');
	return *at == start || *at - start > 3 ? -1 : n;
}

bool
status_at(struct span s, struct status *st, struct span *rest)
{
	size_t at = 2;
	int subject, detail;

	if (s.n < 5 || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5') || s.p[1] != '.')
		return false;
	subject = number_at(s, &at);
	if (subject < 0 || at >= s.n || s.p[at++] != '.')
		return false;
	detail = number_at(s, &at);
	if (detail < 0 || (at < s.n && is_word(s.p[at])))
		return false;
	if (at + 1 < s.n && s.p[at] == '.' && is_digit(s.p[at + 1]))
		return false; /* an IP address or a version */
	*st = (struct status){ (uint8_t)(s.p[0] - '0'), (uint16_t)subject, (uint16_t)detail };
	if (rest != NULL)
		*rest = span_from(s, at);
	return true;
}

bool
status_find(struct span s, struct status *st)
{
	for (size_t i = 0; i + 5 <= s.n; i++) {
		if (i > 0 && (is_word(s.p[i - 1]) || s.p[i - 1] == '.' || s.p[i - 1] == '-'))
			continue;
		if (status_at(span_from(s, i), st, NULL))
			return true;
	}
	return false;
}

bool
status_is(struct status st, int class, int subject, int detail)
{
	return (class < 0 || st.class == class) && (subject < 0 || st.subject == subject) &&
	       (detail < 0 || st.detail == detail);
}

bool
status_read(struct span s, int16_t parts[3])
{
	for (int i = 0; i < 3; i++) {
		struct span part = span_cut(s, '.', &s);
		uint64_t n = 0;

		if (!span_is(part, "*") && span_u64(part, 999, &n) < 0)
			return false;
		parts[i] = span_is(part, "*") ? -1 : (int16_t)n;
	}
	return s.n == 0;
}

/* A reply code at the start: three digits, then a space, a dash or the end; *rest begins behind it. */
static int
code_at(struct span s, struct span *rest)
{
	if (s.n < 3 || s.p[0] < '2' || s.p[0] > '5' || s.p[1] < '0' || s.p[1] > '7' ||
	    !is_digit(s.p[2]))
		return 0;
	if (s.n > 3 && (is_word(s.p[3]) || s.p[3] == '.'))
		return 0;
	*rest = span_from(s, s.n > 3 && s.p[3] == '-' ? 4 : 3);
	return (s.p[0] - '0') * 100 + (s.p[1] - '0') * 10 + (s.p[2] - '0');
}

/* Takes code and status off the front of a line, into sd where it has none yet. */
static struct span
strip_codes(struct said *sd, struct span line)
{
	struct span rest = line = span_trim(line);
	struct status st;
	int code = code_at(line, &rest);

	if (code != 0 && (sd->code == 0 || sd->code == code)) {
		sd->code = code;
		line = span_trim(rest);
	}
	if (line.n > 0 && line.p[0] == '#')
		rest = span_from(line, 1);
	else
		rest = line;
	if (status_at(rest, &st, &rest)) {
		if (sd->status.class == 0)
			sd->status = st;
		line = span_trim(rest);
	}
	return line;
}

/* How long the token of such bytes is. */
static size_t
run_of(struct span s, const char *also)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '\0' && (is_word(s.p[n]) || strchr(also, s.p[n]) != NULL))
		n++;
	return n;
}

/* The lead byte of a Chinese, Japanese or Korean character or of its punctuation, in UTF-8. */
static bool
is_wide(char c)
{
	return (unsigned char)c >= 0xE3 && (unsigned char)c <= 0xEF;
}

/* How much of a token is one with what begins it: text without spaces ends where an address begins, and the address
 * where the text goes on. An address in such letters only is one. */
static size_t
token_end(struct span t)
{
	size_t i = 0;
	ptrdiff_t at = span_find(t, '@');

	if (at <= 0 || t.n < 4)
		return t.n;
	if (is_wide(t.p[0])) {
		while (i + 2 < (size_t)at && is_wide(t.p[i]))
			i += 3;
		return i < (size_t)at ? i : t.n;
	}
	for (i = (size_t)at + 2; i < t.n; i++)
		if (is_wide(t.p[i]))
			return i;
	return t.n;
}

static bool
is_ip(struct span t)
{
	unsigned dots = 0;

	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '.')
			dots++;
		else if (!is_digit(t.p[i]))
			return false;
	}
	return dots == 3 && t.n >= 7 && t.n <= 15;
}

static size_t
put(char *to, size_t at, const char *s)
{
	size_t n = strlen(s);

	memcpy(to + at, s, n);
	return at + n;
}

/* What a relay put around the words of the server: no words of the server. */
static size_t
wrapping(struct span s)
{
	ptrdiff_t end = -1;

	if (span_starts_nocase(s, "(in reply to"))
		end = span_find(s, ')');
	return end > 0 && end < 60 ? (size_t)end + 1 : 0;
}

/* "550 5.7.1 " in the midst of a reply whose lines were joined: as much of s as says nothing new. */
static size_t
repeated_code(const struct said *sd, struct span s, char before)
{
	struct span rest = s, line;
	struct status st;

	if (sd->code == 0 || (before != ' ' && before != '\0') || code_at(s, &rest) != sd->code)
		return 0;
	line = rest.n > 0 && rest.p[0] == ' ' ? span_from(rest, 1) : rest;
	if (!status_at(line, &st, &rest))
		return 0;
	return s.n - rest.n;
}

/* NO_SUCH_USER: words, as a machine joins them. OFR_416 is a name; of three and more all are joined. */
static bool
joins_words(struct span t, size_t i)
{
	return t.p[i] == '_' && i > 0 && i + 1 < t.n && isalpha((unsigned char)t.p[i - 1]) &&
	       isalpha((unsigned char)t.p[i + 1]);
}

static size_t
put_words(char *to, size_t at, struct span t)
{
	size_t joints = 0;

	for (size_t i = 0; i < t.n; i++)
		joints += t.p[i] == '_';
	for (size_t i = 0; i < t.n; i++) {
		bool joint = joints > 2 ? t.p[i] == '_' : joins_words(t, i);

		to[at++] = joint ? ' ' : t.p[i];
	}
	return at;
}

/* Copies with white space single and addresses masked. to has room for SAID_TEXT_MAX + 8. */
static size_t
plain(const struct said *sd, char *to, size_t at, struct span s)
{
	while (s.n > 0 && at < SAID_TEXT_MAX) {
		struct span run = span_first(s, run_of(span_first(s, RUN_MAX), ".-_+=@"));
		struct span t = span_first(run, token_end(run));
		size_t skip =
		    s.p[0] == '(' ? wrapping(s) : repeated_code(sd, s, at > 0 ? to[at - 1] : '\0');

		if (skip > 0) {
			s = span_from(s, skip);
			continue;
		}
		if (t.n == 0) {
			bool space = s.p[0] == ' ' || (unsigned char)s.p[0] < 32;
			if (!space || (at > 0 && to[at - 1] != ' '))
				to[at++] = space ? ' ' : s.p[0];
			s = span_from(s, 1);
			continue;
		}
		if (span_find(t, '@') > 0)
			at = put(to, at, at > 0 && to[at - 1] == '<' ? "@" : "<@>");
		else if (is_ip(t))
			at = put(to, at, "[ip]");
		else {
			t = span_first(t, SAID_TEXT_MAX - at);
			at = put_words(to, at, t);
		}
		s = span_from(s, t.n);
	}
	return at;
}

void
said_reply(struct said *sd, struct span reply, struct arena *a)
{
	char *text = arena_alloc(a, SAID_TEXT_MAX + 16);
	size_t n = 0;

	*sd = (struct said){ 0 };
	reply = span_first(reply, (size_t)SAID_TEXT_MAX * 4);
	while (reply.n > 0 && n < SAID_TEXT_MAX) {
		struct span line = span_cut(reply, '\n', &reply);
		if (n > 0 && text[n - 1] != ' ')
			text[n++] = ' ';
		line = strip_codes(sd, line);
		n = plain(sd, text, n, line);
	}
	sd->text = span_trim(span_of(text, n));
	if (sd->status.class == 0)
		status_find(sd->text, &sd->status);
}

/* The last place where a 4yz or 5yz reply begins behind a space or colon. */
static size_t
reply_starts(struct span s)
{
	struct span rest;
	size_t found = 0;

	for (size_t i = 1; i + 3 <= s.n; i++) {
		char before = s.p[i - 1];

		if ((before != ' ' && before != ':' && before != '\n' && before != '<' &&
			before != '(' && before != '_' && before != '"' && before != '\'' &&
			before != '\t') ||
		    s.p[i] < '4')
			continue;
		if (code_at(span_from(s, i), &rest) != 0 && (rest.n > 1 || i + 3 == s.n)) {
			found = i;
			break;
		}
	}
	return found;
}

void
said_diagnostic(struct said *sd, struct span text, struct arena *a)
{
	struct span rest;
	size_t at;

	text = span_first(span_trim(text), (size_t)SAID_TEXT_MAX * 4);
	at = code_at(text, &rest) != 0 ? 0 : reply_starts(text);
	said_reply(sd, span_from(text, at), a);
	if (sd->status.class == 0)
		status_find(text, &sd->status);
}
