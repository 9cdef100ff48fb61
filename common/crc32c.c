#include "crc32c.h"

#include <string.h>

static uint32_t table[256];

static void __attribute__((constructor)) table_fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
		table[i] = c;
	}
}

static uint32_t
by_table(uint32_t crc, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		crc = table[(crc ^ (uint8_t)s.p[i]) & 0xff] ^ crc >> 8;
	return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
by_hardware(uint32_t crc, struct span s)
{
	uint64_t c = crc;

	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		uint64_t v;

		memcpy(&v, s.p, 8);
		c = __builtin_ia32_crc32di(c, v);
	}
	crc = (uint32_t)c;
	for (; s.n > 0; s.p++, s.n--)
		crc = __builtin_ia32_crc32qi(crc, (uint8_t)*s.p);
	return crc;
}
#endif

uint32_t
crc32c(uint32_t crc, struct span s)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~by_hardware(~crc, s);
#endif
	return ~by_table(~crc, s);
}
