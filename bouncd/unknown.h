/* unknown.h: replies that no rule knows for sure, counted by their masked text.
 *
 * At most UNKNOWN_MAX texts; when that is full, a new one takes the place of one that was seen once and long ago (the
 * oldest of some hundred), or failing such of the one seen longest ago. No address is kept: mail addresses stand as <@>,
 * IP addresses as [ip], names of hosts and links as host.example, runs of digits as 0. Pure. */
#pragma once

#include "said.h"
#include "verdict.h"

enum { UNKNOWN_MAX = 10000, UNKNOWN_TEXT_MAX = 300, UNKNOWN_FROM_MAX = 63, UNKNOWN_BELOW = 75 };

struct unknown_entry {
	uint64_t key; /* of text and codes; 0: an empty place */
	uint64_t count, first_s, last_s;
	int32_t code; /* 0 none */
	struct status status;
	enum category category; /* the best guess, and how sure */
	uint8_t confidence;
	uint16_t text_n;
	char text[UNKNOWN_TEXT_MAX];
	char from[UNKNOWN_FROM_MAX +
		  1]; /* provider, or the server that said it last; "" not known */
};

struct unknowns;

struct unknowns *unknowns_new(void);
void unknowns_free(struct unknowns *);

/* Whether a verdict leaves a reply unknown. */
bool unknown_is(const struct verdict *);
/* Counts it. from: server that said it, for verdicts without a provider. The entry is there until the next note. */
const struct unknown_entry *unknown_note(struct unknowns *, const struct said *, struct span from,
    const struct verdict *, uint64_t now_s);
/* Puts one back that was kept elsewhere. */
void unknown_put(struct unknowns *, const struct unknown_entry *);
void unknowns_forget(struct unknowns *);
size_t unknowns_count(const struct unknowns *);
/* The most frequent first, of equals the latest; at most n of them into out; how many. */
size_t unknowns_top(const struct unknowns *, const struct unknown_entry **out, size_t n);

/* The text with what belongs to one mail taken out; at most UNKNOWN_TEXT_MAX bytes to out, the length is returned. */
size_t unknown_mask(struct span text, char *out);
