#include "recent.h"
#include "err.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Long enough that a program which sends all day costs four hashes an hour. Uses do not make it longer. */
enum { LIFE_MS = 15 * 60 * 1000, MAC_BYTES = 32, KEY_BYTES = 32, WAYS = 8, SETS = 2048 };

struct entry {
	uint64_t until_ms; /* 0: free */
	uint8_t mac[MAC_BYTES];
};

struct recent {
	EVP_MAC_CTX *mac;
	struct entry at[SETS * WAYS];
};

static void
mac_init(struct recent *r)
{
	uint8_t key[KEY_BYTES];
	char digest[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_end() };
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		fatal("getrandom");
	r->mac = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
	if (r->mac == NULL || EVP_MAC_init(r->mac, key, sizeof(key), params) != 1)
		fatal("libcrypto offers no HMAC-SHA256");
	explicit_bzero(key, sizeof(key));
	EVP_MAC_free(hmac);
}

struct recent *
recent_new(void)
{
	struct recent *r = calloc(1, sizeof(*r));

	if (r == NULL)
		fatal("out of memory for the logins");
	mac_init(r);
	return r;
}

void
recent_free(struct recent *r)
{
	EVP_MAC_CTX_free(r->mac);
	explicit_bzero(r, sizeof(*r));
	free(r);
}

/* A part with its length in front: no two logins and passwords say the same. */
static void
part(struct recent *r, struct span s)
{
	uint64_t n = s.n;

	must(EVP_MAC_update(r->mac, (const unsigned char *)&n, sizeof(n)) == 1);
	must(EVP_MAC_update(r->mac, (const unsigned char *)s.p, s.n) == 1);
}

static struct entry *
mac_of(struct recent *r, struct span login, struct span password, const char *hash,
    uint8_t mac[MAC_BYTES])
{
	uint64_t set;
	size_t n = 0;

	must(EVP_MAC_init(r->mac, NULL, 0, NULL) == 1);
	part(r, login);
	part(r, password);
	part(r, span_str(hash));
	must(EVP_MAC_final(r->mac, mac, &n, MAC_BYTES) == 1 && n == MAC_BYTES);
	memcpy(&set, mac, sizeof(set));
	return &r->at[set % SETS * WAYS];
}

void
recent_add(
    struct recent *r, struct span login, struct span password, const char *hash, uint64_t now_ms)
{
	uint8_t mac[MAC_BYTES];
	struct entry *set = mac_of(r, login, password, hash, mac), *to = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (CRYPTO_memcmp(set[i].mac, mac, sizeof(mac)) == 0) {
			to = &set[i];
			break;
		}
		if (set[i].until_ms < to->until_ms)
			to = &set[i];
	}
	to->until_ms = now_ms + LIFE_MS;
	memcpy(to->mac, mac, sizeof(mac));
}

bool
recent_has(
    struct recent *r, struct span login, struct span password, const char *hash, uint64_t now_ms)
{
	uint8_t mac[MAC_BYTES];
	const struct entry *set = mac_of(r, login, password, hash, mac);
	bool has = false;

	for (unsigned i = 0; i < WAYS; i++)
		has |= now_ms < set[i].until_ms && CRYPTO_memcmp(set[i].mac, mac, sizeof(mac)) == 0;
	return has;
}
