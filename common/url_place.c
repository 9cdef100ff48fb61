#include "url_place.h"
#include "hex.h"
#include "ip.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>

enum { FRONT_MAX = 1500 };

/* Tabs and line ends are no part of a URL, wherever they stand. */
static bool
is_dropped(char c)
{
	return c == '\t' || c == '\r' || c == '\n';
}

/* As much of the URL as may hold a host, without what is dropped. */
static struct span
front_of(struct span url, char out[FRONT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < url.n && n < FRONT_MAX; i++)
		if (!is_dropped(url.p[i]))
			out[n++] = url.p[i];
	return span_of(out, n);
}

/* What follows the first n bytes that are not dropped. */
static struct span
behind(struct span url, size_t n)
{
	size_t i = 0;

	for (; n > 0 && i < url.n; i++)
		n -= !is_dropped(url.p[i]);
	return span_from(url, i);
}

static bool
is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Behind the scheme and all the slashes a browser skips. */
static struct span
authority_begin(struct span url)
{
	static const char *const schemes[] = { "http:", "https:" };

	while (url.n > 0 && (unsigned char)url.p[0] <= ' ')
		url = span_from(url, 1);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (span_starts_nocase(url, schemes[i])) {
			url = span_from(url, strlen(schemes[i]));
			break;
		}
	while (url.n > 0 && is_slash(url.p[0]))
		url = span_from(url, 1);
	return url;
}

static size_t
authority_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && !is_slash(s.p[n]) && s.p[n] != '?' && s.p[n] != '#')
		n++;
	return n;
}

static struct span
without_user_and_port(struct span authority)
{
	struct span host = span_from(authority, (size_t)(span_find_last(authority, '@') + 1));
	ptrdiff_t close = host.n > 0 && host.p[0] == '[' ? span_find(host, ']') : 0;
	ptrdiff_t colon = close < 0 ? -1 : span_find(span_from(host, (size_t)close), ':');

	return colon < 0 ? host : span_first(host, (size_t)(close + colon));
}

/* Of a name. */
static bool
may_stand(char c)
{
	return c != 127 && (c < 0 || c > ' ') && strchr("#%/:<>?@[\\]^|", c) == NULL;
}

/* Percent-encoding undone, in lower case. Bytes written, or -1. */
static int
decoded(struct span host, char out[FRONT_MAX + 1])
{
	int n = 0;

	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		uint8_t byte;

		if (c == '%') {
			if (i + 2 >= host.n ||
			    hex_bytes(span_of(host.p + i + 1, 2), &byte, 1) == -1)
				return -1;
			c = (char)byte;
			i += 2;
		}
		if (!may_stand(c))
			return -1;
		out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[n] = '\0';
	return n;
}

/* UTS 46, as browsers do; a name in ASCII stays as it is. */
static int
ascii(const char *name, char out[URL_HOST_MAX + 1])
{
	uint8_t *made = NULL;
	int r = -1;

	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p > 127) {
			if (idn2_lookup_u8((const uint8_t *)name, &made,
				IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
				return -1;
			name = (const char *)made;
			break;
		}
	if (strlen(name) <= URL_HOST_MAX) {
		strcpy(out, name);
		r = 0;
	}
	idn2_free(made);
	return r;
}

/* Mapping can make of a letter what no name may have: a slash, a space. */
static bool
is_name(const char *host)
{
	for (const char *p = host; *p != '\0'; p++)
		if (!may_stand(*p))
			return false;
	return host[0] != '.' && host[0] != '\0';
}

/* Whether the last label is a number, of which only an address of IPv4 can be made (WHATWG URL 3.5). */
static bool
ends_in_number(const char *host)
{
	const char *last = strrchr(host, '.');
	struct span label = span_str(last == NULL ? host : last + 1);
	bool hex = span_starts_nocase(label, "0x");

	for (size_t i = hex ? 2 : 0; i < label.n; i++)
		if (!(label.p[i] >= '0' && label.p[i] <= '9') &&
		    !(hex && hex_digit(label.p[i]) >= 0))
			return false;
	return label.n > 0;
}

/* 0x7f.1, 2130706433: as 127.0.0.1. -1: a number, but no address. */
static int
number_write(char host[URL_HOST_MAX + 1])
{
	struct in_addr a;

	if (!ends_in_number(host))
		return 0;
	if (inet_aton(host, &a) != 1)
		return -1;
	inet_ntop(AF_INET, &a, host, URL_HOST_MAX + 1);
	return 0;
}

/* "[2001:db8::1]", in its one form: nothing is encoded in it, or mapped. */
static int
address_read(struct span host, char out[URL_HOST_MAX + 1])
{
	char text[IP_TEXT];
	struct ip six;

	if (host.n < 3 || host.p[host.n - 1] != ']' ||
	    ip_read(span_of(host.p + 1, host.n - 2), &six) == -1 || six.family != AF_INET6)
		return -1;
	ip_text(&six, text);
	snprintf(out, URL_HOST_MAX + 1, "[%s]", text);
	return 0;
}

static int
name_read(struct span host, char out[URL_HOST_MAX + 1])
{
	char raw[FRONT_MAX + 1];
	size_t n;

	if (decoded(host, raw) < 1 || ascii(raw, out) == -1)
		return -1;
	n = strlen(out);
	while (n > 1 && out[n - 1] == '.')
		out[--n] = '\0';
	return is_name(out) ? number_write(out) : -1;
}

int
url_place(struct span url, struct url_place *place)
{
	char front[FRONT_MAX];
	struct span whole = front_of(url, front), s = authority_begin(whole), host;
	size_t authority = authority_length(s);

	if (whole.n == FRONT_MAX && authority == s.n) /* no end of it in sight */
		return -1;
	place->path = behind(url, whole.n - s.n + authority);
	host = without_user_and_port(span_first(s, authority));
	return host.n > 0 && host.p[0] == '[' ? address_read(host, place->host)
					      : name_read(host, place->host);
}

/* ---- the path ---- */

static void
path_decode(struct span s, bool slashes, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		uint8_t byte;

		if (is_dropped(c))
			continue;
		if (c == '%' && i + 2 < s.n && hex_bytes(span_of(s.p + i + 1, 2), &byte, 1) == 0) {
			c = (char)byte;
			i += 2;
		}
		buf_byte(out, slashes && c == '\\' ? '/' : c);
	}
}

/* Takes the last segment away, its slash too. */
static size_t
segment_drop(const char *p, size_t n)
{
	while (n > 0 && p[--n] != '/')
		continue;
	return n;
}

/* In place: what is written never gets ahead of what is read. Returns the bytes left. */
static size_t
segments_resolve(char *p, size_t n)
{
	struct span rest = span_of(p, n), segment;
	bool folder = false;
	size_t to = 0;

	while (rest.n > 0) {
		bool more = span_find(rest, '/') >= 0;

		segment = span_cut(rest, '/', &rest);
		folder = more || span_is(segment, ".") || span_is(segment, "..");
		if (span_is(segment, ".."))
			to = segment_drop(p, to);
		if (segment.n == 0 || span_is(segment, ".") || span_is(segment, ".."))
			continue;
		if (to > 0 ||
		    segment.p > p) /* its slash: there was one before it, or this is the first */
			p[to++] = '/';
		memmove(p + to, segment.p, segment.n);
		to += segment.n;
	}
	if (folder)
		p[to++] = '/';
	return to;
}

void
url_path_plain(struct span path, struct buf *out)
{
	size_t from = out->n, n = 0;

	while (n < path.n && path.p[n] != '?' && path.p[n] != '#')
		n++;
	path_decode(span_first(path, n), true, out);
	if (!buf_over(out) && out->n > from)
		out->n = from + segments_resolve(out->p + from, out->n - from);
	path_decode(span_from(path, n), false, out);
}
