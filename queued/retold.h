/* retold.h: final events that the journal told again at the start, less those the event file has already.
 *
 * An end's record outlives its event by up to a checkpoint; so a crash would tell many a second time under the same id. The
 * tail of the event file says which were written. */
#pragma once

#include "span.h"

void retold_add(struct span line); /* with its LF; copied */
/* Appends to the event file what is missing there, as read_fd (-1: fd itself) reads it. Mends a last line that was cut. */
void retold_tell(int fd, int read_fd);
