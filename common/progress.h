/* progress.h: what a long start says meanwhile, so that it is not taken for one that hangs.
 *
 * Whoever reads or writes much before the loop runs, or waits for the disk again and again, calls progress() in between; a role
 * tells its master (role.c), at most once a second. Elsewhere, and in other threads, it does nothing. */
#pragma once

void progress(const char *what);
/* Whom to tell; NULL: nobody any more. */
void progress_to(void (*tell)(void *ctx, const char *what), void *ctx);
