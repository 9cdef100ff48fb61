/* users.h: the file of logins: "login:tenant:hash" lines, as posthouse user writes them. Pure.
 *
 * Empty lines and lines that begin with # say nothing. A login stands once; its bytes count as they are. */
#pragma once

#include "arena.h"
#include "err.h"
#include "siphash.h"
#include "span.h"

struct user {
	struct span login, tenant;
	const char *hash; /* of crypt(5) */
};

struct users {
	struct user *list; /* sorted by login */
	size_t n;
	struct siphash_key draw; /* whose hash stands for an unknown login */
};

/* Copies all into the arena. -1 and err: the number of the line that is none. */
int users_read(struct span text, struct arena *, struct users *, struct err *);
/* NULL: no such login. */
const struct user *users_find(const struct users *, struct span login);
/* The hash to check a password against. Where there is no such user it is another one's, always the same for the same login, so
 * that the time it takes tells nobody which logins there are; what fits it there must not count. */
const char *users_hash_of(const struct users *, const struct user *, struct span login);
/* May this stand in the file as a login or a tenant? 1 to 255 bytes, no colon, white space or control byte, no # in front. */
bool users_word_ok(struct span);
