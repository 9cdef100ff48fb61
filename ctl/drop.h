/* drop.h: the folder where mail of this machine waits while the relay is away (STATE/drop, mode 1733: everybody may put
 * a file there, nobody but root sees which there are).
 *
 * Whose file it is, is who sent it: each is handed in by a process with its owner's rights, so to the relay it comes from the
 * same uid as if it had been there. A file has its name (an id) once it is whole and on disk; one that begins with a dot is
 * being written. */
#pragma once

#include "err.h"
#include "submit.h"

/* Keeps the message for the recipients from `first` on; 0: it is on disk. */
int drop_keep(const char *folder, const struct submit *, size_t first, struct err *);

/* Hands in all that is there, as root, and removes what was taken or returned; job: socket and helo. What the relay cannot take
 * now stays; so does what cannot be read, under the same name with ".refused" behind it. Exit code of sysexits(3). */
int drop_run(const char *folder, const struct submit *job, const char *origin);
