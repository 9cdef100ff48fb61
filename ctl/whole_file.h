/* whole_file.h: small files that are read and written whole: logins, keys. */
#pragma once

#include "buf.h"
#include "err.h"

/* A missing file is empty. -1: it cannot be read, or is larger than the buffer may be. */
int whole_read(const char *path, struct buf *, struct err *);
/* Writes it beside itself, syncs, and renames: the file is the old one or the new one, whatever happens. Mode 0600; it belongs to
 * whom the old one did. */
int whole_write(const char *path, struct span text, struct err *);
/* The same for secrets that leave: the file belongs to who writes it, whoever's stood there. */
int whole_write_own(const char *path, struct span text, struct err *);
/* From reading to writing nobody else changes files of that folder so: waits for its turn. A descriptor, -1: err. The end of
 * the process, or close(), lets go. */
int whole_lock(const char *path, struct err *);
