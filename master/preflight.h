/* preflight.h: what a configuration names outside of itself: files, keys, folders, addresses. Looked at before anything is
 * started by it, so that all that is wrong is told at once, with file and line.
 *
 * preflight.c asks the parts in turn; preflight_keys.c looks at certificates and keys, preflight_net.c at addresses,
 * preflight_files.c at folders, rule files and who may read what. */
#pragma once

#include "conf.h"

enum preflight {
	PREFLIGHT_START, /* what no time mends: a start or reload by it is refused as wrong configuration */
	PREFLIGHT_CHECK, /* posthoused -n: also what a start would find by itself, or may have changed by then */
};

/* Complains in conf of all that it finds. libexec: the folder of the roles' programs, which read their rule files. */
void preflight(struct conf *, enum preflight, const char *libexec);

/* ---- the parts ---- */
void preflight_keys(struct conf *, enum preflight);
void preflight_net(struct conf *, enum preflight);
void preflight_files(struct conf *, const char *libexec);
