#include "ip.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff };

struct range {
	uint8_t bytes[16];
	unsigned bits;
};

/* RFC 6890 and what came later, but for documentation and benchmark networks, which harm nobody. */
static const struct range refused4[] = {
	{ { 0 }, 8 }, { { 10 }, 8 }, { { 100, 64 }, 10 }, { { 127 }, 8 }, { { 169, 254 }, 16 },
	{ { 172, 16 }, 12 }, { { 192, 168 }, 16 }, { { 192, 0, 0 }, 24 },
	{ { 224 }, 3 }, /* multicast, reserved, broadcast */
};

static const struct range refused6[] = {
	{ { 0 }, 127 },                        /* unspecified and loopback */
	{ { [8] = 0xff, [9] = 0xff }, 96 },    /* SIIT: IPv4 translated (RFC 2765 2.1) */
	{ { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48 }, /* NAT64 of a house of one's own (RFC 8215) */
	{ { 0x01 }, 64 },                      /* discarded (RFC 6666) */
	{ { 0x20, 0x01 }, 23 },                /* protocols; Teredo hides IPv4 (RFC 4380) */
	{ { 0x5f }, 16 },                      /* segment routing (RFC 9602) */
	{ { 0xfe, 0x80 }, 10 },
	{ { 0xfe, 0xc0 }, 10 },
	{ { 0xfc }, 7 },
	{ { 0xff }, 8 },
};

/* IPv4 inside IPv6: mapped (RFC 4291 2.5.5.2), compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
static const struct {
	struct range range;
	unsigned at;
} inside[] = {
	{ { { [10] = 0xff, [11] = 0xff }, 96 }, 12 },
	{ { { 0 }, 96 }, 12 },
	{ { { 0, 0x64, 0xff, 0x9b }, 96 }, 12 },
	{ { { 0x20, 0x02 }, 16 }, 2 },
};

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

int
ip_read(struct span s, struct ip *a)
{
	char text[IP_TEXT] = "";

	*a = (struct ip){ 0 };
	if (s.n >= sizeof(text) || s.n == 0 || memchr(s.p, '\0', s.n) != NULL)
		return -1;
	memcpy(text, s.p, s.n);
	a->family = AF_INET;
	if (inet_pton(AF_INET, text, a->bytes) == 1)
		return 0;
	a->family = AF_INET6;
	return inet_pton(AF_INET6, text, a->bytes) == 1 ? 0 : -1;
}

void
ip_text(const struct ip *a, char out[IP_TEXT])
{
	out[0] = '\0';
	if (a->family == AF_INET || a->family == AF_INET6)
		(void)inet_ntop(a->family, a->bytes, out, IP_TEXT);
}

int
ip_literal(struct span domain, struct ip *a)
{
	bool six;

	if (domain.n < 3 || domain.p[0] != '[' || domain.p[domain.n - 1] != ']')
		return -1;
	domain = span_of(domain.p + 1, domain.n - 2);
	six = span_starts_nocase(domain, "IPv6:");
	if (ip_read(span_from(domain, six ? 5 : 0), a) == -1)
		return -1;
	return six == (a->family == AF_INET6) ? 0 : -1;
}

static bool
public4(const uint8_t *bytes)
{
	for (unsigned i = 0; i < sizeof(refused4) / sizeof(refused4[0]); i++)
		if (same_bits(bytes, refused4[i].bytes, refused4[i].bits))
			return false;
	return true;
}

static bool
public6(const uint8_t *bytes)
{
	for (unsigned i = 0; i < sizeof(refused6) / sizeof(refused6[0]); i++)
		if (same_bits(bytes, refused6[i].bytes, refused6[i].bits))
			return false;
	for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (same_bits(bytes, inside[i].range.bytes, inside[i].range.bits))
			return public4(bytes + inside[i].at);
	return true;
}

bool
ip_is_public(const struct ip *a)
{
	return a->family == AF_INET ? public4(a->bytes) : public6(a->bytes);
}

bool
ip_is_loopback(const struct ip *a)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	struct ip plain = *a;

	ip_unmap(&plain);
	return plain.family == AF_INET
		   ? plain.bytes[0] == 127
		   : plain.family == AF_INET6 && same_bits(plain.bytes, loopback6, 128);
}

void
ip_of(const struct sockaddr *sa, struct ip *a)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	*a = (struct ip){ .family = sa->sa_family };
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(a->bytes, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(a->bytes, &in6.sin6_addr, 16);
	}
}

void
ip_of_peer(const struct sockaddr *sa, struct ip *a)
{
	ip_of(sa, a);
	ip_unmap(a);
}

int
ip_of_bytes(struct span s, struct ip *a)
{
	*a = (struct ip){ .family = s.n == 4 ? AF_INET : AF_INET6 };
	if (s.n != 4 && s.n != 16)
		return -1;
	memcpy(a->bytes, s.p, s.n);
	return 0;
}

socklen_t
ip_socket(const struct ip *a, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		memcpy(&in.sin_addr, a->bytes, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, a->bytes, 16);
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}

void
ip_unmap(struct ip *a)
{
	if (a->family != AF_INET6 || !same_bits(a->bytes, mapped, 96))
		return;
	memmove(a->bytes, a->bytes + 12, 4);
	memset(a->bytes + 4, 0, 12);
	a->family = AF_INET;
}

bool
ip_within(const struct ip *a, const struct ip *net, unsigned bits)
{
	return a->family == net->family && same_bits(a->bytes, net->bytes, bits);
}

bool
ip_same(const struct ip *a, const struct ip *b)
{
	return ip_within(a, b, a->family == AF_INET ? 32 : 128);
}
