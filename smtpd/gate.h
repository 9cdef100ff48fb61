/* gate.h: what bulk mail of a tenant must have before it is taken: a signature of the domain in From, and unsubscribing
 * with one click that the signature covers (RFC 8058). Pure.
 *
 * Bulk is what says so (X-Posthouse-Campaign, List-Unsubscribe, List-Id, Precedence: bulk or list), or goes to
 * gate-recipients or more at once. trackd-rewrite signs with keys of just the domain in From, so that is what is asked
 * for: it aligns strictly. */
#pragma once

#include "conf.h"
#include "facts.h"

enum gate_mode { GATE_OFF, GATE_WARN, GATE_REFUSE };

struct gate {
	enum gate_mode mode;
	uint64_t recipients;
	const char *tenant;
	const struct conf_block *block; /* of the tenant */
	struct span tracking_url;       /* of the links that would be added */
	struct span *signs_for;         /* domains a key is there for, lower case, sorted */
	size_t signs_for_n;
};

void gate_read(const struct conf_block *tenant, struct gate *);
bool gate_is_bulk(const struct gate *, const struct header_facts *, uint32_t recipients);
/* Appends all that the message lacks, with what to do, for people: "a; b". False: it lacks nothing. */
bool gate_lacks(const struct gate *, const struct header_facts *, struct buf *);
