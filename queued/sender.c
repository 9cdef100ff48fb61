#include "sender.h"
#include "bounce_token.h"
#include "loop.h"
#include "message.h"
#include "queued.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 16, VALID_S = 30 * 86400 };

/* One process, one set of keys; they come as a secret at the start. */
static struct {
	struct bounce_key at[KEYS_MAX];
	size_t n;
} keys;

static int
nibble(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static int
key_line(struct span line, struct bounce_key *k, struct err *err)
{
	struct span rest, word = span_word(line, &rest), hex = span_word(rest, &rest);
	uint64_t id;

	if (span_u64(word, 15, &id) == -1 || hex.n != 2 * BOUNCE_KEY_BYTES)
		return err_set(err, "a line of the bounce key is not \"0..15 HEX\" with %d digits",
		    2 * BOUNCE_KEY_BYTES);
	k->id = (uint8_t)id;
	for (size_t i = 0; i < BOUNCE_KEY_BYTES; i++) {
		int hi = nibble(hex.p[2 * i]), lo = nibble(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return err_set(
			    err, "the bounce key %u is not in hexadecimal digits", k->id);
		k->key[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

int
sender_keys(struct span text, struct err *err)
{
	keys.n = 0;
	while (text.n > 0 && keys.n < KEYS_MAX) {
		struct span line = span_trim(span_cut(text, '\n', &text));

		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (key_line(line, &keys.at[keys.n], err) == -1)
			return -1;
		keys.n++;
	}
	return 0;
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

bool
sender_token(const struct queued *q, struct span address, struct id *about, uint32_t *index)
{
	ptrdiff_t at = span_find_last(address, '@');
	struct span local = at < 0 ? address : span_first(address, (size_t)at);
	struct bounce_token token;

	(void)q;
	if (bounce_token_check(keys.at, keys.n, local, loop_wall_ms() / 1000, &token) !=
	    BOUNCE_GOOD)
		return false;
	memcpy(about->b, token.message, BOUNCE_MESSAGE_BYTES);
	*index = token.recipient;
	return true;
}
