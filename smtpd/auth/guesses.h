/* guesses.h: whose logins have failed lately, whose have fitted, and how long each has to wait. Pure but for the key of its
 * hash: time is told.
 *
 * A client is an IPv4 address or an IPv6 /64; its network the /24 or /48 around it. Failures count for the login name at that
 * client, for the client, for its network and for the login name; each count falls by one a minute. Whether there is such
 * a login makes no difference, so that waiting tells nobody which logins there are.
 * A login that fitted is at home in its network for a day: who guesses at the same name elsewhere does not stand in its way.
 * All of it is in tables of fixed size; those who failed least go first. */
#pragma once

#include "span.h"

struct guesses;

/* Each is 64 bits of a keyed hash: nobody can make two of them meet. */
struct guess_keys {
	uint64_t client, network, login;
	uint64_t pair; /* login at client */
	uint64_t home; /* login in network */
};

/* In this order they are served. */
enum standing {
	STANDING_HOME,    /* the login fitted in this network lately */
	STANDING_CLEAN,   /* nothing is known */
	STANDING_NEAR,    /* others of the network fail, or others at this login name */
	STANDING_GUESSER, /* the client fails with many login names */
	STANDING_FAILED,  /* this login name failed at this client */
};

struct guesses *guesses_new(void);
void guesses_free(struct guesses *);

/* client: an address as text; what is none is a client of its own. */
void
guesses_keys(const struct guesses *, struct span login, struct span client, struct guess_keys *);

enum standing guesses_standing(const struct guesses *, const struct guess_keys *, uint64_t now_ms);
/* When it may be tried; not later than now: at once. */
uint64_t guesses_open_ms(const struct guesses *, const struct guess_keys *, uint64_t now_ms);

void guesses_failed(struct guesses *, const struct guess_keys *, uint64_t now_ms);
void guesses_fitted(struct guesses *, const struct guess_keys *, uint64_t now_ms);

/* The network, the client and the pair have had their turn, the turn-th of all. */
void guesses_served(struct guesses *, const struct guess_keys *, uint64_t turn);
/* Who was served longer ago goes first: networks, within one its clients, within one its pairs. As memcmp. */
int guesses_cmp(const struct guesses *, const struct guess_keys *, const struct guess_keys *);
