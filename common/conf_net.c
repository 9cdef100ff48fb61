#include "conf_net.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

enum { TEXT_BYTES = INET6_ADDRSTRLEN };

/* inet_pton over a span; the family it was, or -1. */
static int
parse_ip(struct span s, uint8_t addr[16])
{
	char text[TEXT_BYTES];

	if (s.n == 0 || s.n >= sizeof(text))
		return -1;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, addr) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, addr) == 1 ? AF_INET6 : -1;
}

static bool
clear_behind(uint8_t *addr, unsigned bytes, unsigned bits)
{
	bool cleared = false;

	for (unsigned i = bits / 8; i < bytes; i++) {
		uint8_t keep = i == bits / 8 ? (uint8_t) ~(0xff >> bits % 8) : 0;

		cleared |= (addr[i] & ~keep) != 0;
		addr[i] &= keep;
	}
	return cleared;
}

enum conf_net
conf_network_parse(struct span s, struct conf_network *net)
{
	struct span length, addr = span_cut(s, '/', &length);
	unsigned most;
	uint64_t bits;

	*net = (struct conf_network){ .bits = 0 };
	net->family = parse_ip(addr, net->addr);
	if (net->family == -1)
		return CONF_NET_BAD;
	most = net->family == AF_INET ? 32 : 128;
	bits = most;
	if (addr.n < s.n && span_u64(length, most, &bits) == -1)
		return CONF_NET_BAD;
	net->bits = (unsigned)bits;
	return clear_behind(net->addr, most / 8, net->bits) ? CONF_NET_HOST_BITS : CONF_NET_OK;
}

const char *
conf_network_text(const struct conf_network *net, struct arena *arena)
{
	char text[TEXT_BYTES];

	inet_ntop(net->family, net->addr, text, sizeof(text));
	if (net->bits == (net->family == AF_INET ? 32u : 128u))
		return arena_strdup(arena, text);
	return arena_printf(arena, "%s/%u", text, net->bits);
}

static void
set_ip(struct conf_address *a, int family, const uint8_t addr[16], uint16_t port)
{
	if (family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

		memcpy(&in.sin_addr, addr, 4);
		memcpy(&a->addr, &in, sizeof(in));
		a->len = sizeof(in);
	} else {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

		memcpy(&in6.sin6_addr, addr, 16);
		memcpy(&a->addr, &in6, sizeof(in6));
		a->len = sizeof(in6);
	}
}

int
conf_address_parse(struct span s, struct conf_address *a)
{
	ptrdiff_t colon = span_find_last(s, ':');
	struct span host = span_first(s, colon < 0 ? 0 : (size_t)colon);
	uint8_t addr[16] = { 0 };
	uint64_t port;
	int family = AF_INET6;

	*a = (struct conf_address){ .any = span_is(host, "*") };
	if (colon < 0 || span_u64(span_from(s, (size_t)colon + 1), 65535, &port) == -1 || port == 0)
		return -1;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		family =
		    parse_ip(span_of(host.p + 1, host.n - 2), addr) == AF_INET6 ? AF_INET6 : -1;
	else if (!a->any)
		family = parse_ip(host, addr) == AF_INET ? AF_INET : -1;
	if (family == -1)
		return -1;
	set_ip(a, family, addr, (uint16_t)port);
	return 0;
}

int
conf_address_unix(const char *path, struct conf_address *a)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	*a = (struct conf_address){ .any = false };
	if (n == 0 || n >= sizeof(un.sun_path))
		return -1;
	memcpy(un.sun_path, path, n);
	memcpy(&a->addr, &un, sizeof(un));
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return 0;
}

const char *
conf_address_text(const struct conf_address *a, struct arena *arena)
{
	char text[TEXT_BYTES];

	if (a->addr.ss_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, &a->addr, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
		return arena_printf(arena, "%s:%u", text, ntohs(in.sin_port));
	}
	struct sockaddr_in6 in6;

	memcpy(&in6, &a->addr, sizeof(in6));
	inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text));
	if (a->any)
		return arena_printf(arena, "*:%u", ntohs(in6.sin6_port));
	return arena_printf(arena, "[%s]:%u", text, ntohs(in6.sin6_port));
}

/* The address bytes of a socket address, IPv4 in IPv6 taken out of it; the family, or -1. */
static int
address_bytes(const struct sockaddr *sa, uint8_t out[16])
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(out, &in.sin_addr, 4);
		return AF_INET;
	}
	if (sa->sa_family != AF_INET6)
		return -1;
	memcpy(&in6, sa, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
		memcpy(out, in6.sin6_addr.s6_addr + 12, 4);
		return AF_INET;
	}
	memcpy(out, &in6.sin6_addr, 16);
	return AF_INET6;
}

bool
conf_network_has(const struct conf_network *net, const struct sockaddr *sa)
{
	uint8_t addr[16] = { 0 };

	if (address_bytes(sa, addr) != net->family)
		return false;
	clear_behind(addr, net->family == AF_INET ? 4 : 16, net->bits);
	return memcmp(addr, net->addr, net->family == AF_INET ? 4 : 16) == 0;
}
