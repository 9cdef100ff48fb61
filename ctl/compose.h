/* compose.h: what sendmail(1) makes of what a program hands it: line ends, header, recipients. Pure.
 *
 * Line ends become CRLF; a CR of its own becomes a space in the header and a line end in the body. The header gets
 * From, Date and Message-ID where they are missing and loses Bcc; addresses without a domain get the origin; an mbox "From "
 * line in front is dropped. */
#pragma once

#include "addresses.h"
#include "buf.h"

struct compose {
	struct span from;       /* address for a From line that is missing */
	struct span full_name;  /* in front of it; empty: none */
	struct span date;       /* "Tue, 24 Nov 2026 02:21:24 +0000" */
	struct span message_id; /* without <> */
	struct span origin;     /* domain of addresses that have none */
	bool dot_ends;          /* a line with a dot alone ends the message (sendmail without -i) */
};

/* Writes the message to out, whose maximum is the largest message. */
void compose_message(const struct compose *, struct span in, struct buf *out);
/* The same with each line's leading dot doubled (RFC 5321 4.5.2), as it goes behind DATA; without the last dot. */
void compose_dots(struct span message, struct buf *out);

/* sendmail -t: calls back for each address of To, Cc and Bcc of what was handed in, those that are wrong too; of Resent-To,
 * Resent-Cc and Resent-Bcc alone where there is one of these (RFC 5322 3.6.6). */
void compose_recipients(
    struct span in, struct arena *, void (*each)(void *ctx, const struct address *), void *ctx);
