/* conf_value.h: one value of a setting, from its text and back.
 *
 * Pure but for CONF_SECRET, whose file is read here. What is wrong comes back as a problem: what, and the remedy. */
#pragma once

#include "conf_lex.h"

struct conf_value {
	const char *text; /* canonical; of a path: resolved; of a secret: the contents */
	const char *file; /* CONF_SECRET: the file it came from, or NULL */
	bool unread;      /* CONF_SECRET: this process may not read that file */
	uint64_t num;     /* number, seconds, bytes, count of a rate; CONF_BOOL: 0 or 1 */
	uint64_t per_s;
	struct conf_network *network;
	struct conf_address *address;
};

struct conf_from {
	const char *folder; /* relative paths begin here; "" : they stay as they are */
	bool hand_over;     /* a secret stands as its contents */
	struct arena *arena;
};

/* -1: problem says what is wrong. */
int conf_value_parse(const struct conf_setting *, struct span text, const struct conf_from *,
    struct conf_value *, struct conf_problem *);

const char *conf_type_word(enum conf_type);    /* "duration" */
const char *conf_type_example(enum conf_type); /* "a duration such as ..." */
/* As a word the reader takes back, quoted if it must be; hand_over: control bytes escaped. */
void conf_print_word(struct buf *, struct span, bool hand_over);
