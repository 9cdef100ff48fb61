/* remembered.h: verdicts of replies seen lately, so that the same one from a thousand recipients is judged once.
 *
 * The key is all that a verdict depends on: the masked text whole, codes, the provider that the server's name gives, whether
 * it is final. A fixed number of places, one a hash: another text of that hash takes the place over. Texts longer than
 * REMEMBERED_TEXT_MAX are not kept. */
#pragma once

#include "said.h"
#include "verdict.h"

enum { REMEMBERED_PLACES = 4096, REMEMBERED_TEXT_MAX = 500 };

struct remembered;

struct remembered_key {
	struct span text;
	int code;
	struct status status;
	const char *provider; /* by server; NULL none; compared as a pointer */
	bool permanent;
};

struct remembered *remembered_new(void);
void remembered_free(struct remembered *);
/* NULL: not there. Valid until the next put. */
const struct verdict *remembered_get(const struct remembered *, const struct remembered_key *);
void remembered_put(struct remembered *, const struct remembered_key *, const struct verdict *);
