/* visitors_inside.h: the rules as their own files see them: visitors.c (loading), visitors_judge.c (which one decides),
 * visitors_example.c (reading an example). */
#pragma once

#include "visitor_nets.h"
#include "pattern.h"
#include "visitors.h"

struct visitor_rule {
	const char *name, *reason;
	unsigned rank;
	uint16_t number; /* in the file's order */
	uint8_t kinds;   /* a bit for each visit_kind; 0: any */
	int method;      /* -1: any */
	struct pattern *agent, *but_not, *purpose;
	uint64_t from; /* a bit for each network; 0: anywhere */
	bool no_language;
	int64_t sooner_ms, later_ms; /* 0: any time */
	unsigned links;              /* 0: not asked */
	uint16_t *follows;           /* numbers of rules */
	size_t follows_n;
	uint32_t span_ms, back_ms;
	enum machine machine;
	const struct conf_block *block;
};

struct visitors {
	struct arena *arena;
	struct conf *conf;
	struct visitor_nets **networks; /* in the file's order */
	struct visitor_rule *rules;     /* the higher rank first, then in the file's order */
	size_t networks_n, rules_n;
};

/* The rule that decides; NULL: none does. */
const struct visitor_rule *
visitors_find(const struct visitors *, const struct visit *, const struct visit_past *);

/* One example: words as kind, METHOD, after=5s, from=192.0.2.1, links=3/2s, follows=RULE, purpose=WORD, language=none;
 * agent= takes the rest. Looks at the text. -1: err says what cannot be read. */
int visitors_example(
    const struct visitors *, struct span text, struct visit *, struct visit_past *, struct err *);
