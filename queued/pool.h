/* pool.h: which lane gets a session, and which delivery goes into it next.
 *
 * Runs once a turn over the lanes that were woken. Nothing is scheduled before every worker said what it still has
 * (pool_open), and nothing after pool_stop(). */
#pragma once

#include "session.h"

struct queued;

struct pool *pool_new(struct queued *);
/* All workers are in step (or out of time): work may go out. */
void pool_open(struct pool *);
bool pool_is_open(const struct pool *);
void pool_stop(struct pool *);

/* peer_deliverd */
void pool_opened(struct pool *, const struct worker *, const struct deliver_opened *);
void pool_result(struct pool *, struct worker *, const struct deliver_result *);
void pool_closed(struct pool *, const struct worker *, const struct deliver_closed *);
void pool_underway(struct pool *, struct worker *, const struct deliver_underway *);
/* It ends what it has and then leaves: its sessions take nothing more. */
void pool_worker_drains(struct pool *, struct worker *);
void pool_worker_gone(struct pool *, struct worker *);
/* peer_rewrite: the bytes of a transaction are there, or will not come. */
struct content;
/* NULL: send what was received. */
void pool_rewritten(struct pool *, uint64_t transaction, const struct content *);
void pool_not_rewritten(struct pool *, uint64_t transaction, bool ever, struct span why);

/* Transactions and sessions live here. */
struct table *pool_sessions(struct pool *);
struct table *pool_transactions(struct pool *);
uint64_t pool_number(struct pool *);
uint32_t pool_session_number(struct pool *);
struct queued *pool_queued(struct pool *);
