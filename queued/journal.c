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
	uint32_t salt; /* 0 in what earlier versions wrote */
};

_Static_assert(sizeof(struct header) == JOURNAL_HEADER, "a record's header has a fixed width");

enum { CHECKED_FROM = 8, HEAD_MOST = 64 * 1024 * 1024 };

/* What a JOURNAL_OPEN has as its head; earlier versions wrote the first two alone. The ends stand behind it. */
struct opening {
	uint64_t oldest, previous_end;
	uint64_t segment_bytes;
	uint32_t segments, ends_n;
};

enum { OPENING_LEAST = 2 * sizeof(uint64_t) };

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
	struct opening o = { r->oldest, r->previous_end, r->segment_bytes, r->segments,
		(uint32_t)(r->ends.n / sizeof(struct journal_end)) };

	if (r->type == JOURNAL_OPEN) {
		buf_add(b, &o, sizeof(o));
		buf_span(b, r->ends);
	} else
		buf_span(b, r->head);
	journal_end(b, begin, r);
}

static uint32_t
check_of(const char *record, size_t head_n)
{
	return crc32c(0, span_of(record + CHECKED_FROM, JOURNAL_HEADER - CHECKED_FROM + head_n));
}

void
journal_seal(char *records, size_t n, uint64_t generation, uint32_t salt, uint64_t *sequence)
{
	for (size_t at = 0; at < n;) {
		struct header h;

		memcpy(&h, records + at, sizeof(h));
		h.generation = generation;
		h.salt = salt;
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
header_get(struct span s, struct header *h)
{
	if (s.n < sizeof(*h))
		return false;
	memcpy(h, s.p, sizeof(*h));
	return true;
}

/* The header's own part: then its lengths can be believed. */
static bool
header_is_good(struct span s, const struct header *h)
{
	return memcmp(h->magic, magic, sizeof(magic)) == 0 && h->head_n <= HEAD_MOST &&
	       journal_bytes(h->head_n, h->bytes_n) <= s.n &&
	       h->check == check_of(s.p, h->head_n) && h->type >= JOURNAL_OPEN &&
	       h->type <= JOURNAL_MOVE;
}

static bool
bytes_are_good(struct span s, const struct header *h)
{
	return h->bytes_crc == crc32c(0, span_of(s.p + JOURNAL_HEADER + h->head_n, h->bytes_n));
}

static bool
is_whole(struct span s, struct header *h)
{
	return header_get(s, h) && header_is_good(s, h) && bytes_are_good(s, h);
}

static bool
opening_get(struct journal_record *rec)
{
	struct opening o = { 0 };
	size_t n = rec->head.n < sizeof(o) ? OPENING_LEAST : sizeof(o);

	if (rec->head.n < OPENING_LEAST)
		return false;
	memcpy(&o, rec->head.p, n);
	rec->oldest = o.oldest;
	rec->previous_end = o.previous_end;
	rec->segment_bytes = o.segment_bytes;
	rec->segments = o.segments;
	rec->ends = span_first(span_from(rec->head, n), o.ends_n * sizeof(struct journal_end));
	return true;
}

/* It stands where the reader is: the opening, or the next of its generation. */
static bool
is_next(const struct journal_reader *r, const struct header *h)
{
	if (h->sequence != r->sequence || (r->sequence == 0) != (h->type == JOURNAL_OPEN))
		return false;
	return r->sequence == 0 || (h->generation == r->generation && h->salt == r->salt);
}

static struct journal_record
record_of(struct span s, const struct header *h, size_t at)
{
	struct journal_record rec = { .type = h->type,
		.index = h->index,
		.mark = h->mark,
		.head = span_first(span_from(s, JOURNAL_HEADER), h->head_n),
		.bytes_crc = h->bytes_crc,
		.at = at,
		.n = journal_bytes(h->head_n, h->bytes_n),
		.generation = h->generation };

	rec.bytes = span_first(span_from(s, JOURNAL_HEADER + (size_t)h->head_n), h->bytes_n);
	memcpy(rec.id.b, h->id, ID_BYTES);
	return rec;
}

bool
journal_next(struct journal_reader *r, struct journal_record *rec)
{
	struct span s = span_from(r->segment, r->at);
	struct header h;

	if (!is_whole(s, &h) || !is_next(r, &h))
		return false;
	*rec = record_of(s, &h, r->at);
	if (h.type == JOURNAL_OPEN && !opening_get(rec))
		return false;
	r->generation = h.generation;
	r->salt = h.salt;
	r->sequence++;
	r->at += rec->n;
	return true;
}

/* ---- behind what is damaged ---- */

static bool
is_ours(const struct journal_reader *r, const struct header *h)
{
	return r->generation == 0 || (h->generation == r->generation && h->salt == r->salt);
}

/* How far the next byte is that may begin a record: a segment that was never used is 64 MB of zeros, and each start looks. */
static size_t
to_magic(struct span s)
{
	const char *p = s.n > padded(1) ? memchr(s.p + padded(1), magic[0], s.n - padded(1)) : NULL;

	return p == NULL ? s.n : (size_t)(p - s.p) & ~(padded(1) - 1);
}

/* The header is good and of this generation. Then the length is good too, so the bytes behind it are not looked at: they come
 * from outside. */
static bool
is_header_of_ours(const struct journal_reader *r, struct span s, struct header *h)
{
	return memcmp(s.p, magic, sizeof(magic)) == 0 && header_get(s, h) && header_is_good(s, h) &&
	       is_ours(r, h);
}

bool
journal_skip(struct journal_reader *r, struct journal_gap *gap)
{
	struct span s = span_from(r->segment, r->at);
	struct header h;

	for (size_t n; s.n >= JOURNAL_HEADER; s = span_from(s, n)) {
		bool ours = is_header_of_ours(r, s, &h);

		n = ours ? journal_bytes(h.head_n, h.bytes_n) : to_magic(s);
		if (!ours || !is_whole(s, &h) || h.sequence < r->sequence)
			continue;
		*gap = (struct journal_gap){ r->at, (size_t)(s.p - r->segment.p) - r->at,
			r->sequence, h.sequence - r->sequence };
		r->at += gap->n;
		r->generation = h.generation;
		r->salt = h.salt;
		r->sequence = h.sequence;
		return true;
	}
	return false;
}

/* Of what tells a record of this generation, one thing at most is damaged. What an earlier use left may have the same place
 * in it; earlier versions wrote no salt, so there the generation must be the same. */
static bool
looks_like_ours(const struct journal_reader *r, const struct header *h, uint64_t first, uint64_t n)
{
	unsigned same = memcmp(h->magic, magic, sizeof(magic)) == 0;

	same += h->sequence >= first && h->sequence - first < n;
	same += h->generation == r->generation;
	if (r->salt == 0)
		return same >= 2 && h->generation == r->generation;
	return same + (h->salt == r->salt) >= 3;
}

bool
journal_is_torn(const struct journal_reader *r, struct journal_gap *gap)
{
	struct span s = span_from(r->segment, r->at);
	struct header h;
	size_t n;

	if (!header_get(s, &h) || !looks_like_ours(r, &h, r->sequence, 1))
		return false;
	n = h.head_n <= HEAD_MOST ? journal_bytes(h.head_n, h.bytes_n) : JOURNAL_HEADER;
	*gap = (struct journal_gap){ r->at, n < s.n ? n : s.n, r->sequence, 1 };
	return true;
}

bool
journal_trace(const struct journal_reader *r, const struct journal_gap *gap, size_t *at,
    struct journal_record *rec)
{
	size_t end = gap->at + gap->n;

	for (*at = *at < gap->at ? gap->at : *at; *at < end; *at += padded(1)) {
		struct span s = span_first(span_from(r->segment, *at), end - *at);
		struct header h;

		if (!header_get(s, &h))
			break;
		if (!looks_like_ours(r, &h, gap->first, gap->records))
			continue;
		*rec = record_of(s, &h, *at);
		rec->is_certain = *at == gap->at || (r->salt != 0 && h.salt == r->salt);
		*at += is_header_of_ours(r, s, &h) ? journal_bytes(h.head_n, h.bytes_n) : padded(1);
		return true;
	}
	return false;
}
