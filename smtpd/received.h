/* received.h: the lines we put in front of a message or into its header (RFC 5321 4.4, RFC 5322 3.6). Pure. */
#pragma once

#include "buf.h"
#include "id.h"

struct received {
	struct span helo, client; /* client: address as text, or "local" */
	const char *hostname;
	struct id id;
	uint64_t now_ms;             /* since 1970 */
	bool esmtp, tls, auth, utf8; /* utf8: SMTPUTF8 was said (RFC 6531 4.3) */
	struct span only_rcpt;       /* the recipient where there is one alone; empty: leave out */
};

void received_line(struct buf *, const struct received *);
void date_line(struct buf *, uint64_t now_ms);
void message_id_line(struct buf *, struct id, const char *hostname);
