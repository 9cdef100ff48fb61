#include "sender.h"
#include "loop.h"
#include "message.h"
#include "queued.h"

#include <stdio.h>
#include <string.h>

enum { VALID_S = 30 * 86400 };

/* One process, one set of keys; they come as a secret at the start, and with a reload. */
static struct bounce_keys keys, next_keys;

int
sender_keys(struct span text, struct err *err)
{
	return bounce_keys_read(&keys, text, err);
}

int
sender_keys_prepare(struct span text, struct err *err)
{
	return bounce_keys_read(&next_keys, text, err);
}

void
sender_keys_commit(void)
{
	keys = next_keys;
}

bool
sender_is_personal(const struct queued *q, const struct delivery *d)
{
	const struct message *m = d->message;

	(void)q;
	return keys.n > 0 && m->tenant->bounce_domain.n > 0 && m->envelope->from.n > 0 &&
	       !m->envelope->is_notice && d->index < BOUNCE_RECIPIENTS;
}

struct span
sender_address(const struct queued *q, const struct transaction *t)
{
	static char address[ADDRESS_MAX + BOUNCE_LOCAL_MAX];
	const struct delivery *d = t->deliveries[0];
	struct bounce_token token = { .recipient = d->index,
		.expires_s = loop_wall_ms() / 1000 + VALID_S };
	char local[BOUNCE_LOCAL_MAX + 1];
	int n;

	if (!sender_is_personal(q, d))
		return t->message->envelope->from;
	memcpy(token.message, t->message->envelope->id.b, BOUNCE_MESSAGE_BYTES);
	token.tag = bounce_token_tag(delivery_address(d));
	token.key_id = keys.at[0].id;
	bounce_token_make(&keys.at[0], &token, '+', local);
	n = snprintf(
	    address, sizeof(address), "%s@%.*s", local, SPAN(t->message->tenant->bounce_domain));
	return span_of(address, (size_t)n);
}

enum bounce_check
sender_token(struct span address, struct bounce_token *token)
{
	return bounce_address_check(&keys, address, loop_wall_ms() / 1000, token);
}
