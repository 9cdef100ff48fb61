/* notice.h: the bounce message we make (RFC 3464, RFC 3461 6, RFC 6522; RFC 6533 in UTF-8). Pure.
 *
 * multipart/report: some paragraphs for a person, the fields for a machine, and the original or its header. A digest
 * tells of several originals: their headers are one multipart/mixed. Lines end in CRLF and none is longer than 998
 * octets but those of the original. Values from outside are made harmless: control bytes become '?', so that none
 * begins a line of its own. It is sent from the null sender; the caller makes sure that nothing is answered that came
 * from one. */
#pragma once

#include "arena.h"
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
	struct span
	    orcpt; /* as given at RCPT: "rfc822;a+2Bb@c", "utf-8;..."; empty: was not given */
	struct span log_id; /* of its message, as our log and queue name it */
	enum notice_action action;
	enum category category; /* CATEGORY_NONE: not known */
	bool expired;           /* FAILED: not by an answer, but because the time was over */
	struct span status;     /* "5.1.1"; empty: by the action */
	struct span remote_mta; /* host; empty: none was reached */
	struct span remote_ip;  /* empty: not known */
	struct span
	    diagnostic; /* the reply with its codes, or our reason in words; lines joined with LF */
	bool said_by_server;         /* whose words diagnostic is */
	size_t original;             /* which of the originals */
	uint64_t last_attempt_s;     /* 0: not said */
	uint64_t will_retry_until_s; /* of a delayed one; 0: not said */
};

struct notice_original {
	struct span head; /* its header, or what is known of it; may be empty */
};

struct notice {
	struct span id; /* of this message: letters and digits, unique: boundary and Message-ID */
	struct span reporting_mta; /* our host name */
	struct span received_from; /* whom we had it from; empty: not said */
	struct span sender;        /* MAIL FROM of the original: who gets this */
	struct span envid;         /* xtext as given; empty: was not given */
	bool utf8;       /* the original was SMTPUTF8: used where something in here needs it */
	bool whole;      /* the caller puts the original in, at *hole */
	bool whole_8bit; /* then: it has 8-bit bytes */
	uint64_t now_s, arrival_s;               /* arrival 0: not said */
	const struct notice_original *originals; /* at least one; more than one make a digest */
	size_t n_originals;
	const struct notice_recipient *recipients;
	size_t n_recipients;
};

/* Appends the message to out; ask buf_over(). *hole: where the whole original is to be put in; 0: nowhere. True: it has
 * 8-bit bytes (8BITMIME needed). */
bool notice_write(const struct notice *, struct buf *out, size_t *hole);
