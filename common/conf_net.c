#include "conf_net.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

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
	if (ip_read(addr, &net->ip) == -1)
		return CONF_NET_BAD;
	most = net->ip.family == AF_INET ? 32 : 128;
	bits = most;
	if (addr.n < s.n && span_u64(length, most, &bits) == -1)
		return CONF_NET_BAD;
	net->bits = (unsigned)bits;
	if (bits >= 96 && net->ip.family == AF_INET6) {
		ip_unmap(&net->ip); /* as every client is compared */
		if (net->ip.family == AF_INET) {
			net->bits -= 96;
			most = 32;
		}
	}
	return clear_behind(net->ip.bytes, most / 8, net->bits) ? CONF_NET_HOST_BITS : CONF_NET_OK;
}

const char *
conf_network_text(const struct conf_network *net, struct arena *arena)
{
	char text[IP_TEXT];

	ip_text(&net->ip, text);
	if (net->bits == (net->ip.family == AF_INET ? 32u : 128u))
		return arena_strdup(arena, text);
	return arena_printf(arena, "%s/%u", text, net->bits);
}

int
conf_address_parse(struct span s, struct conf_address *a)
{
	ptrdiff_t colon = span_find_last(s, ':');
	struct span host = span_first(s, colon < 0 ? 0 : (size_t)colon);
	struct ip ip = { .family = AF_INET6 }; /* * is :: */
	uint64_t port;
	bool wanted = true;

	*a = (struct conf_address){ .any = span_is(host, "*") };
	if (colon < 0 || span_u64(span_from(s, (size_t)colon + 1), 65535, &port) == -1 || port == 0)
		return -1;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		wanted =
		    ip_read(span_of(host.p + 1, host.n - 2), &ip) == 0 && ip.family == AF_INET6;
	else if (!a->any)
		wanted = ip_read(host, &ip) == 0 && ip.family == AF_INET;
	if (!wanted)
		return -1;
	a->len = ip_socket(&ip, (uint16_t)port, &a->addr);
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
	struct sockaddr_in6 port; /* at the same place in both families */
	char text[IP_TEXT];
	struct ip ip;

	ip_of((const struct sockaddr *)&a->addr, &ip);
	ip_text(&ip, text);
	memcpy(&port, &a->addr, sizeof(port));
	if (a->any)
		return arena_printf(arena, "*:%u", ntohs(port.sin6_port));
	return arena_printf(
	    arena, ip.family == AF_INET ? "%s:%u" : "[%s]:%u", text, ntohs(port.sin6_port));
}

bool
conf_network_has(const struct conf_network *net, const struct ip *ip)
{
	struct ip plain = *ip;

	ip_unmap(&plain);
	return ip_within(&plain, &net->ip, net->bits);
}
