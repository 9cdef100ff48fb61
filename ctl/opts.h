/* opts.h: the options of a verb as a table, which is read from the command line and printed as help. */
#pragma once

#include "err.h"

#include <stddef.h>
#include <stdio.h>

enum opt_kind { OPT_FLAG, OPT_TEXT, OPT_NUMBER }; /* bool, const char *, uint64_t */

struct opt {
	const char *name; /* long, without its dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum opt_kind kind;
	size_t at;        /* offset of its value in the verb's struct */
	const char *word; /* what help calls the value */
	const char *help; /* a short phrase */
};

/* A table and the struct its values go to. */
struct opt_set {
	const struct opt *opts; /* NULL: ends a list of sets */
	void *into;
};

/* Takes the options out of argv, wherever they stand before a "--", and writes their values. The words left are moved to
 * the front, NULL behind them (argv has room for argc + 1); how many there are, or -1. Numbers are decimal. */
int opts_take(const struct opt_set *, int argc, char **argv, struct err *);
void opts_help(const struct opt *, FILE *);
