/* dkim_dns.h: is a key's record in the DNS? Asked at the first IPv4 server of the resolver block, or where /etc/resolv.conf says. */
#pragma once

#include "ctl.h"

enum dkim_published {
	DKIM_PUBLISHED,
	DKIM_MISSING,   /* no such name, or no TXT record there that is a key */
	DKIM_OTHER,     /* a record with another key */
	DKIM_NO_ANSWER, /* nobody to ask, or a failure */
};

/* record: the text that should be there, "v=DKIM1; k=rsa; p=..." */
enum dkim_published
dkim_dns_look(struct ctl *, const char *selector, const char *domain, struct span record);
const char *dkim_published_word(enum dkim_published); /* yes, no, another key, no answer */
