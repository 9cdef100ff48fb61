/* submit.h: hands one message to the relay, by SMTP over its Unix socket; who we are is told by the kernel.
 *
 * All recipients or none: where one is refused, the message goes to nobody and the caller gets that answer. The relay takes so
 * many recipients a message and no more; if there are more, all of them are asked about first, and then it is sent to one
 * part after the other. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "err.h"

enum { SUBMIT_SILENCE_S = 300, SUBMIT_LINE_BYTES = 8192 };

struct submit {
	const char *socket, *helo;
	struct span from; /* without <>; empty: the null sender */
	struct span *to;
	size_t to_n;
	const char *notify, *ret, *envid; /* RFC 3461, "" for none; sent if the relay knows DSN */
	struct span message;              /* CRLF line ends */
	bool verbose;                     /* the dialogue on standard error */
};

struct submitted {
	int exit_code; /* of sysexits(3) */
	bool away;     /* the relay is not there, is not ready, or went away */
	size_t
	    sent; /* recipients it has taken the message for; not all of them only where the relay failed in between */
};

/* 0, and the relay's last answer in reply ("2.0.0 queued as 01J..."); or -1 and err. */
int submit(const struct submit *, struct buf *reply, struct submitted *, struct err *);

/* Standard input to the socket and its answers to standard output, for sendmail -bs. Exit code. */
int submit_pipe(const char *socket);
