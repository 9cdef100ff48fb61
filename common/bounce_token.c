#include "bounce_token.h"
#include "err.h"
#include "key_ring.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* 0: version (1) << 4 | key id; 1..16: message; 17, 18: recipient; 19..26: tag of its address; 27..29: hours since 1970;
 * 30..37: MAC. Version 0 had a tag that anybody could compute: it is not taken any more. */
enum {
	VERSION = 1,
	AT_MESSAGE = 1,
	AT_RECIPIENT = 17,
	AT_TAG = 19,
	AT_HOURS = 27,
	AT_MAC = 30,
	TAG_BYTES = 8,
	HOURS_BYTES = 3, /* until the year 3883 */
	MAC_BYTES = 8,
	BYTES = 38,
	LETTERS = 61,
	NAME_MAX_BYTES = 255, /* of a tenant, of a domain: as in the configuration, and RFC 1035 */
	ADDRESS_BYTES = 512,
	TEXT_BYTES = 32 + BYTES + 2 * NAME_MAX_BYTES + ADDRESS_BYTES + 8
};

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* What is signed: each part with its length before it, so that no two lists of parts are one text. */
static size_t
part_put(uint8_t *text, size_t at, struct span part, size_t most)
{
	part = span_first(part, most);
	text[at] = (uint8_t)(part.n >> 8);
	text[at + 1] = (uint8_t)part.n;
	span_lower((char *)text + at + 2, part);
	return at + 2 + part.n;
}

static void
sign(const struct bounce_key *key, const char *purpose, struct span bytes,
    const struct bounce_owner *owner, struct span address, uint8_t out[8])
{
	uint8_t text[TEXT_BYTES], full[EVP_MAX_MD_SIZE];
	size_t at = strlen(purpose) + 1;
	unsigned n = 0;

	memcpy(text, purpose, at);
	memcpy(text + at, bytes.p, bytes.n);
	at += bytes.n;
	at = part_put(text, at, owner->tenant, NAME_MAX_BYTES);
	at = part_put(text, at, owner->domain, NAME_MAX_BYTES);
	at = part_put(text, at, address, ADDRESS_BYTES);
	must(HMAC(EVP_sha256(), key->key, BOUNCE_KEY_BYTES, text, at, full, &n) != NULL);
	memcpy(out, full, 8);
}

static void
mac(const struct bounce_key *key, const struct bounce_owner *owner, const uint8_t bytes[AT_MAC],
    uint8_t out[MAC_BYTES])
{
	sign(key, "posthouse bounce 2", span_of((const char *)bytes, AT_MAC), owner,
	    span_of(NULL, 0), out);
}

/* Of this delivery alone: the tag of one mail says nothing about the next one's. */
static void
tag(const struct bounce_key *key, const struct bounce_owner *owner, const uint8_t bytes[AT_TAG],
    struct span address, uint8_t out[TAG_BYTES])
{
	sign(key, "posthouse bounce recipient", span_of((const char *)bytes, AT_TAG), owner,
	    address, out);
}

static void
encode(const uint8_t bytes[BYTES], char *out)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < BYTES; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = alphabet[held << (5 - bits) & 31];
	*out = '\0';
}

/* -1: not a letter of ours. Case-blind; o, i and l are not taken for digits: one spelling a token. */
static int
letter(char c)
{
	const char *at;

	if (c >= 'A' && c <= 'Z')
		c = (char)(c | 32);
	at = c == '\0' ? NULL : strchr(alphabet, c);
	return at == NULL ? -1 : (int)(at - alphabet);
}

static bool
decode(struct span s, uint8_t bytes[BYTES])
{
	unsigned held = 0, bits = 0;
	size_t n = 0;

	if (s.n != LETTERS)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int v = letter(s.p[i]);
		if (v < 0)
			return false;
		held = held << 5 | (unsigned)v;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			bytes[n++] = (uint8_t)(held >> bits);
		}
	}
	return n == BYTES && (held & ((1u << bits) - 1)) == 0;
}

static void
number_put(uint8_t *at, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(n >> 8 * (bytes - 1 - i));
}

static uint64_t
number_get(const uint8_t *at, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes; i++)
		n = n << 8 | at[i];
	return n;
}

/* What the tag is of, beside the address. */
static void
delivery_put(uint8_t bytes[AT_TAG], const struct bounce_token *t)
{
	bytes[0] = (uint8_t)(VERSION << 4 | t->key_id);
	memcpy(bytes + AT_MESSAGE, t->message, BOUNCE_MESSAGE_BYTES);
	number_put(bytes + AT_RECIPIENT, t->recipient, 2);
}

void
bounce_token_make(const struct bounce_key *key, const struct bounce_owner *owner,
    struct span recipient, struct bounce_token *t, char separator, char local[BOUNCE_LOCAL_MAX + 1])
{
	uint8_t bytes[BYTES];

	must(key->id < 16 && t->recipient < BOUNCE_RECIPIENTS);
	t->key_id = key->id;
	delivery_put(bytes, t);
	tag(key, owner, bytes, recipient, bytes + AT_TAG);
	t->tag = number_get(bytes + AT_TAG, TAG_BYTES);
	number_put(bytes + AT_HOURS, (t->expires_s + 3599) / 3600, HOURS_BYTES);
	mac(key, owner, bytes, bytes + AT_MAC);
	local[0] = 'b';
	local[1] = separator;
	encode(bytes, local + 2);
}

static void
take(const uint8_t *b, struct bounce_token *t)
{
	t->key_id = b[0] & 15;
	memcpy(t->message, b + AT_MESSAGE, BOUNCE_MESSAGE_BYTES);
	t->recipient = (uint32_t)number_get(b + AT_RECIPIENT, 2);
	t->tag = number_get(b + AT_TAG, TAG_BYTES);
	t->expires_s = number_get(b + AT_HOURS, HOURS_BYTES) * 3600;
}

static const struct bounce_key *
key_of(const struct bounce_keys *keys, uint8_t id)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->at[i].id == id)
			return &keys->at[i];
	return NULL;
}

enum bounce_check
bounce_token_check(const struct bounce_keys *keys, const struct bounce_owner *owner,
    struct span local, uint64_t now_s, struct bounce_token *t)
{
	uint8_t bytes[BYTES], want[MAC_BYTES];
	const struct bounce_key *key;

	if (local.n != LETTERS + 2 || (local.p[0] | 32) != 'b' ||
	    (local.p[1] != '+' && local.p[1] != '-'))
		return BOUNCE_NONE;
	if (!decode(span_from(local, 2), bytes) || bytes[0] >> 4 != VERSION)
		return BOUNCE_NONE;
	key = key_of(keys, bytes[0] & 15);
	if (key == NULL)
		return BOUNCE_FORGED;
	mac(key, owner, bytes, want);
	if (CRYPTO_memcmp(want, bytes + AT_MAC, MAC_BYTES) != 0)
		return BOUNCE_FORGED;
	take(bytes, t);
	return t->expires_s < now_s ? BOUNCE_EXPIRED : BOUNCE_GOOD;
}

enum bounce_check
bounce_address_check(const struct bounce_keys *keys, struct span tenant, struct span address,
    uint64_t now_s, struct bounce_token *t)
{
	ptrdiff_t at = span_find_last(address, '@');
	struct bounce_owner owner = { .tenant = tenant };

	if (at < 0)
		return BOUNCE_NONE;
	owner.domain = span_from(address, (size_t)at + 1);
	return bounce_token_check(keys, &owner, span_first(address, (size_t)at), now_s, t);
}

bool
bounce_token_is_for(const struct bounce_keys *keys, const struct bounce_owner *owner,
    const struct bounce_token *t, struct span address)
{
	const struct bounce_key *key = key_of(keys, t->key_id);
	uint8_t bytes[AT_TAG], want[TAG_BYTES], has[TAG_BYTES];

	if (key == NULL || address.n == 0 || address.n > ADDRESS_BYTES)
		return false;
	delivery_put(bytes, t);
	tag(key, owner, bytes, address, want);
	number_put(has, t->tag, TAG_BYTES);
	return CRYPTO_memcmp(want, has, TAG_BYTES) == 0;
}

/* ---- keys ---- */

int
bounce_keys_read(struct bounce_keys *keys, struct span text, struct err *err)
{
	struct key_ring ring;

	keys->n = 0;
	if (key_ring_read(&ring, text, BOUNCE_KEY_ID_MAX, err) == -1)
		return err_context(err, "bounce.key");
	if (ring.n == 0 && text.n > 0)
		return err_set(
		    err, "bounce.key: there is no key in it; without the file a start makes one");
	for (; keys->n < ring.n; keys->n++) {
		keys->at[keys->n].id = ring.at[keys->n].id;
		memcpy(keys->at[keys->n].key, ring.at[keys->n].bytes, BOUNCE_KEY_BYTES);
	}
	explicit_bzero(&ring, sizeof(ring));
	return 0;
}
