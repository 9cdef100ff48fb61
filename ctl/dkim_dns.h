/* dkim_dns.h: is a key's record in the DNS? */
#pragma once

#include "dkim_files.h"

#include "check/lookup.h"

enum dkim_published {
	DKIM_PUBLISHED,
	DKIM_MISSING,  /* no such name, or no TXT record there */
	DKIM_OTHER,    /* a record with another key */
	DKIM_UNUSABLE, /* a record that verifies nothing: revoked, none that can be read, several */
	DKIM_NO_ANSWER, /* nobody to ask, or a failure */
};

/* lookup: NULL: no answer. */
enum dkim_published
dkim_dns_look(struct lookup *, const struct dkim_file *, const struct dkim_key *, struct arena *);
/* yes, no, another key, unusable, no answer */
const char *dkim_published_word(enum dkim_published);
