/* control.h: the side of a control socket that answers: view.sock and ops.sock of a role (DESIGN 2).
 *
 * A request is one line of JSON, {"verb":"queue","limit":10}; the answer is lines of flat JSON, then {"end":true} or
 * {"error":"...","exit":1}. Verbs marked ops are refused on view.sock. The peer's uid is the actor. The mode of the socket
 * says who may come, and the kernel's word of who came (SO_PEERCRED, SO_PEERGROUPS) is held against it. One request a
 * connection. A client that reads slowly or sends too much is dropped. A user has 16 calls at once, root as many as he wants. */
#pragma once

#include "buf.h"
#include "id.h"
#include "role.h"

struct
    control_call; /* lives until control_end() or control_error(), also when the client went away meanwhile */

struct control_verb {
	const char *name; /* NULL ends the table */
	bool ops;
	void (*fn)(void *ctx, struct control_call *);
};

/* Serves the descriptors "control view" and "control ops" of the role, where they are; before sandbox_enter(). */
void control_serve(struct role *, const struct control_verb *, void *ctx);
/* The same on a descriptor in hand (the master's own): for root and whoever is in that group. */
void control_serve_fd(int fd, bool ops, unsigned gid, const struct control_verb *, void *ctx);

/* Arguments: strings, numbers and booleans; absent: empty, the given default, false. Valid as long as the call. */
struct span control_arg(const struct control_call *, const char *key);
uint64_t control_arg_num(const struct control_call *, const char *key, uint64_t otherwise);
bool control_arg_bool(const struct control_call *, const char *key);
unsigned control_actor(const struct control_call *); /* uid of the peer */
/* The descriptor that came with the request (one, at its first byte), or -1. Closed with the call. It may be of anything:
 * what is mapped can be cut short by the peer, and only a memory file never blocks. */
int control_fd(const struct control_call *);

/* A row of the answer: open, keys, close. Empty strings are kept, unlike in events. */
void control_row(struct control_call *);
void control_span(struct control_call *, const char *key, struct span);
void control_str(struct control_call *, const char *key, const char *);
void control_num(struct control_call *, const char *key, uint64_t);
void control_id(struct control_call *, const char *key, struct id);
void control_row_end(struct control_call *);
/* A line that is JSON already (an event). */
void control_line(struct control_call *, struct span json_line);

/* Sends what can be sent now: rows that say how far it is. */
void control_flush(struct control_call *);
void control_end(struct control_call *);
void control_error(struct control_call *, int exit_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
