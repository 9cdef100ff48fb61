#include "suppression_entry.h"
#include "address.h"
#include "arena.h"
#include "endian_bytes.h"
#include "hex.h"
#include "idna.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

/* The first byte of a packed entry: the reason, and what is there. */
enum { REASON_BITS = 7, EXPIRES = 8, EVENT = 16, SCOPE = 32, ADDRESS = 64, TOMBSTONE = 128 };

static const char *const reasons[SUPPRESSION_REASONS] = {
	[SUPPRESSED_HARD_BOUNCE] = "hard-bounce",
	[SUPPRESSED_COMPLAINT] = "complaint",
	[SUPPRESSED_UNSUBSCRIBED] = "unsubscribed",
	[SUPPRESSED_BY_HAND] = "by-hand",
	[SUPPRESSED_IMPORTED] = "imported",
	[SUPPRESSED_SOFT_BOUNCES] = "soft-bounces",
};

const char suppression_reason_words[] =
    "hard-bounce complaint unsubscribed by-hand imported soft-bounces";

const char *
suppression_reason_word(enum suppression_reason r)
{
	return reasons[r];
}

int
suppression_reason_of(struct span word)
{
	for (int i = 0; i < SUPPRESSION_REASONS; i++)
		if (span_is_nocase(word, reasons[i]))
			return i;
	return -1;
}

/* ---- names ---- */

static void
lower(char *to, struct span s)
{
	span_lower(to, s);
	to[s.n] = '\0';
}

static int
hash_read(struct span s, struct suppression_hash *h)
{
	uint8_t bytes[SUPPRESSION_HASH_BYTES];

	if (s.n != SUPPRESSION_HASH_CHARS || hex_bytes(span_from(s, 1), bytes, sizeof(bytes)) == -1)
		return -1;
	*h = suppression_hash_get(bytes);
	return 0;
}

/* What would break lines of a list, or a scope off an address. */
static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

/* The canonical form: both spellings of a domain past ASCII are one entry. */
static int
canonical(char to[SUPPRESSION_ADDRESS_MAX + 1], struct span address)
{
	char whole[SUPPRESSION_ADDRESS_MAX + 1 + ADDRESS_CANONICAL_EXTRA];
	struct arena *a = NULL;
	size_t n = 0, at = (size_t)span_find_last(address, '@') + 1;
	struct span domain = span_from(address, at);

	if (utf8_any_8bit(domain)) {
		a = arena_new(0);
		if (idna_ascii(domain, a, &domain) == -1 ||
		    at + domain.n > SUPPRESSION_ADDRESS_MAX) {
			arena_free(a);
			return -1;
		}
		address = span_str(arena_printf(a, "%.*s%.*s", (int)at, address.p, SPAN(domain)));
	}
	n = address_canonical(whole, address);
	arena_free(a);
	if (n > SUPPRESSION_ADDRESS_MAX)
		return -1;
	memcpy(to, whole, n);
	to[n] = '\0';
	return 0;
}

int
suppression_name(
    struct suppression_entry *e, struct span scope, struct span address, struct err *err)
{
	ptrdiff_t at = span_find_last(address, '@');

	if (address.n > 2 && address.p[0] == '<' && address.p[address.n - 1] == '>')
		return suppression_name(e, scope, span_of(address.p + 1, address.n - 2), err);
	if (scope.n > SUPPRESSION_SCOPE_MAX || has_control(scope))
		return err_set(err, "the scope is longer than %d bytes or has control bytes",
		    SUPPRESSION_SCOPE_MAX);
	lower(e->scope, scope);
	e->address[0] = '\0';
	if (address.n > 0 && address.p[0] == '#' && hash_read(address, &e->hash) == 0)
		return 0;
	if (at < 1 || (size_t)at + 1 >= address.n ||
	    span_is(span_from(address, (size_t)at), "@.") || address.n > SUPPRESSION_ADDRESS_MAX ||
	    has_control(address) || canonical(e->address, address) == -1)
		return err_set(err, "not an address: \"%.*s\"", SPAN(span_first(address, 100)));
	return 0;
}

struct suppression_hash
suppression_hash_of(const struct siphash_key *key, const char *scope, const char *address)
{
	char name[SUPPRESSION_ADDRESS_MAX + 1 + SUPPRESSION_SCOPE_MAX];
	size_t a = strlen(address), s = strlen(scope);
	uint64_t person, whole;

	memcpy(name, address, a + 1);
	memcpy(name + a + 1, scope, s);
	person = siphash(key, span_of(name, a));
	whole = siphash(key, span_of(name, a + 1 + s));
	return (struct suppression_hash){
		.published = (person & SUPPRESSION_PERSON) | (whole & ~SUPPRESSION_PERSON),
		.check = (uint32_t)(person & 0xffff) << 16 | (uint32_t)(whole >> 24 & 0xffff),
	};
}

int
suppression_hash_cmp(struct suppression_hash a, struct suppression_hash b)
{
	if (a.published != b.published)
		return a.published < b.published ? -1 : 1;
	return a.check < b.check ? -1 : a.check > b.check;
}

bool
suppression_same_person(struct suppression_hash a, struct suppression_hash b)
{
	return ((a.published ^ b.published) & SUPPRESSION_PERSON) == 0 &&
	       (a.check ^ b.check) >> 16 == 0;
}

void
suppression_hash_put(struct suppression_hash h, uint8_t out[SUPPRESSION_HASH_BYTES])
{
	be64_put(out, h.published);
	be32_put(out + 8, h.check);
}

struct suppression_hash
suppression_hash_get(const uint8_t in[SUPPRESSION_HASH_BYTES])
{
	return (struct suppression_hash){ be64(in), be32(in + 8) };
}

const char *
suppression_shown(const struct suppression_entry *e, char out[SUPPRESSION_HASH_CHARS + 1])
{
	if (e->address[0] != '\0')
		return e->address;
	snprintf(out, SUPPRESSION_HASH_CHARS + 1, "#%016llx%08x",
	    (unsigned long long)e->hash.published, e->hash.check);
	return out;
}

/* ---- packing ---- */

size_t
suppression_pack(const struct suppression_packed *p, uint8_t out[SUPPRESSION_PACKED_MAX])
{
	size_t n = 1;

	if (p->tombstone) {
		out[0] = TOMBSTONE;
		return 1;
	}
	out[0] = (uint8_t)((unsigned)p->reason | (p->expires_s > 0 ? EXPIRES : 0) |
			   (p->has_event ? EVENT : 0) | (p->scope > 0 ? SCOPE : 0) |
			   (p->address.n > 0 ? ADDRESS : 0));
	be32_put(out + n, p->time_s);
	n += 4;
	if (p->expires_s > 0) {
		be32_put(out + n, p->expires_s);
		n += 4;
	}
	if (p->has_event) {
		memcpy(out + n, p->event, sizeof(p->event));
		n += sizeof(p->event);
	}
	for (uint32_t scope = p->scope; scope > 0;
	     scope >>= 7) /* seven bits a byte, the last first */
		out[n++] = (uint8_t)((scope & 0x7f) | (scope > 0x7f ? 0x80 : 0));
	if (p->address.n > 0) {
		be16_put(out + n, (uint16_t)p->address.n);
		memcpy(out + n + 2, p->address.p, p->address.n);
		n += 2 + p->address.n;
	}
	return n;
}

/* How many bytes of fixed width the first byte promises; a scope has one at least. */
static size_t
fixed_width(uint8_t what)
{
	return 5 + (what & EXPIRES ? 4u : 0u) + (what & EVENT ? 16u : 0u) +
	       (what & SCOPE ? 1u : 0u) + (what & ADDRESS ? 2u : 0u);
}

/* Bytes taken; 0: it does not end. */
static size_t
scope_unpack(struct span in, uint32_t *scope)
{
	*scope = 0;
	for (size_t i = 0; i < in.n && i < 4; i++) {
		*scope |= ((uint32_t)in.p[i] & 0x7f) << (7 * i);
		if (((uint8_t)in.p[i] & 0x80) == 0)
			return i + 1;
	}
	return 0;
}

size_t
suppression_unpack(struct suppression_packed *p, struct span in)
{
	const uint8_t *b = (const uint8_t *)in.p;
	struct span rest;
	size_t n = 0;
	uint8_t what;

	if (in.n == 0)
		return 0;
	what = b[0];
	p->tombstone = what == TOMBSTONE;
	if (p->tombstone)
		return 1;
	if (what & TOMBSTONE || (what & REASON_BITS) >= SUPPRESSION_REASONS ||
	    in.n < fixed_width(what))
		return 0;
	p->reason = (enum suppression_reason)(what & REASON_BITS);
	p->time_s = be32(b + 1);
	b += 5;
	p->expires_s = what & EXPIRES ? be32(b) : 0;
	b += what & EXPIRES ? 4 : 0;
	p->has_event = (what & EVENT) != 0;
	if (p->has_event)
		memcpy(p->event, b, sizeof(p->event));
	b += p->has_event ? sizeof(p->event) : 0;
	rest = span_from(in, (size_t)(b - (const uint8_t *)in.p));
	p->scope = 0;
	if (what & SCOPE && (n = scope_unpack(rest, &p->scope)) == 0)
		return 0;
	rest = span_from(rest, n);
	p->address = span_of(NULL, 0);
	if (what & ADDRESS) {
		if (rest.n < 2 || be16((const uint8_t *)rest.p) > rest.n - 2)
			return 0;
		p->address = span_of(rest.p + 2, be16((const uint8_t *)rest.p));
		rest = span_from(rest, 2 + p->address.n);
	}
	return p->address.n > SUPPRESSION_ADDRESS_MAX ? 0 : in.n - rest.n;
}
