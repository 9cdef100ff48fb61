#include "proto_master.h"

void
master_hello_put(struct chan *c, const struct master_hello *r)
{
	chan_begin(c, MASTER_HELLO);
	chan_u8(c, r->role);
	chan_u16(c, r->instance);
	chan_u64(c, r->generation);
	chan_u32(c, r->uid);
	chan_u32(c, r->gid);
	chan_u16(c, r->node);
	chan_u8(c, r->log_level);
	chan_span(c, r->empty);
	chan_end(c);
}

int
master_hello_get(struct msg *m, struct master_hello *r)
{
	r->role = msg_u8(m);
	r->instance = msg_u16(m);
	r->generation = msg_u64(m);
	r->uid = msg_u32(m);
	r->gid = msg_u32(m);
	r->node = msg_u16(m);
	r->log_level = msg_u8(m);
	r->empty = msg_span(m);
	return msg_end(m);
}

void
master_give_put(struct chan *c, const struct master_give *r)
{
	chan_begin(c, MASTER_GIVE);
	chan_span(c, r->name);
	chan_u8(c, r->kind);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
master_give_get(struct msg *m, struct master_give *r)
{
	r->name = msg_span(m);
	r->kind = msg_u8(m);
	r->fd = msg_fd_or_none(m);
	return msg_end(m);
}

void
master_peer_put(struct chan *c, const struct master_peer *r)
{
	chan_begin(c, MASTER_PEER);
	chan_u8(c, r->role);
	chan_u16(c, r->instance);
	chan_fd_or_none(c, r->fd);
	chan_end(c);
}

int
master_peer_get(struct msg *m, struct master_peer *r)
{
	r->role = msg_u8(m);
	r->instance = msg_u16(m);
	r->fd = msg_fd_or_none(m);
	return msg_end(m);
}

void
master_go_put(struct chan *c, const struct master_go *r)
{
	chan_begin(c, MASTER_GO);
	chan_u16(c, r->peers);
	chan_end(c);
}

int
master_go_get(struct msg *m, struct master_go *r)
{
	r->peers = msg_u16(m);
	return msg_end(m);
}

void
master_ping_put(struct chan *c, const struct master_ping *r)
{
	chan_begin(c, MASTER_PING);
	chan_u64(c, r->number);
	chan_end(c);
}

int
master_ping_get(struct msg *m, struct master_ping *r)
{
	r->number = msg_u64(m);
	return msg_end(m);
}

void
master_stop_put(struct chan *c, const struct master_stop *r)
{
	chan_begin(c, MASTER_STOP);
	chan_u32(c, r->deadline_s);
	chan_u8(c, r->replaced);
	chan_end(c);
}

int
master_stop_get(struct msg *m, struct master_stop *r)
{
	r->deadline_s = msg_u32(m);
	r->replaced = msg_u8(m) != 0;
	return msg_end(m);
}

void
master_prepare_put(struct chan *c, const struct master_prepare *r)
{
	chan_begin(c, MASTER_PREPARE);
	chan_u64(c, r->generation);
	chan_end(c);
}

int
master_prepare_get(struct msg *m, struct master_prepare *r)
{
	r->generation = msg_u64(m);
	return msg_end(m);
}

void
master_commit_put(struct chan *c, const struct master_commit *r)
{
	chan_begin(c, MASTER_COMMIT);
	chan_u64(c, r->generation);
	chan_end(c);
}

int
master_commit_get(struct msg *m, struct master_commit *r)
{
	r->generation = msg_u64(m);
	return msg_end(m);
}

void
master_abort_put(struct chan *c, const struct master_abort *r)
{
	chan_begin(c, MASTER_ABORT);
	chan_u64(c, r->generation);
	chan_end(c);
}

int
master_abort_get(struct msg *m, struct master_abort *r)
{
	r->generation = msg_u64(m);
	return msg_end(m);
}

void
master_ready_put(struct chan *c, const struct master_ready *r)
{
	chan_begin(c, MASTER_READY);
	chan_span(c, r->selftest);
	chan_u64(c, r->generation);
	chan_end(c);
}

int
master_ready_get(struct msg *m, struct master_ready *r)
{
	r->selftest = msg_span(m);
	r->generation = msg_u64(m);
	return msg_end(m);
}

void
master_working_put(struct chan *c, const struct master_working *r)
{
	chan_begin(c, MASTER_WORKING);
	chan_span(c, r->what);
	chan_end(c);
}

int
master_working_get(struct msg *m, struct master_working *r)
{
	r->what = msg_span(m);
	return msg_end(m);
}

void
master_failed_put(struct chan *c, const struct master_failed *r)
{
	chan_begin(c, MASTER_FAILED);
	chan_u8(c, r->exit_code);
	chan_span(c, r->why);
	chan_end(c);
}

int
master_failed_get(struct msg *m, struct master_failed *r)
{
	r->exit_code = msg_u8(m);
	r->why = msg_span(m);
	return msg_end(m);
}

void
master_prepared_put(struct chan *c, const struct master_prepared *r)
{
	chan_begin(c, MASTER_PREPARED);
	chan_u64(c, r->generation);
	chan_end(c);
}

int
master_prepared_get(struct msg *m, struct master_prepared *r)
{
	r->generation = msg_u64(m);
	return msg_end(m);
}

void
master_refused_put(struct chan *c, const struct master_refused *r)
{
	chan_begin(c, MASTER_REFUSED);
	chan_u64(c, r->generation);
	chan_span(c, r->why);
	chan_end(c);
}

int
master_refused_get(struct msg *m, struct master_refused *r)
{
	r->generation = msg_u64(m);
	r->why = msg_span(m);
	return msg_end(m);
}

void
master_lost_put(struct chan *c, const struct master_lost *r)
{
	chan_begin(c, MASTER_LOST);
	chan_u8(c, r->role);
	chan_u16(c, r->instance);
	chan_end(c);
}

int
master_lost_get(struct msg *m, struct master_lost *r)
{
	r->role = msg_u8(m);
	r->instance = msg_u16(m);
	return msg_end(m);
}
