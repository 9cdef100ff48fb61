/* doing.h: which message queued has in its hand, written where it outlives queued.
 *
 * The note is a memory file that the master keeps; a start reads it. A message in whose handling queued died or hung twice is
 * set aside by whoever brings it in (doing_deaths). Handling is marked by scope: DOING(d, DOING_JUDGED) until the function
 * returns, the one before is in hand again then. It costs some stores into memory, no system call. */
#pragma once

#include "id.h"

enum doing {
	DOING_NOTHING,
	DOING_LOADED,
	DOING_BEGUN,
	DOING_ROUTED,
	DOING_CONFIRMED,
	DOING_JUDGED,
	DOING_RETURNED,
	DOING_NOTICED,
	DOING_SENT,
	DOING_RESULT,
	DOING_SETTLED,
	DOING_OPERATED,
	DOING_KINDS
};

enum {
	DOING_BYTES = 4096,  /* of the memory file */
	DOING_SET_ASIDE = 2, /* deaths after which a message is held */
	DOING_LEFT_ALONE = 4 /* not even read any more: reading it is what kills */
};

struct doing_note {
	struct id id;
	uint32_t index;
	uint32_t what; /* enum doing */
};

/* -1: none was given, nothing is noted. Before the sandbox. */
void doing_open(int fd);
struct doing_note doing_begin(struct id, uint32_t index, enum doing);
void doing_end(const struct doing_note *before);
/* How often queued died with that message in its hand; what says doing what, or NULL. */
unsigned doing_deaths(struct id, const char **what);
/* An operator released it: it is as any other. */
void doing_forgive(struct id);

#define DOING_MESSAGE(id, index, what)                                                             \
	__attribute__((cleanup(doing_end), unused)) struct doing_note doing_before =               \
	    doing_begin((id), (index), (what))
#define DOING(d, what) DOING_MESSAGE((d)->message->envelope->id, (d)->index, (what))
