#include "address.h"
#include "ip.h"

#include <stdbool.h>
#include <string.h>

static size_t
lowered(char *to, struct span s)
{
	span_lower(to, s);
	return s.n;
}

static bool
is_atext(char c)
{
	return (c & 0x80) != 0 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* RFC 5321 4.1.2: Dot-string. */
static bool
needs_no_quotes(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '.' ? i == 0 || i + 1 == s.n || s.p[i - 1] == '.' : !is_atext(s.p[i]))
			return false;
	return s.n > 0;
}

/* What stands between quotes, without backslashes; in place is allowed. */
static size_t
unescaped(char *to, struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		to[n++] = s.p[i];
	}
	return n;
}

/* Between quotes, from the end, so that it may be done in place; to has room for what s had with its escapes. */
static size_t
quoted(char *to, struct span s)
{
	size_t n = s.n + 2, at;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '"' || s.p[i] == '\\';
	at = n;
	to[--at] = '"';
	for (size_t i = s.n; i > 0; i--) {
		char c = s.p[i - 1];

		to[--at] = c;
		if (c == '"' || c == '\\')
			to[--at] = '\\';
	}
	to[0] = '"';
	return n;
}

static size_t
local_put(char *to, struct span local)
{
	size_t n = lowered(to, local);
	struct span inner;

	if (n < 2 || to[0] != '"' || to[n - 1] != '"')
		return n;
	inner = span_of(to, unescaped(to, span_of(to + 1, n - 2)));
	return needs_no_quotes(inner) ? inner.n : quoted(to, inner);
}

/* "[IPv6:2001:db8::1]"; 0: it is no such literal. */
static size_t
ipv6_put(char *to, struct span domain)
{
	char text[IP_TEXT];
	struct ip ip;

	if (!span_starts_nocase(domain, "[ipv6:") || ip_literal(domain, &ip) == -1)
		return 0;
	ip_text(&ip, text);
	memcpy(to, "[ipv6:", 6);
	memcpy(to + 6, text, strlen(text));
	to[6 + strlen(text)] = ']';
	return 7 + strlen(text);
}

size_t
address_canonical(char *to, struct span address)
{
	ptrdiff_t at = span_find_last(address, '@');
	struct span domain = span_from(address, at < 0 ? address.n : (size_t)at + 1);
	size_t n, ip;

	if (at < 1)
		return lowered(to, address);
	n = local_put(to, span_first(address, (size_t)at));
	to[n++] = '@';
	if (domain.n > 1 && domain.p[domain.n - 1] == '.') /* the root's */
		domain.n--;
	ip = ipv6_put(to + n, domain);
	return n + (ip > 0 ? ip : lowered(to + n, domain));
}
