#include "url.h"
#include "idna.h"

#include <stdlib.h>
#include <string.h>

enum { HOST_BYTES = 255 }; /* RFC 1035 3.1: no name is longer */

void
url_trim(struct span v, struct buf *out)
{
	while (v.n > 0 && (uint8_t)v.p[0] <= ' ')
		v = span_from(v, 1);
	while (v.n > 0 && (uint8_t)v.p[v.n - 1] <= ' ')
		v.n--;
	while (v.n > 0) {
		size_t n = 0;

		while (n < v.n && v.p[n] != '\t' && v.p[n] != '\n' && v.p[n] != '\r')
			n++;
		buf_span(out, span_first(v, n));
		v = span_from(v, n + 1);
	}
}

static bool
slash(struct span s, size_t i)
{
	return i < s.n && (s.p[i] == '/' || s.p[i] == '\\');
}

/* Digits, at most 65535, or nothing. */
static bool
port_is_sane(struct span port)
{
	uint64_t n;

	return port.n == 0 || span_u64(port, 65535, &n) == 0;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* "%61": its byte; -1: it is none. */
static int
encoded_byte(struct span s)
{
	if (s.n < 3 || s.p[0] != '%' || hex_digit(s.p[1]) < 0 || hex_digit(s.p[2]) < 0)
		return -1;
	return hex_digit(s.p[1]) * 16 + hex_digit(s.p[2]);
}

/* %61 and the like: a letter or digit, spelled that way. */
static bool
is_encoded_letter(struct span s)
{
	int c = encoded_byte(s);

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "[" begins an IPv6 address, to "]". */
static bool
address_is_sane(struct span host)
{
	ptrdiff_t end = span_find(host, ']');

	if (end < 3)
		return false;
	for (ptrdiff_t i = 1; i < end; i++)
		if (memchr("0123456789abcdefABCDEF:.", host.p[i], 24) == NULL)
			return false;
	host = span_from(host, (size_t)end + 1);
	return host.n == 0 || (host.p[0] == ':' && port_is_sane(span_from(host, 1)));
}

/* Controls, spaces, and marks that become a space and another (UTS 46): no host has them. */
static bool
is_host_character(uint32_t c)
{
	static const uint32_t marks[] = { 0xa0, 0xa8, 0xaf, 0xb4, 0xb8, 0x2028, 0x2029, 0x202f,
		0x205f, 0x3000, 0xfffd };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (c == marks[i])
			return false;
	return c >= 0xa0 && (c < 0x2000 || c > 0x200f);
}

/* The part of it that is not ASCII. */
static bool
letters_are_sane(struct span host)
{
	for (size_t i = 0; i < host.n; i++) {
		uint8_t c = (uint8_t)host.p[i];
		size_t more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		uint32_t letter = c & (0x3fu >> more);

		if (c < 0x80)
			continue;
		if (more == 0 || i + more > host.n - 1)
			return false;
		while (more-- > 0)
			letter = letter << 6 | ((uint8_t)host.p[++i] & 0x3f);
		if (!is_host_character(letter))
			return false;
	}
	return true;
}

/* What neither a host nor a user has, and template languages leave behind. */
static bool
has_odd_byte(struct span s, const char *odd)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] <= ' ' || s.p[i] == 127 || strchr(odd, s.p[i]) != NULL)
			return true;
	return false;
}

/* User and password may have all that RFC 3986 3.2.1 allows; a browser takes any "%" there. */
static bool
authority_is_sane(struct span authority)
{
	ptrdiff_t at = span_find_last(authority, '@'), colon;
	struct span host = span_from(authority, (size_t)(at + 1));

	if (has_odd_byte(authority, "<>^|\"{}") || has_odd_byte(host, "'*$"))
		return false;
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] == '%' && !is_encoded_letter(span_from(host, i)))
			return false;
	if (host.n > 0 && host.p[0] == '[')
		return address_is_sane(host);
	colon = span_find(host, ':');
	return host.n > 0 && colon != 0 && letters_are_sane(host) && span_find(host, '[') < 0 &&
	       span_find(host, ']') < 0 &&
	       (colon < 0 || port_is_sane(span_from(host, (size_t)colon + 1)));
}

bool
url_is_web(struct span s, struct url *url)
{
	size_t scheme, n = 0;
	struct span rest;
	ptrdiff_t mark, hash;

	*url = (struct url){ .protocol_relative = span_starts(s, "//") };
	if (url->protocol_relative)
		scheme = 0;
	else if (span_starts_nocase(s, "http:"))
		scheme = 5;
	else if (span_starts_nocase(s, "https:"))
		scheme = 6;
	else
		return false;
	if (!slash(s, scheme) || !slash(s, scheme + 1))
		return false;
	rest = span_from(s, scheme + 2);
	while (n < rest.n && !slash(rest, n) && rest.p[n] != '?' && rest.p[n] != '#')
		n++;
	url->host = span_first(rest, n);
	rest = span_from(rest, n);
	hash = span_find(rest, '#');
	rest = span_first(rest, hash < 0 ? rest.n : (size_t)hash);
	mark = span_find(rest, '?');
	url->query = span_from(rest, mark < 0 ? rest.n : (size_t)mark + 1);
	return authority_is_sane(url->host);
}

struct span
url_host_name(const struct url *url)
{
	ptrdiff_t at = span_find_last(url->host, '@');
	struct span name = span_from(url->host, (size_t)(at + 1)), rest;

	if (name.n > 0 && name.p[0] == '[')
		return name;
	name = span_cut(name, ':', &rest);
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return name;
}

struct span
url_host_ascii(const struct url *url, struct arena *arena)
{
	struct span name = url_host_name(url), ascii;
	char *plain = arena_alloc(arena, name.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		struct span at = span_from(name, i);
		bool encoded = is_encoded_letter(at);

		plain[n++] = encoded ? (char)encoded_byte(at) : name.p[i];
		i += encoded ? 2 : 0;
	}
	return idna_ascii(span_of(plain, n), arena, &ascii) == 0 ? ascii : name;
}

static int
by_name(const void *a, const void *b)
{
	return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

void
url_hosts_sort(struct span *hosts, size_t n)
{
	if (n > 0)
		qsort(hosts, n, sizeof(*hosts), by_name);
}

bool
url_host_listed(struct span name, const struct span *hosts, size_t n)
{
	char low[HOST_BYTES] = "";

	if (n == 0 || name.n > sizeof(low))
		return false;
	span_lower(low, name);
	for (name = span_of(low, name.n); name.n > 0; (void)span_cut(name, '.', &name))
		if (bsearch(&name, hosts, n, sizeof(name), by_name) != NULL)
			return true;
	return false;
}

void
url_put_encoded(struct span s, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";

	while (s.n > 0) {
		size_t n = 0;
		uint8_t c;

		while (n < s.n && (uint8_t)s.p[n] > ' ' && (uint8_t)s.p[n] < 127)
			n++;
		buf_span(out, span_first(s, n));
		s = span_from(s, n);
		if (s.n == 0)
			return;
		c = (uint8_t)s.p[0];
		buf_add(out, (const char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
		s = span_from(s, 1);
	}
}
