/* turns.h: logins that wait to be checked, and whose turn it is. Pure: time is told.
 *
 * Each check costs some 40 ms of CPU, so those who fail must not take them all. Who is at home goes before whom we do not know,
 * and these before those who fail (guesses.h); among equals networks take turns, within one its clients. Half of the
 * threads at most are for logins that come from guessers or near them.
 * Places are limited as well: a few for each client. Where there is none, the one of the worst standing or of the most
 * crowded client or network gives way, be it the newcomer. */
#pragma once

#include "guesses.h"

#include <bsd/sys/queue.h>

struct user;

enum { TURNS_PLACES = 1024, TURNS_CLIENT_PLACES = 8, ASK_LOGIN_BYTES = 256, ASK_CLIENT_BYTES = 64 };

/* One login with its password; owned by whoever made it. */
struct ask {
	TAILQ_ENTRY(ask) link;
	struct guess_keys keys;
	enum standing standing;  /* when it began to be checked */
	void *worker;            /* who asks; NULL: gone meanwhile */
	uint64_t number;         /* the worker's */
	const struct user *user; /* NULL: unknown */
	char login[ASK_LOGIN_BYTES], client[ASK_CLIENT_BYTES];
	struct span password;
};

TAILQ_HEAD(asks, ask);

struct turns;

struct turns *turns_new(struct guesses *, unsigned threads);
void turns_free(struct turns *); /* not the asks */

/* Gives it a place. Returns the one that has to go, out of its place; NULL: none. */
struct ask *turns_add(struct turns *, struct ask *, uint64_t now_ms);
/* Whose turn it is: it is being checked until turns_over(). NULL: nobody's; *again_ms is when to look again, 0: not before
 * something else happens. */
struct ask *turns_next(struct turns *, uint64_t now_ms, uint64_t *again_ms);
void turns_over(struct turns *, struct ask *);
/* The worker is gone: nobody waits for its answers. */
void turns_forget(struct turns *, const void *worker);
