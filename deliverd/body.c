#include "body.h"
#include "crc32c.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 32 * 1024 };

static const char end_after_line[] = "\r\n.\r\n";

struct body {
	struct body_source src;
	uint64_t at;   /* of the next byte to take from the source */
	unsigned drop; /* the next range to leave out */
	uint32_t crc;
	char *block; /* of a descriptor: bytes from block_at on */
	uint64_t block_at;
	size_t block_n;
	char *stuffed; /* of content with dots */
	char last[2]; /* bytes that were handed out last: do we stand at the beginning of a line? */
	bool ended;   /* the final dot is in hand or sent */
	struct span piece, end;
};

bool
body_source_ok(const struct body_source *s)
{
	uint64_t at = 0;

	if (!s->has_fd && s->bytes.n != s->size_bytes)
		return false;
	for (unsigned i = 0; i < s->drops_n; i++) {
		uint64_t end = (uint64_t)s->drops[i].start + s->drops[i].length;

		if (s->drops[i].start < at || end > s->size_bytes)
			return false;
		at = end;
	}
	return true;
}

uint64_t
body_size(const struct body_source *s)
{
	uint64_t n = s->size_bytes;

	for (unsigned i = 0; i < s->drops_n; i++)
		n -= s->drops[i].length;
	return n;
}

struct body *
body_new(const struct body_source *src)
{
	struct body *b = calloc(1, sizeof(*b));

	if (b == NULL)
		fatal("out of memory for a body");
	b->src = *src;
	b->last[0] = '\r';
	b->last[1] = '\n';
	return b;
}

void
body_free(struct body *b)
{
	if (b == NULL)
		return;
	free(b->block);
	free(b->stuffed);
	free(b);
}

static char *
block_new(size_t n)
{
	char *p = malloc(n);

	if (p == NULL)
		fatal("out of memory: %zu bytes for a block", n);
	return p;
}

/* Every byte of a descriptor is read once, in order, left out or not, so that the checksum sees them all. */
static int
block_read(struct body *b, struct err *err)
{
	uint64_t left = b->src.size_bytes - b->at;
	size_t want = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
	ssize_t n;

	if (b->block == NULL)
		b->block = block_new(want);
	do
		n = pread(b->src.fd, b->block, want, (off_t)(b->src.start + b->at));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_sys(err, "read the message");
	if (n == 0)
		return err_set(err, "the message is shorter than its size says");
	b->block_at = b->at;
	b->block_n = (size_t)n;
	if (b->src.check_crc)
		b->crc = crc32c(b->crc, span_of(b->block, b->block_n));
	return 0;
}

/* The bytes from at on that are in memory, whether left out or not. */
static int
raw(struct body *b, struct span *s, struct err *err)
{
	if (!b->src.has_fd) {
		*s = span_from(b->src.bytes, b->at);
		return 0;
	}
	if (b->at >= b->block_at + b->block_n && block_read(b, err) == -1)
		return -1;
	*s = span_from(span_of(b->block, b->block_n), b->at - b->block_at);
	return 0;
}

/* Stands at a range to be left out: goes behind what of it is in hand. */
static bool
skip(struct body *b, struct span in_hand)
{
	const struct facts_drop *d = &b->src.drops[b->drop];
	uint64_t end;

	if (b->drop == b->src.drops_n || b->at < d->start)
		return false;
	end = (uint64_t)d->start + d->length;
	if (end > b->at + in_hand.n)
		b->at += in_hand.n;
	else {
		b->at = end;
		b->drop++;
	}
	return true;
}

static void
remember(struct body *b, struct span s)
{
	if (s.n >= 2)
		b->last[0] = s.p[s.n - 2];
	else if (s.n == 1)
		b->last[0] = b->last[1];
	if (s.n > 0)
		b->last[1] = s.p[s.n - 1];
}

static bool
at_line(const struct body *b)
{
	return b->last[0] == '\r' && b->last[1] == '\n';
}

/* Doubles each dot that begins a line. A line is what ends with CRLF: those alone end one for the peer. */
static struct span
stuff(struct body *b, struct span s)
{
	const char *p = s.p, *end = s.p + s.n;
	char *out;

	if (b->stuffed == NULL)
		b->stuffed = block_new(2 * (size_t)BLOCK_BYTES + 2);
	out = b->stuffed;
	if (p < end && *p == '.' && at_line(b))
		*out++ = '.';
	if (s.n >= 2 && p[0] == '\n' && p[1] == '.' && b->last[1] == '\r') {
		memcpy(out, "\n..", 3); /* the line's end stood in two pieces */
		out += 3;
		p += 2;
	}
	while (p < end) {
		const char *dot = memmem(p, (size_t)(end - p), "\r\n.", 3);
		size_t n = dot == NULL ? (size_t)(end - p) : (size_t)(dot - p) + 3;

		memcpy(out, p, n);
		out += n;
		p += n;
		if (dot != NULL)
			*out++ = '.';
	}
	return span_of(b->stuffed, (size_t)(out - b->stuffed));
}

/* The source is used up: the final dot may follow if the checksum stands. */
static int
finish(struct body *b, struct err *err)
{
	if (b->src.check_crc && !b->src.has_fd)
		b->crc = crc32c(0, b->src.bytes);
	if (b->src.check_crc && b->crc != b->src.crc32c)
		return err_set(err, "the message does not match its checksum");
	b->ended = true;
	b->end = span_from(SPAN_LIT(end_after_line), at_line(b) ? 2 : 0);
	return 0;
}

/* Goes behind all ranges left out that begin here; *s is what is in hand then. */
static int
skip_all(struct body *b, struct span *s, struct err *err)
{
	*s = span_of(NULL, 0);
	do {
		if (b->at == b->src.size_bytes)
			return 0;
		if (raw(b, s, err) == -1)
			return -1;
	} while (skip(b, *s));
	return 0;
}

static int
next(struct body *b, struct err *err)
{
	struct span s, unused;
	uint64_t until;

	if (skip_all(b, &s, err) == -1)
		return -1;
	if (b->at < b->src.size_bytes) {
		until = b->drop < b->src.drops_n ? b->src.drops[b->drop].start : b->src.size_bytes;
		if (until - b->at < s.n)
			s.n = (size_t)(until - b->at);
		if (b->src.has_dots)
			s = span_first(s, BLOCK_BYTES);
		b->at += s.n;
		b->piece = b->src.has_dots ? stuff(b, s) : s;
		remember(b, s);
	}
	if (!b->src.has_fd && skip_all(b, &unused, err) == -1)
		return -1;
	return b->at == b->src.size_bytes ? finish(b, err) : 0;
}

enum body_step
body_piece(struct body *b, struct span piece[2], struct err *err)
{
	if (b->piece.n == 0 && b->end.n == 0) {
		if (b->ended)
			return BODY_END;
		if (next(b, err) == -1)
			return BODY_DAMAGED;
	}
	piece[0] = b->piece;
	piece[1] = b->end;
	return BODY_PIECE;
}

void
body_sent(struct body *b, size_t n)
{
	size_t of_piece = n < b->piece.n ? n : b->piece.n;

	must(n - of_piece <= b->end.n);
	b->piece = span_from(b->piece, of_piece);
	b->end = span_from(b->end, n - of_piece);
}

bool
body_is_last(const struct body *b)
{
	return b->ended;
}
