/* rules.h: the rules of etc/bounces.conf: which reply means what (posthouse-bounces(5)).
 *
 * The rule of the highest rank wins, then the most specific one (provider, then pattern, then status, then code),
 * then the one whose pattern covers more of the reply, then the first in the file. At load each example must be
 * won by its own rule without a tie; whatever is wrong is said at its place, and nothing is loaded.
 * Patterns are PCRE2, without regard to case, over said.text, with JIT and a match limit: one that runs into the
 * limit does not match. */
#pragma once

#include "remembered.h"
#include "said.h"
#include "verdict.h"

#include "buf.h"
#include "conf.h"
#include "err.h"

struct rules;

struct rule {
	const char *name, *provider; /* provider NULL: any */
	uint16_t code_min, code_max; /* 0, 0: any */
	int16_t status[3];           /* -1: any; [0] -2: no status asked for */
	struct pattern *match, *but_not;
	unsigned rank, specific;
	enum verdict_class class
	    ; /* CLASS_NONE: by category and code; hard: its words say who is dead */
	enum category category;
	enum advice advice; /* ADVICE_NONE: by class and category */
	uint32_t retry_s;
	const char *fix;
	const struct conf_block *block; /* it was read from */
	struct conf_place place;        /* its head in the file */
	const char *source;             /* where its meaning is documented; NULL: not said */
	uint64_t hits;                  /* for whoever counts them */
};

/* Path of the file; or its text (not NULL p) with path as its name. NULL: err says the first thing that is wrong,
 * messages (may be NULL) gets all of them. */
struct rules *rules_load(const char *path, struct span text, struct buf *messages, struct err *err);
void rules_free(struct rules *);

/* Whose reply it is, by server name (may be empty) or words; NULL: unknown. */
const char *rules_provider(struct rules *, struct span mx, const struct said *);
const char *rules_provider_of_mx(const struct rules *, struct span mx); /* by server name alone */
/* The rule that wins, or NULL if none knows it. Not for two threads at once. */
struct rule *rules_find(struct rules *, const char *provider, const struct said *);
/* The words without a name that stands where names do; good until the next call. */
struct span rules_unnamed(struct rules *, struct span text);
/* Whether what was said condemns an address (dead.h), by the rule that decided or none: NULL, or what makes it
 * doubtful. */
const char *rules_doubt(struct rules *, const struct said *, const struct rule *);
/* NULL: none of that name. */
struct rule *rules_named(struct rules *, const char *name);
/* Verdicts that these rules gave; they go with them. */
struct remembered *rules_remembered(struct rules *);

size_t rules_count(const struct rules *);
const struct rule *rules_at(const struct rules *, size_t i); /* in the file's order */
size_t rules_examples(const struct rules *, size_t i);
const char *rules_example(const struct rules *, size_t i, size_t j);
