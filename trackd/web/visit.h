/* visit.h: what is known of one visit to a link, a pixel or an unsubscribe page when it is judged, and the judgement.
 *
 * Facts alone: who made them (listener.c, a trace in a test) does not matter. Spans are untrusted bytes. */
#pragma once

#include "id.h"

enum visit_kind { VISIT_OPEN, VISIT_CLICK, VISIT_UNSUBSCRIBE, VISIT_TRAP, VISIT_KINDS };
enum visit_method { VISIT_GET, VISIT_HEAD, VISIT_POST };

enum { VISIT_AGE_UNKNOWN = -1, VISIT_LINKS_MAX = 16 };

struct visit {
	enum visit_kind kind;
	enum visit_method method;
	struct span client;  /* an address, as text; anything else is from nowhere */
	struct span agent;   /* User-Agent; empty: none was sent */
	struct span purpose; /* Sec-Purpose, Purpose, X-Purpose or X-Moz; empty: none of them */
	bool no_language;    /* asks for a page as a browser does, but names no language */
	int64_t age_ms;      /* since the mail was handed to its server */
};

/* What the same recipient's message saw a moment before. */
struct visit_past {
	/* How long ago each other link was followed last, the nearest first; by whomever. */
	uint32_t links_ms[VISIT_LINKS_MAX];
	unsigned links_n;
	/* By which rules earlier visits of the same visitor were judged, and how long ago. */
	struct {
		uint16_t rule;
		uint32_t ago_ms;
	} rules[VISIT_LINKS_MAX];
	unsigned rules_n;
};

enum machine { MACHINE_NO, MACHINE_UNSURE, MACHINE_YES };

struct judgement {
	enum machine machine;
	uint16_t rule;      /* JUDGEMENT_NO_RULE: none; then it is a person's */
	const char *reason; /* a word; NULL where no rule knows it */
	uint32_t back_ms; /* earlier visits of the same visitor, so far back, are a machine's too */
	uint32_t span_ms; /* and visits to links by anyone, so far back */
};

enum { JUDGEMENT_NO_RULE = UINT16_MAX };

/* "open" "click" "unsubscribe" "trap"; -1: no such word. */
int visit_kind_of(struct span word);
const char *machine_name(enum machine); /* "no" "unsure" "yes" */
