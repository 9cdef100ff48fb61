/* visitors.h: the rules of etc/visitors.conf: which visits are a machine's (posthouse-visitors(5)).
 *
 * The rule of the highest rank whose conditions all hold decides; of one rank the first in the file. At load each
 * example must be decided by its own rule; whatever is wrong is said at its place, and nothing is loaded. Patterns are
 * those of pattern.h. Pure but for reading a file by its path. */
#pragma once

#include "visit.h"

#include "buf.h"
#include "conf.h"
#include "err.h"

enum { VISITOR_RULES_MAX = 1000, VISITOR_NETWORKS_MAX = 64 };

extern const struct conf_table visitors_conf; /* the top of the file: network and rule blocks */

struct visitors;

/* Path of the file; or its text (not NULL p) with path as its name. NULL: err says the first thing that is wrong,
 * messages (may be NULL) gets all of them. */
struct visitors *
visitors_load(const char *path, struct span text, struct buf *messages, struct err *err);
void visitors_free(struct visitors *);

/* Where no rule holds, a person. Not for two threads at once. */
struct judgement visitors_judge(struct visitors *, const struct visit *, const struct visit_past *);

/* The text of etc/visitors.conf, built into the program, so that a first start needs no file. */
struct span visitors_shipped(void);
