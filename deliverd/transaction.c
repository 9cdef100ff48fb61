#include "transaction.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct span
content_copy(struct transaction *tx, struct span bytes)
{
	tx->content = malloc(bytes.n + 1);
	if (tx->content == NULL)
		fatal("out of memory: %zu bytes for a message", bytes.n);
	if (bytes.n > 0)
		memcpy(tx->content, bytes.p, bytes.n);
	return span_of(tx->content, bytes.n);
}

static void
recipients_copy(struct transaction *tx)
{
	struct deliver_rcpt *to = arena_alloc(tx->arena, sizeof(*to) * tx->t.rcpts_n);

	for (uint32_t i = 0; i < tx->t.rcpts_n; i++) {
		to[i] = tx->t.rcpts[i];
		to[i].address = arena_span(tx->arena, to[i].address);
		to[i].orcpt = arena_span(tx->arena, to[i].orcpt);
	}
	tx->t.rcpts = to;
	tx->rcpt = arena_alloc(tx->arena, tx->t.rcpts_n);
	tx->open = tx->t.rcpts_n;
}

/* RFC 6531 3.2: where the header, the sender or a recipient is beyond ASCII. */
static void
needs_utf8(struct transaction *tx)
{
	tx->all_need_utf8 = tx->t.smtputf8 || utf8_any_8bit(tx->t.from);
	tx->t.smtputf8 = tx->all_need_utf8;
	for (uint32_t i = 0; i < tx->t.rcpts_n && !tx->t.smtputf8; i++)
		tx->t.smtputf8 = utf8_any_8bit(tx->t.rcpts[i].address);
}

struct transaction *
transaction_new(const struct deliver_transact *t)
{
	struct transaction *tx = calloc(1, sizeof(*tx));

	if (tx == NULL)
		fatal("out of memory for a transaction");
	tx->arena = arena_new(0);
	tx->t = *t;
	tx->t.from = arena_span(tx->arena, t->from);
	tx->t.envid = arena_span(tx->arena, t->envid);
	recipients_copy(tx);
	needs_utf8(tx);
	if (t->has_fd)
		tx->t.bytes = span_of(NULL, 0);
	else {
		tx->t.bytes = content_copy(tx, t->bytes);
		tx->t.size_bytes = t->bytes.n;
	}
	tx->source = (struct body_source){ .has_fd = t->has_fd,
		.bytes = tx->t.bytes,
		.fd = t->fd,
		.start = t->start,
		.size_bytes = tx->t.size_bytes,
		.has_dots = t->has_dots,
		.check_crc = t->check_crc,
		.crc32c = t->crc32c,
		.drops = tx->t.drops,
		.drops_n = t->drops_n };
	tx->bytes = sizeof(*tx) + tx->t.bytes.n + arena_used(tx->arena);
	return tx;
}

void
transaction_free(struct transaction *tx)
{
	body_free(tx->body);
	if (tx->t.fd >= 0)
		close(tx->t.fd);
	free(tx->content);
	arena_free(tx->arena);
	free(tx);
}

uint32_t
transaction_asked(const struct transaction *tx, uint32_t i)
{
	while (i < tx->t.rcpts_n && tx->rcpt[i] == RCPT_UNASKED)
		i++;
	return i;
}

void
transaction_put_off(struct transaction *tx, uint32_t i, const struct reply *r, uint32_t host,
    enum deliver_stage stage)
{
	if (tx->put_off == NULL)
		tx->put_off = arena_alloc(tx->arena, sizeof(*tx->put_off) * tx->t.rcpts_n);
	tx->put_off[i] = (struct put_off){ .code = r->code,
		.enhanced = r->enhanced,
		.text = arena_span(tx->arena, buf_all(&r->text)),
		.host = host,
		.stage = stage };
	tx->rcpt[i] = RCPT_PUT_OFF;
}

void
transaction_again(struct transaction *tx)
{
	for (uint32_t i = 0; i < tx->t.rcpts_n; i++)
		if (tx->rcpt[i] < RCPT_SETTLED)
			tx->rcpt[i] = RCPT_OPEN;
		else
			tx->rcpt[i] = RCPT_UNASKED;
	tx->accepted = 0;
	tx->elsewhere = true;
}
