#include "sender.h"
#include "loop.h"
#include "message.h"
#include "queued.h"

#include <stdio.h>
#include <string.h>

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
	const struct delivery *d = transaction_first(t);
	const struct tenant *tenant = t->message->tenant;
	struct bounce_owner owner = { tenant->name, tenant->bounce_domain };
	struct bounce_token token = { .recipient = d->index,
		.expires_s = loop_wall_ms() / 1000 + q->conf->bounce_valid_s };
	char local[BOUNCE_LOCAL_MAX + 1];
	int n;

	if (!sender_is_personal(q, d))
		return t->message->envelope->from;
	memcpy(token.message, t->message->envelope->id.b, BOUNCE_MESSAGE_BYTES);
	bounce_token_make(&keys.at[0], &owner, delivery_address(d), &token, '+', local);
	n = snprintf(address, sizeof(address), "%s@%.*s", local, SPAN(owner.domain));
	return span_of(address, (size_t)n);
}

enum bounce_check
sender_token(const struct queued *q, struct span address, struct bounce_token *token,
    const struct tenant **tenant)
{
	ptrdiff_t at = span_find_last(address, '@');

	*tenant = at < 0 ? NULL : conf_bounce_tenant(q->conf, span_from(address, (size_t)at + 1));
	if (*tenant == NULL)
		return BOUNCE_NONE;
	return bounce_address_check(&keys, (*tenant)->name, address, loop_wall_ms() / 1000, token);
}
