#include "journal.h"
#include "crc32c.h"
#include "err.h"

#include <string.h>

static const char magic[4] = { 'P', 'H', 'J', '1' };

struct head {
	char magic[4];
	uint32_t crc; /* of what follows, body included */
	uint32_t len; /* of the body */
	uint8_t type;
	char mark;
	uint8_t spare[2];
	uint64_t generation;
	uint64_t sequence;
	uint8_t id[ID_BYTES];
};

_Static_assert(sizeof(struct head) == JOURNAL_HEAD, "a record's head has a fixed width");

enum { COVERED_FROM = 8 };

static size_t
padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* An end's body begins with the recipient's index. */
static size_t
index_bytes(enum journal_type type)
{
	return type == JOURNAL_END ? sizeof(uint32_t) : 0;
}

size_t
journal_bytes(size_t body)
{
	return JOURNAL_HEAD + padded(body + sizeof(uint32_t));
}

void
journal_put(struct buf *out, const struct journal_record *r)
{
	static const char zeros[8];
	struct head h = { .len = (uint32_t)(r->body.n + index_bytes(r->type)),
		.type = (uint8_t)r->type,
		.mark = r->mark };

	must(r->body.n <= JOURNAL_BODY_MAX);
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.id, r->id.b, ID_BYTES);
	buf_add(out, &h, sizeof(h));
	if (r->type == JOURNAL_END)
		buf_add(out, &r->index, sizeof(r->index));
	buf_span(out, r->body);
	buf_add(out, zeros, padded(h.len) - h.len);
}

static uint32_t
sum(const char *record, size_t len)
{
	return crc32c(0, span_of(record + COVERED_FROM, JOURNAL_HEAD - COVERED_FROM + len));
}

void
journal_seal(char *records, size_t n, uint64_t generation, uint64_t *sequence)
{
	for (size_t at = 0; at < n;) {
		struct head h;

		memcpy(&h, records + at, sizeof(h));
		h.generation = generation;
		h.sequence = ++*sequence;
		memcpy(records + at, &h, sizeof(h));
		h.crc = sum(records + at, h.len);
		memcpy(records + at, &h, sizeof(h));
		at += JOURNAL_HEAD + padded(h.len);
	}
}

/* -1: no record begins here. */
static int
head_read(struct span s, struct head *h)
{
	if (s.n < JOURNAL_HEAD)
		return -1;
	memcpy(h, s.p, sizeof(*h));
	if (memcmp(h->magic, magic, sizeof(magic)) != 0 ||
	    h->len > JOURNAL_BODY_MAX + sizeof(uint32_t) || padded(h->len) > s.n - JOURNAL_HEAD ||
	    h->crc != sum(s.p, h->len))
		return -1;
	return 0;
}

bool
journal_next(struct span *rest, uint64_t generation, struct journal_record *r)
{
	struct head h;

	if (head_read(*rest, &h) == -1 || h.generation != generation || h.type < JOURNAL_ACCEPT ||
	    h.type > JOURNAL_FLOOR || h.len < index_bytes(h.type))
		return false;
	*r = (struct journal_record){ .type = h.type,
		.generation = h.generation,
		.sequence = h.sequence,
		.mark = h.mark,
		.body = span_of(rest->p + JOURNAL_HEAD, h.len) };
	memcpy(r->id.b, h.id, ID_BYTES);
	if (r->type == JOURNAL_END) {
		memcpy(&r->index, r->body.p, sizeof(r->index));
		r->body = span_from(r->body, sizeof(r->index));
	}
	*rest = span_from(*rest, JOURNAL_HEAD + padded(h.len));
	return true;
}

uint64_t
journal_generation(struct span segment)
{
	struct head h;

	return head_read(segment, &h) == -1 ? 0 : h.generation;
}
