/* dmarc.h: what a domain asks to be done with mail in its name (RFC 7489 6.3), and which domains are one (3.1). Pure. */
#pragma once

#include "span.h"

enum dmarc_policy { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc_record {
	enum dmarc_policy policy, subdomains; /* subdomains: sp=, or as policy */
	bool strict_dkim, strict_spf;
	unsigned percent;
	struct span rua;
};

/* "v=DMARC1" in front: any other text is none of these records. */
bool dmarc_is(struct span txt);
/* -1: it is one that nobody can follow. */
int dmarc_read(struct span txt, struct dmarc_record *);

struct dmarc_suffixes; /* the public suffix list */
struct dmarc_suffixes *dmarc_suffixes_load(void);
void dmarc_suffixes_free(struct dmarc_suffixes *);
/* The organisational domain: part of domain, which is lower case; the whole where there is none above it. */
struct span dmarc_organisation(const struct dmarc_suffixes *, struct span domain);
bool dmarc_aligned(const struct dmarc_suffixes *, struct span from, struct span other, bool strict);
