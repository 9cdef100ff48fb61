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
#include <string.h>

enum { RSA_MOST_BITS = 4096, ED25519_BYTES = 32, TXT_STRING_BYTES = 255 };

struct dkim_key {
	EVP_PKEY *pkey; /* NULL: not read yet */
	char *pem;      /* to be read from; NULL: it was */
	size_t pem_n;
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

/* ---- keys that are read when they are needed ---- */

/* The inside of one element of DER, of that tag; what follows it is left in *rest. -1: there is none. */
static int
der_take(struct span *rest, uint8_t tag, struct span *inside)
{
	const unsigned char *at = (const unsigned char *)rest->p;
	int got_tag, class, r;
	long n;

	if (rest->n == 0 || (uint8_t)rest->p[0] != tag || rest->n > LONG_MAX)
		return -1;
	r = ASN1_get_object(&at, &n, &got_tag, &class, (long)rest->n);
	if (r & 0x80 || n < 0) {
		ERR_clear_error();
		return -1;
	}
	*inside = span_of((const char *)at, (size_t)n);
	*rest = span_from(*rest, (size_t)((const char *)at - rest->p) + (size_t)n);
	return 0;
}

/* RSAPrivateKey of RFC 8017 A.1.2: nine numbers, the second of them the modulus. Its bits; -1: it is none. */
static int
rsa_bits(struct span der)
{
	enum { TAG_INTEGER = 0x02, TAG_SEQUENCE = 0x30, NUMBERS = 9 };
	struct span numbers, number;
	int bits = -1;

	if (der_take(&der, TAG_SEQUENCE, &numbers) == -1 || der.n > 0)
		return -1;
	for (unsigned i = 0; i < NUMBERS; i++) {
		if (der_take(&numbers, TAG_INTEGER, &number) == -1 || number.n == 0)
			return -1;
		while (i == 1 && number.n > 1 && number.p[0] == 0)
			number = span_from(number, 1);
		if (i == 1 && number.n <= RSA_MOST_BITS / 8)
			bits = (int)number.n * 8;
	}
	return numbers.n == 0 ? bits : -1;
}

/* Whether the key in PKCS 8 is one that we sign with; what is not plain is read whole, for its words. */
static bool
is_plain(const unsigned char *der, long n, enum dkim_algorithm *algorithm)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, n);
	const unsigned char *key = NULL;
	const ASN1_OBJECT *kind = NULL;
	int key_n = 0, nid = NID_undef, bits = 0;

	if (info != NULL && PKCS8_pkey_get0(&kind, &key, &key_n, NULL, info) == 1)
		nid = OBJ_obj2nid(kind);
	if (nid == NID_rsaEncryption)
		bits = rsa_bits(span_of((const char *)key, (size_t)key_n));
	*algorithm = nid == NID_ED25519 ? DKIM_ED25519_SHA256 : DKIM_RSA_SHA256;
	if (nid == NID_ED25519 && key_n == ED25519_BYTES + 2) /* in an OCTET STRING */
		bits = DKIM_RSA_LEAST_BITS;
	PKCS8_PRIV_KEY_INFO_free(info);
	ERR_clear_error();
	return bits >= DKIM_RSA_LEAST_BITS;
}

static bool
pem_is_plain(struct span pem, enum dkim_algorithm *algorithm)
{
	BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n = 0;
	bool plain = false;

	if (bio != NULL && PEM_read_bio(bio, &name, &header, &der, &n) == 1)
		plain = span_is(span_str(name), PEM_STRING_PKCS8INF) && is_plain(der, n, algorithm);
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, (size_t)n);
	BIO_free(bio);
	return plain;
}

struct dkim_key *
dkim_key_keep(struct span pem, struct err *err)
{
	enum dkim_algorithm algorithm = DKIM_RSA_SHA256;
	struct dkim_key *key;

	if (!pem_is_plain(pem, &algorithm))
		return dkim_key_load(pem, err);
	key = calloc(1, sizeof(*key));
	if (key == NULL || (key->pem = malloc(pem.n)) == NULL)
		fatal("out of memory for a key");
	memcpy(key->pem, pem.p, pem.n);
	key->pem_n = pem.n;
	key->algorithm = algorithm;
	return key;
}

static void
pem_forget(struct dkim_key *key)
{
	if (key->pem != NULL)
		explicit_bzero(key->pem, key->pem_n);
	free(key->pem);
	key->pem = NULL;
}

/* Now it is needed. */
static int
read_kept(struct dkim_key *key, struct err *err)
{
	struct dkim_key *whole;

	if (key->pem == NULL)
		return 0;
	whole = dkim_key_load(span_of(key->pem, key->pem_n), err);
	if (whole == NULL)
		return -1;
	pem_forget(key);
	*key = *whole;
	free(whole);
	return 0;
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
	pem_forget(key);
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
dkim_key_sign(
    struct dkim_key *key, const uint8_t digest[DKIM_DIGEST_BYTES], struct buf *out, struct err *err)
{
	char *room = buf_room(out, DKIM_SIGNATURE_MAX);
	size_t n = DKIM_SIGNATURE_MAX;
	int ok;

	if (read_kept(key, err) == -1)
		return -1;
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
