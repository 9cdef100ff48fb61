#include "address_find.h"

#include <string.h>

static bool
in_local(char c)
{
	return (c & 0x80) != 0 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       (c != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
in_domain(char c)
{
	return (c & 0x80) != 0 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
	       c == '.' || c == '-' || c == '_';
}

/* What ends before i: the full stops, colons and brackets of East Asian text, where no space stands around an address. */
static bool
is_wide_punctuation(struct span s, size_t i)
{
	const unsigned char *p;

	if (i < 3)
		return false;
	p = (const unsigned char *)s.p + i - 3;
	if (p[0] == 0xE3 && p[1] == 0x80) /* U+3000..U+303F */
		return true;
	return p[0] == 0xEF && p[1] == 0xBC && (p[2] < 0x90 || (p[2] >= 0x9A && p[2] <= 0xA0));
}

static bool
is_ascii_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Exim writes a character that is not of ASCII as "\x{f6}". */
static bool
is_escape(struct span s, size_t i)
{
	return s.p[i] == '\\' && i + 2 < s.n && s.p[i + 1] == 'x' && s.p[i + 2] == '{';
}

/* RFC 5321 4.1.2: a quote in it stands behind a backslash. 64 octets are a local part, and each may be quoted so. */
static size_t
quoted_start(struct span s, size_t at)
{
	for (size_t i = at - 1; i > 0 && at - i < 2 + 2 * 64;)
		if (s.p[--i] == '"' && (i == 0 || s.p[i - 1] != '\\'))
			return i;
	return at;
}

/* Where the local part that ends before at begins; at itself: there is none. */
static size_t
local_start(struct span s, size_t at)
{
	size_t i = at;

	if (at > 1 && s.p[at - 1] == '"')
		return quoted_start(s, at);
	while (i > 0 && at - i < 128 && (in_local(s.p[i - 1]) || is_escape(s, i - 1)) &&
	       !is_wide_punctuation(s, i))
		i--;
	if (i > 0 && s.p[i - 1] == '<') /* as the server has it, odd as it may be */
		return i;
	while (i < at && (s.p[i] == '\'' || s.p[i] == '.' || s.p[i] == '`'))
		i++;
	for (size_t j = i; j < at;
	     j++) /* "To:a" or "RFC822;a" left a prefix out already; "x=a@b" did not */
		if (s.p[j] == '=' && j + 1 < at && at - j > 1 && j - i <= 12 && s.n > at &&
		    span_find(span_of(s.p + i, j - i), '+') < 0 &&
		    span_find(span_of(s.p + i, j - i), '-') < 0)
			return j + 1;
	return i;
}

static size_t
domain_run(struct span s, size_t from)
{
	size_t i = from;

	while (i < s.n && i - from < 255 && in_domain(s.p[i]) && !is_wide_punctuation(s, i))
		i++;
	return i - from;
}

/* "joe@example.org不存在": a last label is of ASCII or has none, so what follows "org" is the sentence. */
static bool
ends_top_level(struct span s, size_t at, size_t i)
{
	size_t label = i;

	while (label > at && is_ascii_letter(s.p[label - 1]))
		label--;
	return i - label >= 2 && label > at && s.p[label - 1] == '.' &&
	       span_find(span_of(s.p + i, domain_run(s, i)), '.') < 0;
}

static size_t
domain_end(struct span s, size_t at)
{
	size_t i = at;

	if (i < s.n && s.p[i] == '[') {
		ptrdiff_t close = span_find(span_from(s, i), ']');
		return close > 0 ? i + (size_t)close + 1 : at;
	}
	while (i < s.n && i - at < 255 && in_domain(s.p[i])) {
		if ((s.p[i] & 0x80) != 0 && ends_top_level(s, at, i))
			break;
		i++;
	}
	while (i > at && (s.p[i - 1] == '.' || s.p[i - 1] == '-'))
		i--;
	return i;
}

/* "a@b"@example.org: what looks like an address is its local part. */
static bool
is_in_quotes(struct span s, size_t start, size_t end)
{
	return end + 1 < s.n && s.p[end] == '"' && s.p[end + 1] == '@' &&
	       quoted_start(s, end + 1) <= start;
}

struct span
address_find(struct span s, struct span *rest)
{
	size_t least = 0; /* where one may begin: behind what was none */

	for (size_t from = 0; from < s.n;) {
		ptrdiff_t found = span_find(span_from(s, from), '@');
		size_t at, start, end;

		if (found < 0)
			break;
		at = from + (size_t)found;
		start = local_start(s, at);
		end = domain_end(s, at + 1);
		if (start < least)
			start = least;
		if (is_in_quotes(s, start, end)) {
			from = end + 1;
			continue;
		}
		if (start < at && end > at + 1) {
			if (rest != NULL)
				*rest = span_from(s, end);
			return span_of(s.p + start, end - start);
		}
		least = from = at + 1;
	}
	if (rest != NULL)
		*rest = span_of(NULL, 0);
	return span_of(NULL, 0);
}

struct span
address_of_field(struct span value)
{
	ptrdiff_t open = span_find_last(value, '<'), close = span_find_last(value, '>');
	struct span s, found;

	if (open >= 0 && close > open) {
		s = span_trim(span_of(value.p + open + 1, (size_t)(close - open - 1)));
		found = address_find(s, NULL);
		return found.n > 0 ? found : s;
	}
	found = address_find(value, NULL);
	if (found.n > 0)
		return found;
	if (span_find(value, ';') >= 0)
		value = span_from(value, (size_t)span_find(value, ';') + 1);
	return span_trim(value);
}

bool
address_is_daemon(struct span a)
{
	return span_starts_nocase(a, "mailer-daemon") || span_starts_nocase(a, "postmaster@") ||
	       span_starts_nocase(a, "mailerdaemon") || span_starts_nocase(a, "mdaemon@") ||
	       span_starts_nocase(a, "post_master@") || span_starts_nocase(a, "postmaster\\") ||
	       span_starts_nocase(a, "mail-daemon");
}

bool
address_is_service(struct span a)
{
	static const char *const ends[] = { "-request", "-owner", "-admin", "-bounces", "-ctl",
		"-help", "-subscribe", "-unsubscribe", "-errors", "-editor", "-confirm",
		"-moderator", "support", "antispam", "helpdesk", "noreply", "no-reply",
		"do-not-reply", "donotreply" };
	static const char *const whole[] = { "listserv", "majordomo", "sympa", "listmaster",
		"mailman", "abuse", "hostmaster", "webmaster", "help", "service-desk",
		"servicedesk", "spam", "whitelist", "delist", "removal", "unblock" };
	ptrdiff_t at = span_find_last(a, '@');
	struct span local = span_first(a, at < 0 ? a.n : (size_t)at);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span_ends_nocase(local, ends[i]))
			return true;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (span_is_nocase(local, whole[i]))
			return true;
	return span_starts_nocase(local, "owner-");
}
