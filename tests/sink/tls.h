/* tls.h: a certificate made in memory, signed by itself, for the sink. */
#pragma once

#include <openssl/ssl.h>

/* For a name such as "sink.example"; fatal when OpenSSL cannot. */
SSL_CTX *tls_self_signed(const char *name);
