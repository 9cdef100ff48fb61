/* accepted.h: the last ten accepted configurations, kept in state/accepted for rollback.
 *
 * A file N.conf, root's alone, is the canonical text: passwords that stood in the configuration stand there again, files of
 * secrets are named, paths are absolute. One larger than the reader takes includes its parts, N.conf.0001 and so on. The
 * highest number is in force; what is unchanged is not kept twice. */
#pragma once

#include "conf.h"

int accepted_keep(const struct conf *, struct err *);
/* Path of the one that was in force n steps ago (1: the one before); -1 if there is none. */
int accepted_path(const struct conf *, unsigned n, char *path, size_t size, struct err *);
