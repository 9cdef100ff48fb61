#include "journal.h"
#include "crc32c.h"
#include "err.h"

#include <string.h>

static const char magic[4] = { 'P', 'H', 'J', '2' };

struct header {
	char magic[4];
	uint32_t check; /* of what follows in the header, and of the head */
	uint8_t type;
	char mark;
	uint8_t spare[2];
	uint32_t index;
	uint64_t generation, sequence;
	uint8_t id[ID_BYTES];
	uint32_t head_n, bytes_n, bytes_crc;
	uint32_t spare2;
};

_Static_assert(sizeof(struct header) == JOURNAL_HEADER, "a record's header has a fixed width");

enum { CHECKED_FROM = 8, HEAD_MOST = 64 * 1024 * 1024 };

/* What a JOURNAL_OPEN has as its head. */
struct opening {
	uint64_t oldest, previous_end;
};

static size_t
padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

size_t
journal_bytes(size_t head, size_t bytes)
{
	return JOURNAL_HEADER + padded(head + bytes);
}

size_t
journal_begin(struct buf *b)
{
	static const char blank[JOURNAL_HEADER];
	size_t begin = b->n;

	buf_add(b, blank, sizeof(blank));
	return begin;
}

void
journal_end(struct buf *b, size_t begin, const struct journal_record *r)
{
	static const char zeros[8];
	struct header h = { .type = (uint8_t)r->type,
		.mark = r->mark,
		.index = r->index,
		.head_n = (uint32_t)(b->n - begin - JOURNAL_HEADER),
		.bytes_n = (uint32_t)r->bytes.n,
		.bytes_crc = r->bytes_crc };

	must(b->n - begin - JOURNAL_HEADER <= HEAD_MOST && r->bytes.n <= UINT32_MAX / 2);
	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.id, r->id.b, ID_BYTES);
	buf_span(b, r->bytes);
	buf_add(b, zeros, padded(b->n - begin) - (b->n - begin));
	must(!buf_over(b));
	memcpy(b->p + begin, &h, sizeof(h));
}

void
journal_put(struct buf *b, const struct journal_record *r)
{
	size_t begin = journal_begin(b);
	struct opening o = { r->oldest, r->previous_end };

	if (r->type == JOURNAL_OPEN)
		buf_add(b, &o, sizeof(o));
	else
		buf_span(b, r->head);
	journal_end(b, begin, r);
}

static uint32_t
check_of(const char *record, size_t head_n)
{
	return crc32c(0, span_of(record + CHECKED_FROM, JOURNAL_HEADER - CHECKED_FROM + head_n));
}

void
journal_seal(char *records, size_t n, uint64_t generation, uint64_t *sequence)
{
	for (size_t at = 0; at < n;) {
		struct header h;

		memcpy(&h, records + at, sizeof(h));
		h.generation = generation;
		h.sequence = (*sequence)++;
		memcpy(records + at, &h, sizeof(h));
		h.check = check_of(records + at, h.head_n);
		memcpy(records + at, &h, sizeof(h));
		at += journal_bytes(h.head_n, h.bytes_n);
	}
}

/* ---- reading ---- */

void
journal_reader_init(struct journal_reader *r, struct span segment)
{
	*r = (struct journal_reader){ .segment = segment };
}

static bool
header_is_good(struct span s, const struct header *h)
{
	return memcmp(h->magic, magic, sizeof(magic)) == 0 && h->head_n <= HEAD_MOST &&
	       journal_bytes(h->head_n, h->bytes_n) <= s.n &&
	       h->check == check_of(s.p, h->head_n) &&
	       h->bytes_crc == crc32c(0, span_of(s.p + JOURNAL_HEADER + h->head_n, h->bytes_n));
}

static bool
opening_get(struct journal_record *rec)
{
	struct opening o;

	if (rec->head.n != sizeof(o))
		return false;
	memcpy(&o, rec->head.p, sizeof(o));
	rec->oldest = o.oldest;
	rec->previous_end = o.previous_end;
	return true;
}

bool
journal_next(struct journal_reader *r, struct journal_record *rec)
{
	struct span s = span_from(r->segment, r->at);
	struct header h;

	if (s.n < sizeof(h))
		return false;
	memcpy(&h, s.p, sizeof(h));
	if (!header_is_good(s, &h) || h.sequence != r->sequence ||
	    (r->sequence == 0) != (h.type == JOURNAL_OPEN) || h.type < JOURNAL_OPEN ||
	    h.type > JOURNAL_MOVE || (r->sequence > 0 && h.generation != r->generation))
		return false;
	*rec = (struct journal_record){ .type = h.type,
		.index = h.index,
		.mark = h.mark,
		.head = span_of(s.p + JOURNAL_HEADER, h.head_n),
		.bytes = span_of(s.p + JOURNAL_HEADER + h.head_n, h.bytes_n),
		.bytes_crc = h.bytes_crc,
		.at = r->at,
		.n = journal_bytes(h.head_n, h.bytes_n),
		.generation = h.generation };
	memcpy(rec->id.b, h.id, ID_BYTES);
	if (h.type == JOURNAL_OPEN && !opening_get(rec))
		return false;
	r->generation = h.generation;
	r->sequence++;
	r->at += rec->n;
	return true;
}
