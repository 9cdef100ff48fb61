/* accepted.h: the last ten accepted configurations, kept in state/accepted for rollback.
 *
 * A file N.conf is the canonical text without secrets' contents; the highest number is in force. */
#pragma once

#include "conf.h"

int accepted_keep(const struct conf *, struct err *);
/* Path of the one that was in force n steps ago (1: the one before); -1 if there is none. */
int accepted_path(const struct conf *, unsigned n, char *path, size_t size, struct err *);
