#include "http_body.h"
#include "hex.h"

void
http_body_start(struct http_body *b, const struct http_request *r)
{
	*b = (struct http_body){ .chunked = r->chunked, .left = r->body_bytes };
	b->state = r->chunked ? BODY_SIZE_FIRST : r->body_bytes == 0 ? BODY_END : BODY_DATA;
}

static enum http_step
refused(struct http_body *b, unsigned status)
{
	b->status = status;
	return HTTP_REFUSED;
}

static enum http_step
take_data(struct http_body *b, struct span *in, struct buf *out)
{
	size_t n = in->n < b->left ? in->n : (size_t)b->left;

	buf_add(out, in->p, n);
	*in = span_from(*in, n);
	b->left -= n;
	if (b->left == 0)
		b->state = b->chunked ? BODY_DATA_CR : BODY_END;
	return HTTP_MORE;
}

static enum http_step
take_size(struct http_body *b, char c)
{
	int digit = hex_digit(c);

	if (digit >= 0) {
		b->left = b->left << 4 | (unsigned)digit;
		b->state = BODY_SIZE;
		return b->total + b->left > HTTP_BODY_MAX ? refused(b, 413) : HTTP_MORE;
	}
	if (b->state == BODY_SIZE_FIRST || (c != '\r' && c != ';'))
		return refused(b, 400);
	b->state = c == '\r' ? BODY_SIZE_LF : BODY_EXTENSION;
	return HTTP_MORE;
}

/* A byte of an extension or a trailer, up to the CR. */
static enum http_step
take_extra(struct http_body *b, char c, enum http_body_state at_cr)
{
	if (c == '\n' || c == '\0')
		return refused(b, 400);
	if (++b->extra > HTTP_EXTRA_MAX)
		return refused(b, 431);
	if (c == '\r')
		b->state = at_cr;
	else if (b->state == BODY_TRAILER_FIRST)
		b->state = BODY_TRAILER;
	return HTTP_MORE;
}

static enum http_step
expect(struct http_body *b, char c, char wanted, enum http_body_state next)
{
	if (c != wanted)
		return refused(b, 400);
	b->state = next;
	return HTTP_MORE;
}

static enum http_step
size_ended(struct http_body *b, char c)
{
	bool last = b->left == 0;

	b->total += b->left;
	return expect(b, c, '\n', last ? BODY_TRAILER_FIRST : BODY_DATA);
}

static enum http_step
take_byte(struct http_body *b, char c)
{
	switch (b->state) {
	case BODY_SIZE_FIRST:
	case BODY_SIZE:
		return take_size(b, c);
	case BODY_EXTENSION:
		return take_extra(b, c, BODY_SIZE_LF);
	case BODY_SIZE_LF:
		return size_ended(b, c);
	case BODY_DATA_CR:
		return expect(b, c, '\r', BODY_DATA_LF);
	case BODY_DATA_LF:
		return expect(b, c, '\n', BODY_SIZE_FIRST);
	case BODY_TRAILER_FIRST:
		return take_extra(b, c, BODY_LAST_LF);
	case BODY_TRAILER:
		return take_extra(b, c, BODY_TRAILER_LF);
	case BODY_TRAILER_LF:
		return expect(b, c, '\n', BODY_TRAILER_FIRST);
	case BODY_LAST_LF:
		return expect(b, c, '\n', BODY_END);
	case BODY_DATA:
	case BODY_END:
		break;
	}
	return HTTP_MORE;
}

enum http_step
http_body_take(struct http_body *b, struct span *in, struct buf *out)
{
	while (in->n > 0 && b->state != BODY_END) {
		enum http_step step;

		if (b->state == BODY_DATA) {
			step = take_data(b, in, out);
		} else {
			step = take_byte(b, in->p[0]);
			*in = span_from(*in, 1);
		}
		if (step != HTTP_MORE)
			return step;
	}
	return b->state == BODY_END ? HTTP_READY : HTTP_MORE;
}
