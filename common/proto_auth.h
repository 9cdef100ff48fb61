/* proto_auth.h: all that smtpd and smtpd-auth ever say: a login and password, and whether they fit. */
#pragma once

#include "msg.h"

enum auth_type {
	AUTH_ASK = 1, /* smtpd */
	AUTH_ANSWER,  /* smtpd-auth; in any order */
};

struct auth_ask {
	uint64_t ask;
	struct span login;
	struct span password;
	struct span client; /* address as text, for the log */
};

struct auth_answer {
	uint64_t ask;
	bool ok;
	bool later;         /* true: could not say now (454 4.7.0) */
	struct span tenant; /* of the login, when ok */
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void auth_ask_put(struct chan *, const struct auth_ask *);
int auth_ask_get(struct msg *, struct auth_ask *);
void auth_answer_put(struct chan *, const struct auth_answer *);
int auth_answer_get(struct msg *, struct auth_answer *);
