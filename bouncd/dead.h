/* dead.h: whether words condemn an address: who is dead, for good, and nothing beside it that makes one doubt.
 *
 * A live address that is given up is the worst mistake, so every hard verdict must pass here, whatever rule, status or
 * code it came from (posthouse-bounces(5), "What makes an answer hard"):
 *	dead	blocks say it: a noun for whom mail is addressed to, and what is said of it, joined in one sentence
 *		by nothing but words of no weight; "the user's mail server is unknown" is about a server
 *	doubt	blocks take it back: words of time, of the sender, of hosts, of content, of a condition; over the whole
 *		reply, or in the sentence that says it alone
 * An enhanced status that names the recipient's address (RFC 3463: x.1.1, x.1.2, x.1.6, x.1.10) says who, as a sentence does. */
#pragma once

#include "conf.h"
#include "said.h"

struct dead;
struct pattern;

/* Of a rules file; what is wrong is complained of at its place. The configuration must stay. */
struct dead *dead_read(struct conf *, struct arena *);
void dead_free(struct dead *);

/* NULL: it condemns. Else why it does not: the name of a doubt, or DEAD_UNSAID. also: patterns of a rule that say who is
 * dead, as a dead block does; may be NULL. */
const char *dead_doubt(struct dead *, const struct said *, struct pattern *also);
#define DEAD_UNSAID "unsaid"

extern const struct conf_table dead_table, doubt_table;
