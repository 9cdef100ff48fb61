/* dkim_record.h: a DKIM key as it is published (RFC 6376 3.6.1), held against the one that signs. Pure. */
#pragma once

#include "span.h"

enum dkim_record {
	DKIM_RECORD_GOOD,
	DKIM_RECORD_BAD,     /* it is no list of tags, or a wrong version */
	DKIM_RECORD_REVOKED, /* p= is empty */
	DKIM_RECORD_OTHER,   /* another key, or another kind of key */
	DKIM_RECORD_LIMITED, /* h= or s= keeps it from our mail */
	DKIM_RECORD_TESTING, /* t=y: verifiers may act as if mail were not signed */
};

/* wanted: our record, as dkim_key_record() writes it. GOOD and TESTING: the key is ours. */
enum dkim_record dkim_record_compare(struct span published, struct span wanted);
/* For people: "it is revoked (p= is empty)". */
const char *dkim_record_words(enum dkim_record);
