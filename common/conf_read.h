/* conf_read.h: the reader between its files: conf_read.c (files and includes), conf_parse.c (statements and
 * blocks), conf_setting.c (one setting), conf_wrong.c (its complaints), conf_finish.c (what can only be said at the end: defaults, what is missing, the tables' checks). */
#pragma once

#include "conf_file.h"
#include "conf_tree.h"

enum {
	CONF_INCLUDE_DEPTH = 8,
	CONF_BLOCK_DEPTH = 16,
	CONF_NAME_BYTES = 255,
	CONF_INCLUDED_FILES = 10000,
	CONF_TOTAL_BYTES = 64 << 20,
};

/* One file (or text) being read; they are on the stack of conf_read.c, the innermost first. */
struct conf_source {
	struct conf_lex lex;
	struct conf_from from;
	const char *name; /* as messages show it */
	dev_t dev;
	ino_t ino;
	struct conf_source *outer;
};

struct conf_reader {
	struct conf *conf;
	struct conf_source *source;
	unsigned depth, files;
	size_t bytes;
	struct conf_token held; /* read, but left for the next who asks */
	bool has_held;
	struct conf_token *words; /* of the statement at hand */
	size_t words_n, words_cap;
};

/* Everything up to the end of the source goes into the block. */
void conf_parse(struct conf_reader *, struct conf_block *);
/* What an include line asks for, into the block. */
void conf_include(struct conf_reader *, struct conf_block *, const struct conf_token *pattern);
void conf_finish(struct conf *);
/* One error in that block (or NULL), with an optional remedy. */
void conf_wrong(struct conf *, struct conf_block *, const struct conf_spot *, const char *remedy,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* ` in site "google"`, ` in tracking`, or nothing at the top. */
const char *conf_inside(struct conf_reader *, const struct conf_block *);
/* The first word is no name that may stand in the block; what: "setting" or "block". */
void conf_unknown(struct conf_reader *, struct conf_block *, const char *what);

/* The words at hand are a setting of the block. */
void conf_setting(struct conf_reader *, struct conf_block *);
/* A secret that stands in the file itself is not repeated in a message: the line is shown up to it. */
void conf_veil(struct conf_reader *, const struct conf_block *, struct conf_token *);

/* The values of a default, as words; -1 and err if they do not parse. */
int conf_default(const struct conf_setting *, const struct conf_from *, struct conf *,
    struct conf_entry *, struct err *);
