/* envelope.h: what travels with a message and is not in it (RFC 5321 2.3.1), and the facts found while receiving it.
 *
 * Spans belong to whoever made the envelope (arena of a transaction, or the packet it came in). */
#pragma once

#include "arena.h"
#include "id.h"
#include "msg.h"
#include "span.h"

enum { ENVELOPE_RCPTS_MAX = 50000, ADDRESS_MAX = 320, FACTS_DROPS_MAX = 8 };

/* NOTIFY of RFC 3461 4.1, as bits; 0: not given, which means FAILURE and DELAY. */
enum notify { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };
enum ret { RET_UNSET, RET_FULL, RET_HDRS };

enum recipient_mark { MARK_OPEN = 'o', MARK_DONE = 'd', MARK_FAILED = 'f', MARK_DROPPED = 'x' };

struct recipient {
	struct span address; /* without <>; the domain in A-labels, lower case */
	struct span orcpt;   /* as given, "rfc822;..."; empty: none */
	uint8_t notify;      /* bits of enum notify */
	char mark;           /* enum recipient_mark */
};

struct envelope {
	struct id id;
	uint64_t received_ms; /* since 1970 */
	struct span tenant;   /* empty: mail that came from outside (bounces, postmaster) */
	struct span login, client, helo, listener; /* client: address as text */
	struct span campaign, stream, tags;        /* tags: words between spaces */
	struct span from;                          /* without <>; empty: the null sender */
	struct span envid;
	struct span message_id; /* the field's value without <>, as it came in; not kept on disk */
	enum ret ret;
	bool body_8bit, smtputf8;                   /* declared at MAIL */
	bool track_clicks, track_opens, track_text; /* as the tenant or the message's headers ask */
	bool is_bulk; /* to many, or it says so: campaign, List-Unsubscribe, List-Id, Precedence */
	bool
	    from_outside; /* a stranger's: neither a login, a network nor a socket vouches for the sender */
	bool is_notice; /* a bounce message of ours: never answered by another */
	uint32_t rcpts_n;
	struct recipient *rcpts;
};

/* Bytes of the message not to be sent (header lines meant for us alone). */
struct facts_drop {
	uint32_t start, length;
};

struct facts {
	uint64_t size_bytes;   /* of the message, CRLF line ends, without the final dot */
	uint32_t header_bytes; /* up to and with the empty line */
	uint32_t longest_line; /* bytes without CRLF */
	bool has_8bit;
	bool header_8bit; /* in the header: it needs SMTPUTF8 where that was said at MAIL */
	bool has_dots;    /* a line begins with a dot: sending must stuff */
	uint32_t crc32c;  /* of all bytes */
	uint8_t drops_n;
	struct facts_drop drops[FACTS_DROPS_MAX]; /* in order, not overlapping */
};

/* As part of a record. Get allocates the recipients in the arena and leaves spans in the packet; -1: nonsense. */
void envelope_put(struct chan *, const struct envelope *);
int envelope_get(struct msg *, struct envelope *, struct arena *);
void facts_put(struct chan *, const struct facts *);
int facts_get(struct msg *, struct facts *);

/* Bytes that envelope_put() and facts_put() would take. */
size_t envelope_bytes(const struct envelope *);
/* A deep copy into the arena. */
struct envelope *envelope_copy(const struct envelope *, struct arena *);
