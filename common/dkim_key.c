#include "dkim_key.h"
#include "transfer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <limits.h>
#include <stdlib.h>

enum { RSA_MOST_BITS = 4096, ED25519_BYTES = 32, TXT_STRING_BYTES = 255 };

struct dkim_key {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *rsa; /* ready to sign; NULL: ed25519 */
	enum dkim_algorithm algorithm;
};

static int
err_crypto(struct err *err, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return err_set(err, "%s: %s", what, why == NULL ? "libcrypto gives no reason" : why);
}

/* Takes the key over, or frees it. */
static struct dkim_key *
adopt(EVP_PKEY *pkey, struct err *err)
{
	struct dkim_key *key = calloc(1, sizeof(*key));
	int bits = EVP_PKEY_get_bits(pkey);

	if (key == NULL)
		fatal("out of memory for a key");
	key->pkey = pkey;
	if (EVP_PKEY_is_a(pkey, "ED25519")) {
		key->algorithm = DKIM_ED25519_SHA256;
		return key;
	}
	if (!EVP_PKEY_is_a(pkey, "RSA"))
		err_set(err, "a DKIM key is rsa or ed25519, this one is %s",
		    EVP_PKEY_get0_type_name(pkey));
	else if (bits < DKIM_RSA_LEAST_BITS || bits > RSA_MOST_BITS)
		err_set(err, "an rsa key for DKIM has %d to %d bits, this one %d",
		    DKIM_RSA_LEAST_BITS, RSA_MOST_BITS, bits);
	else if ((key->rsa = EVP_PKEY_CTX_new(pkey, NULL)) == NULL ||
		 EVP_PKEY_sign_init(key->rsa) != 1 ||
		 EVP_PKEY_CTX_set_rsa_padding(key->rsa, RSA_PKCS1_PADDING) != 1 ||
		 EVP_PKEY_CTX_set_signature_md(key->rsa, EVP_sha256()) != 1)
		err_crypto(err, "cannot sign with this key");
	else
		return key;
	dkim_key_free(key);
	return NULL;
}

struct dkim_key *
dkim_key_load(struct span pem, struct err *err)
{
	BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");

	BIO_free(bio);
	if (pkey != NULL)
		return adopt(pkey, err);
	err_crypto(err, "no private key in PEM");
	return NULL;
}

struct dkim_key *
dkim_key_new(enum dkim_algorithm algorithm, struct err *err)
{
	EVP_PKEY *pkey = algorithm == DKIM_RSA_SHA256
			     ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)DKIM_RSA_BITS)
			     : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	if (pkey != NULL)
		return adopt(pkey, err);
	err_crypto(err, "cannot make a key");
	return NULL;
}

void
dkim_key_free(struct dkim_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_CTX_free(key->rsa);
	EVP_PKEY_free(key->pkey);
	free(key);
}

enum dkim_algorithm
dkim_key_algorithm(const struct dkim_key *key)
{
	return key->algorithm;
}

static int
sign_ed25519(EVP_PKEY *pkey, const uint8_t *digest, char *to, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		 EVP_DigestSign(ctx, (uint8_t *)to, n, digest, DKIM_DIGEST_BYTES) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

int
dkim_key_sign(const struct dkim_key *key, const uint8_t digest[DKIM_DIGEST_BYTES], struct buf *out,
    struct err *err)
{
	char *room = buf_room(out, DKIM_SIGNATURE_MAX);
	size_t n = DKIM_SIGNATURE_MAX;
	int ok;

	if (room == NULL)
		return err_set(err, "no room for a signature");
	if (key->rsa != NULL)
		ok = EVP_PKEY_sign(key->rsa, (uint8_t *)room, &n, digest, DKIM_DIGEST_BYTES) == 1;
	else
		ok = sign_ed25519(key->pkey, digest, room, &n);
	if (!ok)
		return err_crypto(err, "cannot sign");
	buf_grew(out, n);
	return 0;
}

int
dkim_key_pem(const struct dkim_key *key, struct buf *out, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;
	int result = -1;

	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
		err_crypto(err, "cannot write the key");
		goto out;
	}
	n = BIO_get_mem_data(bio, &text);
	buf_add(out, text, (size_t)n);
	result = buf_over(out) ? err_set(err, "no room for a key") : 0;
out:
	BIO_free(bio);
	return result;
}

/* p= of rsa is the SubjectPublicKeyInfo, of ed25519 the 32 bytes alone (RFC 8463 4.2). */
int
dkim_key_record(const struct dkim_key *key, struct buf *out, struct err *err)
{
	uint8_t raw[ED25519_BYTES], *der = NULL;
	size_t n = sizeof(raw);
	int der_n;

	if (key->algorithm == DKIM_ED25519_SHA256) {
		if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &n) != 1)
			return err_crypto(err, "cannot read the public key");
		buf_str(out, "v=DKIM1; k=ed25519; p=");
		transfer_encode_base64(span_of(raw, n), 0, out);
	} else {
		der_n = i2d_PUBKEY(key->pkey, &der);
		if (der_n <= 0)
			return err_crypto(err, "cannot read the public key");
		buf_str(out, "v=DKIM1; k=rsa; p=");
		transfer_encode_base64(span_of(der, (size_t)der_n), 0, out);
		OPENSSL_free(der);
	}
	return buf_over(out) ? err_set(err, "no room for a DNS record") : 0;
}

int
dkim_key_zone_line(const struct dkim_key *key, struct span selector, struct span domain,
    struct buf *out, struct err *err)
{
	struct buf record;
	struct span rest;
	int result;

	buf_init(&record, 4096);
	result = dkim_key_record(key, &record, err);
	buf_printf(out, "%.*s._domainkey.%.*s. IN TXT (", SPAN(selector), SPAN(domain));
	for (rest = buf_all(&record); rest.n > 0; rest = span_from(rest, TXT_STRING_BYTES)) {
		buf_str(out, " \"");
		buf_span(out, span_first(rest, TXT_STRING_BYTES));
		buf_str(out, "\"");
	}
	buf_str(out, " )\n");
	buf_free(&record);
	return result;
}
