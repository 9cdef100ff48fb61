/* content.h: the bytes of a transaction: as they were received, or as the rewriter made them. */
#pragma once

#include "envelope.h"
#include "err.h"

struct queued;
struct message;

struct content {
	struct span bytes; /* when there is no descriptor */
	int fd;            /* -1: none; whoever sends it on gives it away */
	uint64_t start, size_bytes;
	uint32_t crc32c; /* of the range, before drops */
	bool check_crc;
	bool has_8bit, has_dots;
	unsigned drops_n;
	struct facts_drop drops[FACTS_DROPS_MAX];
};

/* As received: from memory, or a descriptor of its own of the file. -1: gone or damaged. */
int content_open(struct queued *, const struct message *, struct content *, struct err *);
/* Closes the descriptor if there is one; NULL is fine. */
void content_drop(const struct content *);
/* The first bytes of it, at most n, copied into the arena. -1: cannot be read. */
int content_head(const struct content *, size_t n, struct arena *, struct span *out, struct err *);
