/* conf_error.h: what is wrong with a configuration, as people read it.
 *
 *	conf.d/google.conf:3:5: error: unknown setting "conections" in site "google"
 *	    3 |     conections 20
 *	      |     ^~~~~~~~~~ did you mean "connections"?
 *
 * Columns count bytes from 1. Bytes that a terminal could obey are never repeated. */
#pragma once

#include "conf_lex.h"

enum { CONF_ERRORS_SHOWN = 20 };

struct conf_errors {
	unsigned n;      /* all that were found */
	struct buf text; /* the first CONF_ERRORS_SHOWN of them */
};

void conf_errors_init(struct conf_errors *);
void conf_errors_free(struct conf_errors *);
/* place.line 0: the error belongs to the file as a whole. */
void conf_errors_add(struct conf_errors *, const struct conf_spot *, const struct conf_problem *);

/* The likest of several names: start with the given word alone, try each, ask for best (NULL: none is like it). */
struct conf_guess {
	struct span given;
	const char *best;
	unsigned distance;
};
void conf_guess_try(struct conf_guess *, const char *name);
/* Insertions, deletions, changes and swaps of neighbours that lie between two words of at most 64 bytes. */
unsigned conf_distance(struct span, struct span);
