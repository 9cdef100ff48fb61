/* deliverd_conf.h: the delivery block of posthouse.conf(5), and what deliverd reads from it. */
#pragma once

#include "conf.h"

enum delivery_limit {
	LIMIT_NONE, /* waits without a timer */
	LIMIT_CONNECT,
	LIMIT_GREETING,
	LIMIT_EHLO,
	LIMIT_TLS,
	LIMIT_AUTH,
	LIMIT_MAIL,
	LIMIT_RCPT,
	LIMIT_DATA,
	LIMIT_BLOCK,
	LIMIT_DOT,
	LIMIT_RSET,
	LIMIT_QUIT,
	LIMIT_IDLE,
	LIMITS,
};

struct delivery {
	uint64_t limit_ms[LIMITS];
	uint64_t memory_bytes; /* contents of all transactions at once */
	const char *ca_file;   /* valid as long as the configuration */
};

extern const struct conf_table delivery_table; /* the block, for the master's table */
extern const struct conf_table deliverd_table; /* all that deliverd reads */

void delivery_read(const struct conf *, struct delivery *);
