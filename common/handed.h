/* handed.h: texts by name in one sealed memory file: what the master hands a role (its configuration, rules, keys).
 *
 * However many and long they are, they cost one descriptor, and no channel has to hold them. In the file: for each text the
 * lengths of name and bytes (u32, host order), the name with its NUL, the bytes and a NUL that they do not count. */
#pragma once

#include "buf.h"
#include "err.h"

enum { HANDED_MAX = 1 << 30 }; /* bytes of one file */

struct handed {
	const char *name;
	struct span bytes;
};

/* Appends to a buffer of HANDED_MAX. */
void handed_put(struct buf *, const char *name, struct span bytes);
/* The file, sealed; what stood in the buffer is wiped, also where it cannot be made (-1) or the texts are too long. */
int handed_seal(struct buf *, struct err *);
/* All of a file into a buffer of HANDED_MAX, which the texts then point into. Closes fd. */
int handed_read(int fd, struct buf *, struct err *);
/* The next one. False: that was the last, or what follows was cut. */
bool handed_next(struct span *rest, struct handed *);
