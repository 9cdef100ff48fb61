/* users_file.h: the file of logins that smtpd-auth is handed: lines login:tenant:hash (crypt(5), yescrypt).
 *
 * It is read and written whole (whole_file.h). */
#pragma once

#include "buf.h"
#include "err.h"

enum { USERS_BYTES = 16 << 20, USER_WORD_BYTES = 128, PASSWORD_BYTES = 512 };

struct user {
	struct span login, tenant, hash;
};

/* The next line of *rest that is a user; lines that are empty or begin with # are passed over. False: none is left. */
bool users_next(struct span *rest, struct user *);
/* What the line must not contain: colon, white space, control bytes; 1 to USER_WORD_BYTES. -1: err. */
int users_word_check(const char *what, struct span, struct err *);
/* Copies text to out without that login, then adds it where hash is not empty. True: it was there. */
bool users_set(struct span text, const struct user *, struct buf *out);

/* A yescrypt hash of the password, with a salt of its own; at most 383 bytes. */
int users_hash(const char *password, struct buf *out, struct err *);
