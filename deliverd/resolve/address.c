#include "address.h"

#include <arpa/inet.h>
#include <string.h>

struct range {
	uint8_t bytes[16];
	unsigned bits;
};

/* RFC 6890, but for documentation and benchmark networks, which harm nobody. */
static const struct range refused4[] = {
	{ { 0 }, 8 }, { { 10 }, 8 }, { { 100, 64 }, 10 }, { { 127 }, 8 }, { { 169, 254 }, 16 },
	{ { 172, 16 }, 12 }, { { 192, 168 }, 16 },
	{ { 224 }, 3 }, /* multicast, reserved, broadcast */
};

static const struct range refused6[] = {
	{ { 0 }, 127 }, /* unspecified and loopback */
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
address_read(struct span s, struct address *a)
{
	char text[ADDRESS_TEXT + 1] = "";

	memset(a, 0, sizeof(*a));
	if (s.n >= sizeof(text) || s.n == 0)
		return -1;
	memcpy(text, s.p, s.n);
	a->family = AF_INET;
	if (inet_pton(AF_INET, text, a->bytes) == 1)
		return 0;
	a->family = AF_INET6;
	return inet_pton(AF_INET6, text, a->bytes) == 1 ? 0 : -1;
}

void
address_text(const struct address *a, char out[ADDRESS_TEXT])
{
	inet_ntop(a->family, a->bytes, out, ADDRESS_TEXT);
}

int
address_literal(struct span domain, struct address *a)
{
	bool six;

	if (domain.n < 3 || domain.p[0] != '[' || domain.p[domain.n - 1] != ']')
		return -1;
	domain = span_of(domain.p + 1, domain.n - 2);
	six = span_starts_nocase(domain, "IPv6:");
	if (address_read(span_from(domain, six ? 5 : 0), a) == -1)
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
address_is_public(const struct address *a)
{
	return a->family == AF_INET ? public4(a->bytes) : public6(a->bytes);
}

bool
address_in(const struct address *a, const struct conf_network *n)
{
	return a->family == n->family && same_bits(a->bytes, n->addr, n->bits);
}
