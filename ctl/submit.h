/* submit.h: hands one message to the relay, by SMTP over its Unix socket; who we are is told by the kernel.
 *
 * All recipients or none: where one is refused, the message goes to nobody and the caller gets that answer. */
#pragma once

#include "arena.h"
#include "buf.h"
#include "err.h"

enum { SUBMIT_RCPTS_MAX = 50000, SUBMIT_SILENCE_S = 300, SUBMIT_LINE_BYTES = 4096 };

struct submit {
	const char *socket, *helo;
	struct span from; /* without <>; empty: the null sender */
	struct span *to;
	size_t to_n;
	const char *notify, *ret, *envid; /* RFC 3461, "" for none; sent if the relay knows DSN */
	struct span message;              /* CRLF line ends */
	bool verbose;                     /* the dialogue on standard error */
};

/* 0, and the relay's last answer in reply ("2.0.0 queued as 01J..."); or -1, the exit code of sysexits(3), and err. */
int submit(const struct submit *, struct buf *reply, int *exit_code, struct err *);

/* Standard input to the socket and its answers to standard output, for sendmail -bs. Exit code. */
int submit_pipe(const char *socket);
