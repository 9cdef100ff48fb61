/* dkim_files.h: DKIM keys on disk, KEYS/dkim/TENANT/DOMAIN/SELECTOR and what comes behind it, which says what the key does:
 *
 *	.new		made, signs nothing yet: its record can be published
 *	.pem		signs; only such a file is handed to trackd-sign
 *	.retired	signs no more; its record stays until all that it signed has arrived
 *
 * A file's time is when that began. A rename is the whole change, so it is one or the other, whatever happens. */
#pragma once

#include "ctl.h"
#include "dkim_key.h"

/* What was signed waits in the queues of others for days (RFC 5321 4.5.4.1: 4 to 5), and may be passed on from there. */
enum { DKIM_RECORD_KEPT_DAYS = 14 };
enum { DKIM_ACTIVE_MOST = 4 }; /* keys that sign for a domain, as many as trackd-rewrite asks for */

enum dkim_state { DKIM_NEW, DKIM_ACTIVE, DKIM_RETIRED };

struct dkim_file {
	const char *tenant, *domain, *selector;
	enum dkim_state state;
	uint64_t since_s;
};

const char *dkim_state_word(enum dkim_state);                       /* new, active, retired */
const char *dkim_file_name(struct ctl *, const struct dkim_file *); /* for people, in the arena */

/* All there are, in order of tenant, domain, selector; at most n, in the arena; tenant and domain NULL: any. */
size_t dkim_files(struct ctl *, const char *tenant, const char *domain, struct dkim_file **);

/* NULL: it cannot be read, or is none. */
struct dkim_key *dkim_file_key(struct ctl *, const struct dkim_file *, struct err *);
/* Makes the file of a new key, with its folders. -1: it cannot be written. */
int dkim_file_write(struct ctl *, const struct dkim_file *, struct span pem, struct err *);
int dkim_file_turn(struct ctl *, const struct dkim_file *, enum dkim_state, struct err *);
