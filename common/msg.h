/* msg.h: messages between processes, over SOCK_SEQPACKET.
 *
 * A channel gathers records into packets of at most MSG_PACKET_MAX bytes; what was gathered leaves at the end of the
 * loop's turn (or at once with chan_flush()). A packet that would block waits in a bounded queue; reading goes on.
 * EAGAIN and ETOOMANYREFS are back-pressure, never errors. Numbers are in host order: both ends are this machine.
 * At too little, too much or nonsense the reader's msg_end() is -1: call chan_bad(), which closes that peer. */
#pragma once

#include "buf.h"
#include "id.h"
#include "span.h"

enum {
	MSG_PACKET_MAX = 128 * 1024,
	MSG_BODY_MAX =
	    120 * 1024, /* a record's body that goes in one packet whatever else it says */
	/* A longer one goes in parts and is put together again by the reader, so no length that depends on what people send
	 * can stop a sender. This is the most: 1000 recipients with addresses, ORCPT and a bounce's bytes are below 3 MB. */
	MSG_RECORD_MAX = 16 * 1024 * 1024,
	MSG_FDS_MAX = 16, /* descriptors a packet */
};

struct chan;

/* One record in the reader's hand; spans point into the packet and are valid during the callback. */
struct msg {
	uint16_t type;
	struct span body;
	size_t at;
	int *fds; /* descriptors that came with this record and were not taken yet */
	unsigned fds_n;
	bool bad;
};

uint8_t msg_u8(struct msg *);
uint16_t msg_u16(struct msg *);
uint32_t msg_u32(struct msg *);
uint64_t msg_u64(struct msg *);
struct span msg_span(struct msg *);
struct id msg_id(struct msg *);
/* The next descriptor, now the caller's to close; -1 if none arrived (we are short of descriptors). */
int msg_fd(struct msg *);
int msg_fd_or_none(struct msg *); /* of chan_fd_or_none(); -1 */
int msg_end(struct msg *);        /* -1: something was short, or left over */

typedef void chan_on_msg(void *ctx, struct chan *, struct msg *);
/* The peer is gone or was closed as bad; the channel is freed right after this returns. */
typedef void chan_on_close(void *ctx, struct chan *, const char *why);

/* Owns fd from here on. peer: for the log. queue_max: bytes waiting at most before chan_full() is true; the queue itself
 * takes four times that, and beyond it the peer is closed as stuck. */
struct chan *
chan_new(int fd, const char *peer, size_t queue_max, chan_on_msg *, chan_on_close *, void *ctx);
void chan_free(struct chan *);       /* without on_close; queued packets are dropped */
bool chan_full(const struct chan *); /* hold new work; answers may still be sent */
/* Called once when a full channel has room again, or NULL. */
void chan_on_room(struct chan *, void (*room)(void *ctx));
/* This end only answers: while it is full, nothing more is read from the peer. For one end of a pair at most, or each would wait
 * for the other; the end that asks always reads. */
void chan_answers(struct chan *);
/* Nothing more is read from the peer until it is let go: what it asked for fills the memory there is. */
void chan_hold(struct chan *, bool hold);
/* A channel was closed by its peer, or as bad; fd is closed when this returns. Not told of chan_free(). */
void chan_on_any_close(void (*closed)(int fd));
void chan_bad(struct chan *, const char *why); /* logs and closes at the end of this turn */

/* A record: begin, values, end. -1 of chan_end(): it is longer than MSG_RECORD_MAX; that is logged, it is not sent and its
 * descriptors are closed. */
void chan_begin(struct chan *, uint16_t type);
void chan_u8(struct chan *, uint8_t);
void chan_u16(struct chan *, uint16_t);
void chan_u32(struct chan *, uint32_t);
void chan_u64(struct chan *, uint64_t);
void chan_span(struct chan *, struct span);
void chan_id(struct chan *, struct id);
void chan_fd(struct chan *, int fd);         /* taken over: closed once it is sent */
void chan_fd_or_none(struct chan *, int fd); /* -1: none */
int chan_end(struct chan *);
void chan_flush(struct chan *);

/* Before a loop runs (start of a role): waits for one packet and hands out its records. -1 at the end of the peer. */
int chan_read_blocking(struct chan *);
/* Takes one packet that is there; false if there is none. For the last words of a peer that has exited. */
bool chan_read_pending(struct chan *);
