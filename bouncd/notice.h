/* notice.h: the bounce message we make (RFC 3464, RFC 3461 6, RFC 6522; RFC 6533 in UTF-8). Pure.
 *
 * multipart/report: a paragraph for a person, the fields for a machine, and the original or its header. Lines end in
 * CRLF and none is longer than 998 octets but those of the original. Values from outside are made harmless: control
 * bytes become '?', so that none begins a line of its own. It is sent from the null sender; the caller makes sure
 * that nothing is answered that came from one. */
#pragma once

#include "buf.h"
#include "verdict.h"

enum notice_action {
	NOTICE_FAILED,
	NOTICE_DELAYED,
	NOTICE_DELIVERED,
	NOTICE_RELAYED,
	NOTICE_EXPANDED
};

struct notice_recipient {
	struct span address;
	struct span orcpt; /* "rfc822;a@b", decoded from xtext; empty: was not given */
	enum notice_action action;
	enum category category; /* CATEGORY_NONE: not known */
	struct span status;     /* "5.1.1"; empty: by the action */
	struct span remote_mta; /* host; empty: none was reached */
	struct span remote_ip;  /* empty: not known */
	struct span
	    diagnostic; /* its reply, lines joined with LF; else our reason in words, with no remote_mta */
	uint64_t last_attempt_s;     /* 0: not said */
	uint64_t will_retry_until_s; /* of a delayed one; 0: not said */
};

struct notice {
	struct span id; /* of this message: letters and digits, unique: boundary and Message-ID */
	struct span reporting_mta; /* our host name */
	struct span sender;        /* MAIL FROM of the original: who gets this */
	struct span envid;         /* decoded from xtext; empty: was not given */
	struct span subject;       /* of the original, as it stands there; may be empty */
	struct span original;      /* the original: whole, or its head alone */
	bool original_whole;       /* RET=FULL */
	bool utf8;                 /* the original was SMTPUTF8 */
	uint64_t now_s, arrival_s;
	const struct notice_recipient *recipients;
	size_t n_recipients;
};

/* Appends the message to out; ask buf_over(). True: it has 8-bit bytes (8BITMIME needed). */
bool notice_write(const struct notice *, struct buf *out);
