/* store.h: where received messages go: a line in the log, and a file in a folder if there is one.
 *
 * A file FOLDER/PROVIDER-NUMBER has a head of "key: value" lines (provider, client, tls, helo, from, a "to" for each
 * recipient, and MAIL and RCPT as they came: "said"), an empty line, and the message as it came, dots unstuffed. */
#pragma once

#include "span.h"

struct store_mail {
	const char *provider, *client, *tls; /* tls "" when there was none */
	struct span helo, from, recipients;  /* recipients: each followed by LF */
	struct span said;                    /* MAIL and RCPT as they came, each followed by LF */
	struct span content;
};

struct store;

struct store *store_new(const char *folder); /* NULL: log only */
void store_free(struct store *);
void store_add(struct store *, const struct store_mail *);
void
store_refused(struct store *, const struct store_mail *, struct span command, const char *reply);
