/* conf_file.h: the only part of the reader that opens files: configurations and secrets. */
#pragma once

#include "conf_lex.h"

#include <sys/types.h>

enum { CONF_FILE_BYTES = 256 << 20, CONF_SECRET_BYTES = 64 << 10 };

struct conf_file {
	dev_t dev;
	ino_t ino;
	struct span text;   /* in the arena */
	const char *folder; /* absolute, in the arena */
};

/* Regular files of at most CONF_FILE_BYTES. */
int conf_file_read(const char *path, struct arena *, struct conf_file *, struct err *);

enum conf_secret { CONF_SECRET_READ, CONF_SECRET_BAD, CONF_SECRET_WITHHELD };
/* The contents without the line ends at their end. Bad: group or others may write it, others may read it, or it
 * holds NUL. Withheld: this process, not root, has no right to read it; that is for who needs it to complain. */
enum conf_secret
conf_secret_read(const char *path, struct arena *, const char **out, struct conf_problem *);

/* The folder part of a path without its last slash: "." if it has none. */
const char *conf_folder_of(const char *path, struct arena *);
/* path as seen from folder; folder "" or an absolute path: as it is. */
const char *conf_path_in(const char *folder, struct span path, struct arena *);
