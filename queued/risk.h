/* risk.h: how much may be on its way to servers while a power cut would send it again. Pure; milliseconds of one clock.
 *
 * What a server has taken and whose end is not on disk is sent twice after a cut. Up to some hundred a second two such are
 * borne, and no more is handed to sessions until an end is on disk. At higher rates as many are as come in some milliseconds:
 * there the disk's flushes carry many ends each, and two at a time would be all that goes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { RISK_YOUNG_MS = 8 };

struct risk {
	/* Transactions that were handed out in the last milliseconds, one place each, and are not answered. Where answers take
	 * longer than all places together, when one is taken nobody knows, and they count for nothing. */
	uint16_t young[RISK_YOUNG_MS];
	uint64_t young_ms;  /* the newest place is of this */
	uint32_t answer_us; /* from then to the answer; smoothed */
	uint64_t window_ms; /* since when fed counts */
	uint32_t fed;
	uint32_t rate;       /* a second; smoothed */
	uint32_t extra;      /* is borne since mail would not keep up otherwise */
	uint64_t extra_ms;   /* changed then */
	uint64_t refused_ms; /* since when mail waits for ends; 0: none does */
	uint64_t refused_at; /* ends that were on disk then */
};

void risk_fed(struct risk *, uint64_t now_ms);
void risk_answered(struct risk *, uint64_t now_ms, uint64_t fed_ms);
/* The store's word: ends that were asked for, and those of them that are on disk; how long a flush takes. */
struct risk_ends {
	uint64_t asked, stand, flush_us;
};
bool risk_may_feed(const struct risk *, uint64_t now_ms, const struct risk_ends *);
/* At a turn's end: whether something would have been fed. */
void risk_turn(struct risk *, uint64_t now_ms, const struct risk_ends *, bool refused);
