/* wire.h: one connection to a server: lines in, commands and content out, plain or under TLS. Decides nothing.
 *
 * What is written during a turn leaves together at its end, in as few segments as it fits: commands, and content with its
 * final dot. What the peer says is read while content leaves, and after it takes no more of it. Callbacks may call wire_close(); none comes after it. */
#pragma once

#include "body.h"
#include "buf.h"
#include "err.h"

#include <openssl/types.h>

struct wire;

struct wire_events {
	void (*ready)(void *ctx); /* connected; after wire_start_tls(): TLS stands */
	void (*line)(void *ctx, struct span line); /* without its CRLF (or bare LF) */
	void (*sent)(void *ctx);                   /* content and final dot are with the kernel */
	void (*progress)(void *ctx);               /* some of what waited could be written */
	void (*damaged)(
	    void *ctx, const char *why); /* the content is not what it was; no dot was sent */
	void (*gone)(void *ctx, const char *why); /* closed by the peer, broken, or TLS failed */
};

/* fd: connecting or connected, nonblocking; owned from here on. */
struct wire *wire_new(int fd, const struct wire_events *, void *ctx);
/* What was read before is dropped: it came in plain text. */
void wire_start_tls(struct wire *, SSL *); /* takes the SSL over */
const SSL *wire_ssl(const struct wire *);  /* NULL: plain */
bool wire_distrusts(const struct wire *);  /* the peer's certificate does not stand, and had to */

/* Commands to append to; then wire_push(). Not while content is under way. */
struct buf *wire_out(struct wire *);
void wire_push(struct wire *);
/* Content with its final dot; the caller keeps the body until sent(), damaged(), gone() or wire_close(). One at a time. */
void wire_body(struct wire *, struct body *);
void wire_close(struct wire *); /* freed at the end of the turn */
/* Once a process: sends at the end of each turn what was pushed, frees what was closed. */
void wires_init(void);
