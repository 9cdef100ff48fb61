/* fetch.h: one GET, and only the status of the answer: is what should answer there? */
#pragma once

#include "err.h"
#include "span.h"

#include "ip.h"

enum { FETCH_ADDRESSES_MAX = 4 };

struct fetch {
	bool tls; /* the certificate is checked, for host */
	struct span host;
	uint16_t port;
	const char *path;
	unsigned wait_s; /* for each step */
	struct ip addresses[FETCH_ADDRESSES_MAX];
	unsigned addresses_n;
};

/* The status of the first address that takes a connection; -1: none does, or it speaks no HTTP. */
int fetch_status(const struct fetch *, struct err *);
