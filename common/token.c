#include "token.h"
#include "transfer.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum {
	IV_BYTES = 16,
	FACTS_BYTES = 1 + TOKEN_MESSAGE_BYTES + 4 + 4 + 1, /* before campaign and URL */
	PLAIN_MAX = FACTS_BYTES + TOKEN_CAMPAIGN_MAX + TOKEN_URL_MAX,
	LEAST_BYTES = TOKEN_HEAD_BYTES + IV_BYTES + FACTS_BYTES,
};

struct token_sealer {
	struct token_key key;
	EVP_MAC *hmac;
	EVP_MAC_CTX *mac;
	EVP_CIPHER *ctr;
	EVP_CIPHER_CTX *cipher;
	struct buf plain, sealed;
};

int
token_key_derive(const uint8_t master[TOKEN_MASTER_BYTES], uint8_t id, struct span tenant,
    struct token_key *key, struct err *err)
{
	uint8_t out[sizeof(key->tag) + sizeof(key->encrypt) + sizeof(key->mac)];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, (void *)master, TOKEN_MASTER_BYTES),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, "posthouse tracking 1", 20),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)tenant.p, tenant.n),
		OSSL_PARAM_construct_end(),
	};
	int result = -1;

	if (ctx == NULL || EVP_KDF_derive(ctx, out, sizeof(out), params) != 1) {
		err_set(err, "cannot derive a tracking key: HKDF failed");
		goto out;
	}
	key->id = id;
	memcpy(key->tag, out, sizeof(key->tag));
	memcpy(key->encrypt, out + sizeof(key->tag), sizeof(key->encrypt));
	memcpy(key->mac, out + sizeof(key->tag) + sizeof(key->encrypt), sizeof(key->mac));
	result = 0;
out:
	OPENSSL_cleanse(out, sizeof(out));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return result;
}

struct token_sealer *
token_sealer_new(const struct token_key *key)
{
	struct token_sealer *s = calloc(1, sizeof(*s));
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
		OSSL_PARAM_construct_end(),
	};

	if (s == NULL)
		fatal("out of memory for a token sealer");
	s->key = *key;
	s->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	s->mac = EVP_MAC_CTX_new(s->hmac);
	s->ctr = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
	s->cipher = EVP_CIPHER_CTX_new();
	if (s->mac == NULL || s->ctr == NULL || s->cipher == NULL ||
	    EVP_MAC_init(s->mac, key->mac, sizeof(key->mac), params) != 1 ||
	    EVP_EncryptInit_ex2(
		s->cipher, s->ctr, key->encrypt, (const uint8_t[IV_BYTES]){ 0 }, NULL) != 1)
		fatal("libcrypto offers no HMAC-SHA256 or AES-256-CTR");
	buf_init(&s->plain, PLAIN_MAX);
	buf_init(&s->sealed, TOKEN_HEAD_BYTES + IV_BYTES + PLAIN_MAX);
	return s;
}

void
token_sealer_free(struct token_sealer *s)
{
	if (s == NULL)
		return;
	EVP_MAC_CTX_free(s->mac);
	EVP_MAC_free(s->hmac);
	EVP_CIPHER_CTX_free(s->cipher);
	EVP_CIPHER_free(s->ctr);
	buf_free(&s->plain);
	buf_free(&s->sealed);
	OPENSSL_cleanse(&s->key, sizeof(s->key));
	free(s);
}

size_t
token_length(size_t campaign_bytes, size_t url_bytes)
{
	size_t n = LEAST_BYTES + campaign_bytes + url_bytes;

	return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1);
}

static void
synthetic_iv(struct token_sealer *s, const uint8_t *head, struct span plain, uint8_t iv[IV_BYTES])
{
	uint8_t full[32];
	size_t n;

	must(EVP_MAC_init(s->mac, NULL, 0, NULL) == 1);
	must(EVP_MAC_update(s->mac, head, TOKEN_HEAD_BYTES) == 1);
	must(EVP_MAC_update(s->mac, (const uint8_t *)plain.p, plain.n) == 1);
	must(EVP_MAC_final(s->mac, full, &n, sizeof(full)) == 1 && n == sizeof(full));
	memcpy(iv, full, IV_BYTES);
}

/* Counter mode: the same both ways. */
static void
run_cipher(struct token_sealer *s, const uint8_t iv[IV_BYTES], struct span in, struct buf *out)
{
	char *room = buf_room(out, in.n);
	int n = 0;

	must(room != NULL && in.n <= PLAIN_MAX);
	must(EVP_EncryptInit_ex2(s->cipher, NULL, NULL, iv, NULL) == 1);
	must(EVP_EncryptUpdate(s->cipher, (uint8_t *)room, &n, (const uint8_t *)in.p, (int)in.n) ==
	     1);
	must((size_t)n == in.n);
	buf_grew(out, in.n);
}

static void
put_u32(struct buf *b, uint32_t v)
{
	buf_add(b, (const uint8_t[]){ v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255 }, 4);
}

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void
token_seal(struct token_sealer *s, const struct token_facts *f, struct buf *out)
{
	uint8_t head[TOKEN_HEAD_BYTES], iv[IV_BYTES];

	must(f->url.n <= TOKEN_URL_MAX && f->campaign.n <= TOKEN_CAMPAIGN_MAX);
	buf_reset(&s->plain);
	buf_reset(&s->sealed);
	buf_byte(&s->plain, (char)f->kind);
	buf_add(&s->plain, f->message, sizeof(f->message));
	put_u32(&s->plain, f->recipient);
	put_u32(&s->plain, f->issued_s);
	buf_byte(&s->plain, (char)f->campaign.n);
	buf_span(&s->plain, f->campaign);
	buf_span(&s->plain, f->url);
	head[0] = s->key.id;
	memcpy(head + 1, s->key.tag, sizeof(s->key.tag));
	synthetic_iv(s, head, buf_all(&s->plain), iv);
	buf_add(&s->sealed, head, sizeof(head));
	buf_add(&s->sealed, iv, sizeof(iv));
	run_cipher(s, iv, buf_all(&s->plain), &s->sealed);
	transfer_encode_base64url(buf_all(&s->sealed), out);
}

int
token_head(struct span token, uint8_t head[TOKEN_HEAD_BYTES])
{
	struct buf b;
	int result;

	buf_init(&b, 16);
	result = token.n < 8 ? -1 : transfer_decode_base64url(span_first(token, 8), &b);
	if (result == 0)
		memcpy(head, b.p, TOKEN_HEAD_BYTES);
	buf_free(&b);
	return result;
}

void
token_key_head(const struct token_key *key, uint8_t head[TOKEN_HEAD_BYTES])
{
	head[0] = key->id;
	memcpy(head + 1, key->tag, sizeof(key->tag));
}

bool
token_names(struct span token, const struct token_key *key)
{
	uint8_t named[TOKEN_HEAD_BYTES], head[TOKEN_HEAD_BYTES];

	token_key_head(key, head);
	return token_head(token, named) == 0 && memcmp(named, head, sizeof(head)) == 0;
}

static int
read_facts(struct span plain, struct token_facts *f)
{
	const uint8_t *p = (const uint8_t *)plain.p;

	*f = (struct token_facts){ .kind = p[0] };
	memcpy(f->message, p + 1, sizeof(f->message));
	f->recipient = get_u32(p + 1 + TOKEN_MESSAGE_BYTES);
	f->issued_s = get_u32(p + 1 + TOKEN_MESSAGE_BYTES + 4);
	plain = span_from(plain, FACTS_BYTES);
	if (p[FACTS_BYTES - 1] > plain.n)
		return -1;
	f->campaign = span_first(plain, p[FACTS_BYTES - 1]);
	f->url = span_from(plain, f->campaign.n);
	switch (f->kind) {
	case TOKEN_CLICK:
	case TOKEN_UNSUBSCRIBE:
		return f->url.n > 0 ? 0 : -1;
	case TOKEN_OPEN:
	case TOKEN_TRAP:
		return f->url.n == 0 ? 0 : -1;
	default:
		return -1;
	}
}

int
token_open(struct token_sealer *s, struct span token, struct buf *scratch, struct token_facts *f)
{
	const uint8_t *sealed;
	uint8_t iv[IV_BYTES];

	*f = (struct token_facts){ 0 };
	buf_reset(&s->sealed);
	buf_reset(&s->plain);
	buf_reset(scratch);
	if (token.n > token_length(TOKEN_CAMPAIGN_MAX, TOKEN_URL_MAX) ||
	    transfer_decode_base64url(token, &s->sealed) == -1)
		return -1;
	sealed = (const uint8_t *)s->sealed.p;
	if (s->sealed.n < LEAST_BYTES || sealed[0] != s->key.id ||
	    memcmp(sealed + 1, s->key.tag, sizeof(s->key.tag)) != 0)
		return -1;
	run_cipher(s, sealed + TOKEN_HEAD_BYTES,
	    span_from(buf_all(&s->sealed), TOKEN_HEAD_BYTES + IV_BYTES), &s->plain);
	synthetic_iv(s, sealed, buf_all(&s->plain), iv);
	if (CRYPTO_memcmp(iv, sealed + TOKEN_HEAD_BYTES, IV_BYTES) != 0)
		return -1;
	buf_span(scratch, buf_all(&s->plain));
	return buf_over(scratch) ? -1 : read_facts(buf_all(scratch), f);
}
