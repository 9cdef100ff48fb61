/* suppress_bulk.h: whole suppression lists through the relay's control socket, ten thousand entries a call. */
#pragma once

#include "ctl.h"

struct suppress_bulk {
	const char *scope, *reason, *note;
	bool skip_bad, dry_run, replace;
};

/* path "" or "-": standard input. Exit code. */
int suppress_import(struct ctl *, const struct suppress_bulk *, const char *path);
/* CSV, or with --json JSON lines, to standard output. Only of that scope and reason where they are not "". */
int suppress_export(struct ctl *, const struct suppress_bulk *);
