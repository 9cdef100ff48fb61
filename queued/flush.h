/* flush.h: how long the disk takes for a group, and what follows from it: when the next one is cut, and whether what is sent
 * might be sent twice. Pure; times are milliseconds of one clock, flush_took() is told microseconds.
 *
 * A quick disk gets a group whenever it is idle. On a slow one the first of those who come together would wait for one flush
 * and all others for two: there a group gathers for a part of a flush, until those of the last one have come again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct flush {
	uint64_t usual_us; /* smoothed */
	uint64_t since_ms; /* what gathers can be cut since then; 0: nothing gathers */
	uint64_t expected; /* so many records, and nobody else is waited for */
	/* The first end that is not durable, among what gathers and in the group under way; 0: none. */
	uint64_t end_gathers_ms, end_written_ms;
};

/* A group is on disk (or failed): so many records were in it, so many gathered meanwhile. */
void flush_took(struct flush *, uint64_t us, uint64_t records, uint64_t gathered);
/* An end came. */
void flush_end_came(struct flush *, uint64_t now_ms);
/* What gathered goes into a group. */
void flush_began(struct flush *);
/* No group is under way and so many records gathered: how long to wait before they are cut; 0: now. */
uint64_t flush_wait_ms(struct flush *, uint64_t now_ms, uint64_t gathered);
/* An end has waited for the disk for longer than it should: what is sent now might be sent twice. */
bool flush_is_late(const struct flush *, uint64_t now_ms);
