/* book.h: when the book of replies (reply_book.h) is written: every BOOK_WRITE_S seconds, for who asked, and at a stop; in the disk's
 * thread (disk.h). */
#pragma once

#include "bouncd.h"

void book_start(struct bouncd *);
/* Calls written when what is in it is on disk, or could not be brought there: err says why, else NULL. */
void book_write(
    struct bouncd *, void (*written)(struct bouncd *, void *ctx, const struct err *), void *ctx);
