/* id.h: names of messages and events: they sort by time and are unique across machines.
 *
 * 48 bits of milliseconds since 1970, 16 bits of node, 32 bits drawn at the start of the process, 32 bits counted.
 * As text: 26 characters of Crockford's base 32, upper case; read in any case, with O as 0 and I, L as 1. */
#pragma once

#include "span.h"

enum { ID_BYTES = 16, ID_CHARS = 26 };

struct id {
	uint8_t b[ID_BYTES];
};

struct id_text {
	char c[ID_CHARS + 1]; /* ends with NUL */
};

void id_init(uint16_t node); /* once a process, before id_new() and before the sandbox */
struct id id_new(void);
struct id_text id_text(struct id);
int id_parse(struct span, struct id *); /* the whole 26 characters; -1 if they are none */
/* lo and hi: the first and last id that begin with the 1..26 characters given; -1 if they are no such. */
int id_prefix(struct span, struct id *lo, struct id *hi);
int id_cmp(struct id, struct id);
bool id_eq(struct id, struct id);
uint64_t id_time_ms(struct id);
uint64_t id_hash(struct id);
