/* ehlo.h: what a server offers, from its reply to EHLO (RFC 5321 4.1.1.1). Unknown words are passed over. */
#pragma once

#include "span.h"

enum ext {
	EXT_PIPELINING = 1,
	EXT_SIZE = 2,
	EXT_8BITMIME = 4,
	EXT_STARTTLS = 8,
	EXT_SMTPUTF8 = 16,
	EXT_DSN = 32,
	EXT_ENHANCED = 64,
	EXT_AUTH_PLAIN = 128,
	EXT_AUTH_LOGIN = 256,
};

struct ehlo {
	unsigned ext;       /* bits of enum ext */
	uint64_t size_max;  /* 0: no limit announced */
	struct span server; /* the name it greets with; into the text given */
};

/* text: the reply's lines joined by LF, the first one the greeting. */
struct ehlo ehlo_read(struct span text);
