/* dmarc.h: what a domain asks to be done with mail in its name (RFC 7489 6.3), and which domains are one (3.1). Pure. */
#pragma once

#include "suffixes.h"

enum dmarc_policy { DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc_record {
	enum dmarc_policy policy, subdomains; /* subdomains: sp=, or as policy */
	bool strict_dkim, strict_spf;
	unsigned percent;
	struct span rua;
	const char *
	    instead; /* NULL, or what is wrong with it, so that it counts as p=none (RFC 7489 6.6.3) */
};

/* "v=DMARC1" in front: any other text is none of these records. */
bool dmarc_is(struct span txt);
/* -1: it is one that nobody can follow: no list of tags, or a policy that is none and no address for reports either. */
int dmarc_read(struct span txt, struct dmarc_record *);

/* from, other: lower case. Relaxed: of one organisation (RFC 7489 3.1). */
bool dmarc_aligned(const struct suffixes *, struct span from, struct span other, bool strict);
