/* verb.h: one thing posthouse(1) can do. verbs.c lists them; a file verb_NAME.c has each. */
#pragma once

#include "ctl.h"
#include "opts.h"

struct verb {
	const char *name;
	const char *words;      /* what stands behind it, as in a SYNOPSIS */
	const char *help;       /* one sentence */
	const struct opt *opts; /* its own, or NULL */
	int (*run)(struct ctl *, const struct verb *, int argc,
	    char **argv); /* argv[0]: its name; exit code */
};

/* Takes the verb's own options into the struct, and those that all have (-c, -h, --json). How many words are left;
 * argv[0] is then the first of them. Fewer than least or more than most (-1: no limit), or a wrong option: exits with 2 and the usage;
 * -h: with 0. */
int verb_words(
    struct ctl *, const struct verb *, void *into, int argc, char **argv, int least, int most);
void verb_usage(const struct verb *, FILE *);

/* All verbs, in the order help shows them; ends with NULL. */
extern const struct verb *const verbs[];
const struct verb *verb_find(const char *name);
/* The verb whose name is nearest to a word that names none; NULL: none is near. */
const char *verb_near(const char *word);

extern const struct verb verb_bounce, verb_bounces, verb_check, verb_classify, verb_conf, verb_dkim,
    verb_drop, verb_expire, verb_forget, verb_help, verb_hold, verb_keys, verb_lanes, verb_links,
    verb_log, verb_parse, verb_queue, verb_release, verb_reload, verb_retry, verb_rewrite,
    verb_rollback, verb_setup, verb_start, verb_stats, verb_status, verb_stop, verb_suppress,
    verb_tenants, verb_test, verb_trace, verb_undrop, verb_recover, verb_untrack, verb_user,
    verb_why;
