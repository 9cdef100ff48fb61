#include "tls.h"
#include "err.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

static X509 *
certificate(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	X509_NAME *subject;

	if (cert == NULL)
		fatal("out of memory");
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 30L * 86400);
	subject = X509_get_subject_name(cert);
	X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	if (X509_sign(cert, key, EVP_sha256()) == 0)
		fatal("cannot sign a certificate");
	return cert;
}

SSL_CTX *
tls_self_signed(const char *name)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert;

	if (ctx == NULL || key == NULL)
		fatal("cannot make a TLS key");
	cert = certificate(key, name);
	if (SSL_CTX_use_certificate(ctx, cert) != 1 || SSL_CTX_use_PrivateKey(ctx, key) != 1)
		fatal("cannot use the certificate made");
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}
