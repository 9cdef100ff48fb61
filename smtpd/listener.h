/* listener.h: the sockets the master bound: accepts from them, within the limits of the listener and of each client.
 * Addresses are unmapped here, once (ip_of_peer): behind it an IPv4 client is an IPv4 client. */
#pragma once

#include "smtpd_conf.h"

struct worker;
typedef struct ssl_ctx_st SSL_CTX;

struct listener {
	struct listener_conf conf;
	SSL_CTX *tls; /* NULL: none */
	struct worker *worker;
	unsigned sessions_n;
};

/* Takes "listen NAME I" descriptors and "tls-cert NAME", "tls-key NAME" secrets. Fails the role where they do not fit. */
void listeners_adopt(struct worker *, const struct conf *);
void listeners_close(void);
