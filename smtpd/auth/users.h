/* users.h: the users file: a line a login, "login:tenant:hash" (crypt(5); yescrypt as posthouse user writes it). Pure. */
#pragma once

#include "arena.h"
#include "err.h"

struct user {
	struct span login, tenant;
	const char *hash;
};

struct users {
	struct user *at;
	size_t n;
};

enum { USERS_MAX = 100000 };

/* In the arena. Empty lines and # comments are fine. -1: err names the line. */
int users_parse(struct users *, struct span text, struct arena *, struct err *);
const struct user *users_find(const struct users *, struct span login); /* NULL: none */
