/* proto_rewrite.h: all that queued and trackd-rewrite ever say: a message and what is wanted; the outgoing bytes. */
#pragma once

#include "msg.h"
#include "envelope.h"

enum rewrite_status {
	REWRITE_OK,        /* content is what to send */
	REWRITE_UNCHANGED, /* send what you have */
	REWRITE_LATER,     /* no key or no signer now: try again */
	REWRITE_REFUSED,   /* can never be made (7-bit form of a signed part): text says why */
};
enum { REWRITE_INLINE_MAX = 96 * 1024 };

enum rewrite_type {
	REWRITE_ASK = 1, /* queued */
	REWRITE_DONE,    /* rewrite; in any order */
	REWRITE_LEAVING, /* rewrite: it is stopped and wants nothing new */
	REWRITE_LEAVE,   /* queued: nothing new comes behind this */
};

struct rewrite_ask {
	uint64_t job;
	struct id message;
	uint32_t index; /* recipient in the envelope; UINT32_MAX: the same bytes for all */
	struct span tenant;
	struct span campaign;
	struct span recipient; /* address */
	struct span from;      /* envelope sender, for the signing domain if From has none */
	struct span returns;   /* signed bounce address of this recipient; empty: none */
	bool track_clicks;
	bool track_opens;
	bool track_text;
	bool sign;
	bool plain; /* sign, and change nothing: this message was there when rewriters died */
	bool need_7bit;
	uint64_t start; /* of the message in the descriptor */
	uint64_t size_bytes;
	uint32_t crc32c;   /* of the message as received */
	struct span drops; /* facts_drop pairs (start, length) as raw u32, to be left out */
	struct span bytes; /* the message, when no descriptor comes */
	int fd;
};

struct rewrite_done {
	uint64_t job;
	enum rewrite_status status;
	struct span text; /* OK, UNCHANGED: why nothing was tracked, in a word; else: why not */
	uint32_t links;
	bool pixel;
	struct span signed_by; /* "d=example.com s=sel" ... */
	bool has_8bit;
	bool has_dots;
	uint64_t size_bytes;
	struct span bytes; /* when no descriptor comes */
	int fd;            /* sealed memory file */
};

/* Put takes over descriptors. Get leaves spans in the packet; -1: nonsense. A descriptor of -1: none sent, or lost. */
void rewrite_ask_put(struct chan *, const struct rewrite_ask *);
int rewrite_ask_get(struct msg *, struct rewrite_ask *);
void rewrite_leaving_put(struct chan *);
void rewrite_leave_put(struct chan *);
void rewrite_done_put(struct chan *, const struct rewrite_done *);
int rewrite_done_get(struct msg *, struct rewrite_done *);
