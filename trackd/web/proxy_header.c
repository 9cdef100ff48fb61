#include "proxy_header.h"

#include <string.h>

enum {
	V1_MAX = 107, /* "PROXY TCP6 " and the longest addresses and ports, with CRLF */
	V2_FIXED = 16,
	V2_LOCAL = 0x20,
	V2_PROXY = 0x21,
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21,
	TCP4_BYTES = 12,
	TCP6_BYTES = 36,
};

static const char signature[12] = { '\r', '\n', '\r', '\n', '\0', '\r', '\n', 'Q', 'U', 'I', 'T',
	'\n' };

/* ---- version 1: a line ---- */

static bool
is_port(struct span s)
{
	uint64_t port;

	return s.n > 0 && s.n <= 5 && (s.n == 1 || s.p[0] != '0') && span_u64(s, 65535, &port) == 0;
}

/* "TCP4 SOURCE DESTINATION PORT PORT" */
static enum proxy_step
line_read(struct span line, struct proxy_header *h)
{
	struct span family = span_cut(line, ' ', &line), source, destination, from;
	struct ip to;
	int wanted = span_is(family, "TCP4") ? AF_INET : AF_INET6;

	if (span_is(family, "UNKNOWN"))
		return PROXY_READY;
	if (wanted == AF_INET6 && !span_is(family, "TCP6"))
		return PROXY_BAD;
	source = span_cut(line, ' ', &line);
	destination = span_cut(line, ' ', &line);
	from = span_cut(line, ' ', &line);
	if (!is_port(from) || !is_port(line) || ip_read(source, &h->client) == -1 ||
	    ip_read(destination, &to) == -1 || h->client.family != wanted || to.family != wanted)
		return PROXY_BAD;
	ip_unmap(&h->client);
	return PROXY_READY;
}

static enum proxy_step
version_1(struct span in, struct proxy_header *h)
{
	ptrdiff_t lf = span_find(span_first(in, V1_MAX), '\n');

	if (lf < 0)
		return in.n >= V1_MAX ? PROXY_BAD : PROXY_MORE;
	if (in.p[lf - 1] != '\r')
		return PROXY_BAD;
	h->bytes = (size_t)lf + 1;
	return line_read(span_of(in.p + strlen("PROXY "), (size_t)lf - 1 - strlen("PROXY ")), h);
}

/* ---- version 2: binary ---- */

static size_t
u16(const char *p)
{
	return (size_t)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/* Type, length, value, one behind the other to the end. */
static bool
tlvs_fit(struct span s)
{
	while (s.n >= 3 && s.n - 3 >= u16(s.p + 1))
		s = span_from(s, 3 + u16(s.p + 1));
	return s.n == 0;
}

static enum proxy_step
addresses_read(unsigned char family, struct span s, struct proxy_header *h)
{
	size_t need = family == V2_TCP4 ? TCP4_BYTES : family == V2_TCP6 ? TCP6_BYTES : 0;

	if (need == 0) /* UNSPEC, datagrams, Unix sockets: nothing in it for us */
		return PROXY_READY;
	if (s.n < need || !tlvs_fit(span_from(s, need)))
		return PROXY_BAD;
	(void)ip_of_bytes(span_first(s, family == V2_TCP4 ? 4 : 16), &h->client);
	ip_unmap(&h->client);
	return PROXY_READY;
}

static enum proxy_step
version_2(struct span in, struct proxy_header *h)
{
	unsigned char command, family;
	size_t n;

	if (in.n < V2_FIXED)
		return PROXY_MORE;
	command = (unsigned char)in.p[12];
	family = (unsigned char)in.p[13];
	n = u16(in.p + 14);
	if ((command != V2_LOCAL && command != V2_PROXY) || V2_FIXED + n > PROXY_HEADER_MAX)
		return PROXY_BAD;
	if (in.n - V2_FIXED < n)
		return PROXY_MORE;
	h->bytes = V2_FIXED + n;
	return command == V2_LOCAL ? PROXY_READY
				   : addresses_read(family, span_of(in.p + V2_FIXED, n), h);
}

/* Does one of them begin with all of the other? */
static bool
agree(struct span in, const char *p, size_t n)
{
	n = in.n < n ? in.n : n;
	return memcmp(in.p, p, n) == 0;
}

enum proxy_step
proxy_header_read(struct span in, struct proxy_header *h)
{
	*h = (struct proxy_header){ .client = { .family = AF_UNSPEC } };
	if (in.n == 0)
		return PROXY_MORE;
	if (agree(in, "PROXY ", strlen("PROXY ")))
		return in.n <= strlen("PROXY ") ? PROXY_MORE : version_1(in, h);
	if (agree(in, signature, sizeof(signature)))
		return version_2(in, h);
	return PROXY_BAD;
}
