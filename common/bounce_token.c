#include "bounce_token.h"
#include "err.h"
#include "key_ring.h"
#include "siphash.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* 0: version (0) << 4 | key id; 1..16: message; 17, 18: recipient; 19..22: its tag; 23..26: hours since 1970;
 * 27..36: MAC */
enum {
	AT_MESSAGE = 1,
	AT_RECIPIENT = 17,
	AT_TAG = 19,
	AT_HOURS = 23,
	AT_MAC = 27,
	MAC_BYTES = 10,
	BYTES = 37,
	LETTERS = 60,
	ADDRESS_BYTES = 512
};

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void
mac(const struct bounce_key *key, const uint8_t bytes[AT_MAC], uint8_t out[MAC_BYTES])
{
	static const char purpose[] = "posthouse bounce 1";
	uint8_t text[sizeof(purpose) + AT_MAC], full[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	memcpy(text, purpose, sizeof(purpose));
	memcpy(text + sizeof(purpose), bytes, AT_MAC);
	must(HMAC(EVP_sha256(), key->key, BOUNCE_KEY_BYTES, text, sizeof(text), full, &n) != NULL);
	memcpy(out, full, MAC_BYTES);
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
put_u32(uint8_t *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(n >> (24 - 8 * i));
}

static uint32_t
get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* No secret is in it: it only has to differ between addresses that nobody can choose freely. */
uint32_t
bounce_token_tag(struct span address)
{
	static const struct siphash_key key = { 0x706f737468, 0x6f757365 };
	char low[ADDRESS_BYTES];

	address = span_first(address, sizeof(low));
	span_lower(low, address);
	return (uint32_t)siphash(&key, span_of(low, address.n));
}

void
bounce_token_make(const struct bounce_key *key, const struct bounce_token *t, char separator,
    char local[BOUNCE_LOCAL_MAX + 1])
{
	uint32_t hours = (uint32_t)((t->expires_s + 3599) / 3600);
	uint8_t bytes[BYTES];

	must(key->id < 16 && t->recipient < BOUNCE_RECIPIENTS);
	bytes[0] = key->id;
	memcpy(bytes + AT_MESSAGE, t->message, BOUNCE_MESSAGE_BYTES);
	bytes[AT_RECIPIENT] = (uint8_t)(t->recipient >> 8);
	bytes[AT_RECIPIENT + 1] = (uint8_t)t->recipient;
	put_u32(bytes + AT_TAG, t->tag);
	put_u32(bytes + AT_HOURS, hours);
	mac(key, bytes, bytes + AT_MAC);
	local[0] = 'b';
	local[1] = separator;
	encode(bytes, local + 2);
}

static void
take(const uint8_t *b, struct bounce_token *t)
{
	t->key_id = b[0] & 15;
	memcpy(t->message, b + AT_MESSAGE, BOUNCE_MESSAGE_BYTES);
	t->recipient = (uint32_t)b[AT_RECIPIENT] << 8 | b[AT_RECIPIENT + 1];
	t->tag = get_u32(b + AT_TAG);
	t->expires_s = (uint64_t)get_u32(b + AT_HOURS) * 3600;
}

enum bounce_check
bounce_token_check(const struct bounce_key *keys, size_t n_keys, struct span local, uint64_t now_s,
    struct bounce_token *t)
{
	uint8_t bytes[BYTES], want[MAC_BYTES];

	if (local.n != LETTERS + 2 || (local.p[0] | 32) != 'b' ||
	    (local.p[1] != '+' && local.p[1] != '-'))
		return BOUNCE_NONE;
	if (!decode(span_from(local, 2), bytes) || bytes[0] > 15)
		return BOUNCE_NONE;
	for (size_t i = 0; i < n_keys; i++) {
		if (keys[i].id != bytes[0])
			continue;
		mac(&keys[i], bytes, want);
		if (CRYPTO_memcmp(want, bytes + AT_MAC, MAC_BYTES) != 0)
			continue;
		take(bytes, t);
		return t->expires_s < now_s ? BOUNCE_EXPIRED : BOUNCE_GOOD;
	}
	return BOUNCE_FORGED;
}

enum bounce_check
bounce_address_check(
    const struct bounce_keys *keys, struct span address, uint64_t now_s, struct bounce_token *t)
{
	ptrdiff_t at = span_find_last(address, '@');
	struct span local = at < 0 ? address : span_first(address, (size_t)at);

	return bounce_token_check(keys->at, keys->n, local, now_s, t);
}

/* ---- keys ---- */

int
bounce_keys_read(struct bounce_keys *keys, struct span text, struct err *err)
{
	struct key_ring ring;

	keys->n = 0;
	if (key_ring_read(&ring, text, BOUNCE_KEY_ID_MAX, err) == -1)
		return err_context(err, "bounce.key");
	for (; keys->n < ring.n; keys->n++) {
		keys->at[keys->n].id = ring.at[keys->n].id;
		memcpy(keys->at[keys->n].key, ring.at[keys->n].bytes, BOUNCE_KEY_BYTES);
	}
	explicit_bzero(&ring, sizeof(ring));
	return 0;
}
