/* sealed.h: memory files that one role hands another: made by one, sealed, and looked at by the other before it is used.
 *
 * Who maps a file, or counts on its length, dies of SIGBUS or reads past its end if the sender can still make it shorter; who checked
 * it reads something else if the sender can still write. The seals forbid both, and nobody can take them away again. */
#pragma once

#include "err.h"

#include <stdint.h>

/* Makes it unchangeable for everybody. -1: err. */
int sealed_close(int fd, struct err *);
/* The length of a file that nobody can change any more. -1: it can be changed, or is not a memory file: err. */
int sealed_size(int fd, uint64_t *size_bytes, struct err *);
