/* sasl.h: what PLAIN (RFC 4616) and LOGIN say, from base64 and apart. Pure. */
#pragma once

#include "buf.h"

enum {
	SASL_BYTES = 9300 /* of a line of base64 at its longest */,
	SASL_LOGIN_MAX = 255,
	SASL_PASSWORD_MAX = 1024
};

/* Decodes one response; "=" alone is an empty one (RFC 4954 4). -1: no base64. */
int sasl_decode(struct span line, struct buf *out);
/* authzid NUL authcid NUL password; an authzid other than the authcid is refused. Spans look into message. */
int sasl_plain(struct span message, struct span *login, struct span *password);
/* A name or password that smtpd-auth may be asked about. */
bool sasl_fits(struct span login, struct span password);
