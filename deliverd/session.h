/* session.h: the dialogue with one server, from connecting to QUIT: a state machine.
 *
 * Hosts are tried in order until one greets and lets us in; then transactions run one after the other. Each recipient fed is
 * settled exactly once, whatever happens. A session that closed is freed at the end of the turn. */
#pragma once

#include "deliverd_conf.h"
#include "plain_hosts.h"
#include "result.h"
#include "tls.h"
#include "transaction.h"

struct session;

/* What all sessions of a worker share. */
struct session_house {
	const struct delivery *conf;
	struct tls *tls;
	struct plain_hosts *plain_hosts;
	struct results *results;
	size_t bytes; /* of all transactions */
	void (*opened)(void *ctx, const struct deliver_opened *);
	/* The last word about a session: free it with session_free() at the end of the turn, not before. */
	void (*closed)(void *ctx, struct session *, const struct deliver_closed *);
	void *ctx;
};

/* Copies what it is given; begins to connect at session_start(). */
struct session *session_new(struct session_house *, const struct deliver_open *, void *owner);
void *session_owner(const struct session *);
void session_start(struct session *);
void session_free(struct session *);

/* Takes over the descriptor in t. */
void session_feed(struct session *, const struct deliver_transact *t);
/* QUIT when what was fed is done. */
void session_close(struct session *);
/* Others wait for its place: until the content is on its way, a server that is slow now has little time for each reply. */
void session_hurry(struct session *);
/* Hands back what has not begun, and QUITs when what has is done. */
void session_wind_up(struct session *);
/* The time is over: what is under way is lost. */
void session_abort(struct session *, const char *why);
/* Its queued is gone: numbers it chose mean nothing to the next one. */
void session_orphan(struct session *);
bool session_is_orphan(const struct session *);
/* Calls under() for each recipient that has begun and is not settled. */
void session_underway(
    const struct session *, void (*under)(void *ctx, const struct deliver_underway *), void *ctx);
