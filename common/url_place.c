#include "url_place.h"
#include "hex.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <string.h>

enum { RAW_MAX = 1000 };

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
		if (span_starts_nocase(url, schemes[i]))
			url = span_from(url, strlen(schemes[i]));
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
	ptrdiff_t end =
	    host.n > 0 && host.p[0] == '[' ? span_find(host, ']') + 1 : span_find(host, ':');

	return end < 0 ? host : span_first(host, (size_t)end);
}

/* Percent-encoding undone; tabs and line ends, which a browser drops, left out. Bytes written, or -1. */
static int
decoded(struct span host, char out[RAW_MAX + 1])
{
	int n = 0;

	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (c == '\t' || c == '\r' || c == '\n')
			continue;
		if (c == '%') {
			uint8_t byte;

			if (i + 2 >= host.n ||
			    hex_bytes(span_of(host.p + i + 1, 2), &byte, 1) == -1)
				return -1;
			c = (char)byte;
			i += 2;
		}
		if ((c >= 0 && c <= ' ') || c == 127 || n == RAW_MAX)
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

/* 0x7f.1, 2130706433: a name whose last label is a number is an address of IPv4 (WHATWG URL 3.5). */
static void
number_write(char host[URL_HOST_MAX + 1])
{
	struct in_addr a;
	const char *last = strrchr(host, '.');

	last = last == NULL ? host : last + 1;
	if (*last >= '0' && *last <= '9' && inet_aton(host, &a) == 1)
		inet_ntop(AF_INET, &a, host, URL_HOST_MAX + 1);
}

int
url_place(struct span url, struct url_place *place)
{
	struct span s = authority_begin(url);
	size_t whole = authority_length(s);
	char raw[RAW_MAX + 1];
	size_t n;

	place->path = span_from(s, whole);
	if (decoded(without_user_and_port(span_first(s, whole)), raw) < 1 ||
	    ascii(raw, place->host) == -1)
		return -1;
	n = strlen(place->host);
	if (n > 1 && place->host[n - 1] == '.')
		place->host[n - 1] = '\0';
	number_write(place->host);
	return place->host[0] == '.' || place->host[0] == '\0' ? -1 : 0;
}
