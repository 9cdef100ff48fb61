#include "id.h"
#include "err.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Process-wide as the clock is: two makers of ids in a process would not know of each other. */
static struct {
	uint64_t last_ms;
	uint32_t random, count;
	uint16_t node;
} maker;

void
id_init(uint16_t node)
{
	maker.node = node;
	if (getrandom(&maker.random, sizeof(maker.random), 0) != sizeof(maker.random))
		fatal("getrandom for ids failed");
}

static void
big_endian(uint8_t *to, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0) {
		to[bytes] = (uint8_t)v;
		v >>= 8;
	}
}

struct id
id_new(void)
{
	struct timespec now;
	uint64_t ms;
	struct id id;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	if (ms < maker.last_ms)
		ms = maker.last_ms; /* the clock went back: keep the order */
	maker.last_ms = ms;
	big_endian(id.b, ms, 6);
	big_endian(id.b + 6, maker.node, 2);
	big_endian(id.b + 8, maker.random, 4);
	big_endian(id.b + 12, ++maker.count, 4);
	return id;
}

struct id_text
id_text(struct id id)
{
	struct id_text t;
	unsigned bit = 0; /* 130 bits: the first two are zero */

	for (unsigned i = 0; i < ID_CHARS; i++) {
		unsigned v = 0;

		for (unsigned k = 0; k < 5; k++, bit++) {
			unsigned b = bit < 2 ? 0 : (id.b[(bit - 2) / 8] >> (7 - (bit - 2) % 8)) & 1;

			v = v << 1 | b;
		}
		t.c[i] = digits[v];
	}
	t.c[ID_CHARS] = '\0';
	return t;
}

static int
digit(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 32);
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	at = c == '\0' ? NULL : strchr(digits, c);
	return at == NULL ? -1 : (int)(at - digits);
}

int
id_prefix(struct span s, struct id *lo, struct id *hi)
{
	if (s.n == 0 || s.n > ID_CHARS)
		return -1;
	memset(lo, 0, sizeof(*lo));
	memset(hi, 0xff, sizeof(*hi));
	for (unsigned i = 0; i < s.n; i++) {
		int v = digit(s.p[i]);

		if (v < 0 || (i == 0 && v > 7))
			return -1;
		for (unsigned k = 0; k < 5; k++) {
			unsigned bit = i * 5 + k;
			uint8_t mask;

			if (bit < 2)
				continue;
			mask = (uint8_t)(1u << (7 - (bit - 2) % 8));
			if ((v >> (4 - k)) & 1)
				lo->b[(bit - 2) / 8] |= mask;
			else
				hi->b[(bit - 2) / 8] &= (uint8_t)~mask;
		}
	}
	return 0;
}

int
id_parse(struct span s, struct id *id)
{
	struct id hi;

	return s.n == ID_CHARS ? id_prefix(s, id, &hi) : -1;
}

int
id_cmp(struct id a, struct id b)
{
	return memcmp(a.b, b.b, ID_BYTES);
}

bool
id_eq(struct id a, struct id b)
{
	return id_cmp(a, b) == 0;
}

uint64_t
id_time_ms(struct id id)
{
	uint64_t ms = 0;

	for (unsigned i = 0; i < 6; i++)
		ms = ms << 8 | id.b[i];
	return ms;
}

uint64_t
id_hash(struct id id)
{
	return span_hash(span_of(id.b, ID_BYTES));
}
