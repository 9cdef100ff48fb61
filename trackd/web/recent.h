/* recent.h: what each recipient's message saw in the last minutes, so that bursts of links and visitors who gave
 * themselves away are known; and which visits a later one shows in another light.
 *
 * Fixed memory (RECENT_MESSAGES times RECENT_VISITS, about 25 MB when all of it is used): what is longest untouched
 * goes first. What goes is forgotten: its visits keep the judgement they got. Pure: the caller says what time it is. */
#pragma once

#include "visit.h"

enum { RECENT_MESSAGES = 1 << 15, RECENT_VISITS = 16, RECENT_MS = 3600 * 1000 };

struct recent;

struct recent *recent_new(void);
void recent_free(struct recent *);

/* Whose message, by whom, to what. */
struct recent_key {
	struct id message;
	uint32_t recipient;
	struct span client, agent; /* a visitor: a network (/24, /48) and an agent */
	struct span link;          /* empty: the pixel */
};

/* What there was before now_ms. */
void
recent_past(const struct recent *, const struct recent_key *, uint64_t now_ms, struct visit_past *);

/* An earlier visit that is a machine's after all. */
struct recent_revised {
	struct id event;
	enum visit_kind kind;
	enum machine was;
};

/* Remembers the visit under its event's id. revised: earlier ones that its judgement changes, each told once; how many
 * there are is returned. */
unsigned recent_note(struct recent *, const struct recent_key *, uint64_t now_ms, enum visit_kind,
    const struct judgement *, struct id event, struct recent_revised revised[RECENT_VISITS]);
