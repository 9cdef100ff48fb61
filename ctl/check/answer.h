/* answer.h: what DNS said to one question, as the checks read it; and how they ask. */
#pragma once

#include "arena.h"
#include "span.h"

enum answer_type {
	ANSWER_A = 1,
	ANSWER_CNAME = 5,
	ANSWER_PTR = 12,
	ANSWER_MX = 15,
	ANSWER_TXT = 16,
	ANSWER_AAAA = 28
};

enum answer_status {
	ANSWER_OK,     /* records may be there, or none of that type */
	ANSWER_NONE,   /* no such name */
	ANSWER_FAILED, /* nobody answered, or nonsense */
};

enum { ANSWER_RECORDS_MAX = 64 };

struct answer_record {
	uint16_t preference; /* MX */
	struct span
	    data; /* A, AAAA: 4 or 16 bytes; names: without the last dot; TXT: its strings joined */
};

struct answer {
	enum answer_status status;
	bool alias; /* the name is a CNAME */
	unsigned n;
	struct answer_record at[ANSWER_RECORDS_MAX];
};

/* Everything in the arena. Never fails otherwise than by its status. */
typedef void
answer_ask(void *ctx, struct span name, enum answer_type, struct arena *, struct answer *);
