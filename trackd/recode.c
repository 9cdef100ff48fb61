#include "recode.h"
#include "header.h"
#include "transfer.h"
#include "utf8.h"

void
recode_upto(struct recode *r, const char *end)
{
	buf_add(r->out, r->at, (size_t)(end - r->at));
	r->at = end;
}

void
recode_header(struct recode *r, const struct mime_part *p, const char *encoding)
{
	recode_header_as(r, p, NULL, encoding);
}

void
recode_header_as(
    struct recode *r, const struct mime_part *p, const char *type, const char *encoding)
{
	struct span header = p->header;
	struct header_field f;

	recode_upto(r, p->header.p);
	while (header_next(&header, &f))
		if (!span_is_nocase(f.name, "Content-Transfer-Encoding") &&
		    (type == NULL || !span_is_nocase(f.name, "Content-Type")))
			buf_span(r->out, f.whole);
	if (type != NULL)
		buf_printf(r->out, "Content-Type: %s\r\n", type);
	if (p->parent == NULL && !header_find(p->header, "MIME-Version", &f))
		buf_str(r->out, "MIME-Version: 1.0\r\n");
	buf_printf(r->out, "Content-Transfer-Encoding: %s\r\n", encoding);
	r->at = p->header.p + p->header.n;
}

void
recode_qp(struct recode *r, const struct mime_part *p)
{
	struct qp_writer qp = { .out = r->out };

	recode_header(r, p, "quoted-printable");
	recode_upto(r, p->body.p);
	qp_put(&qp, p->body);
	r->at = p->body.p + p->body.n;
}

static bool
is_beyond_ascii(char c)
{
	return (unsigned char)c > 127;
}

/* The line without its end. Escaping makes it longer: it is broken where it must be. */
static void
line_escaped(struct span line, struct buf *out)
{
	size_t column = 0;

	while (line.n > 0) {
		bool beyond = is_beyond_ascii(line.p[0]);
		size_t n = beyond ? 1 : qp_character(line), width = beyond ? 3 : n;

		if (column + width >= TRANSFER_LINE && line.n > n) {
			buf_str(out, "=\r\n");
			column = 0;
		}
		if (beyond)
			buf_printf(out, "=%02X", (unsigned char)line.p[0]);
		else
			buf_span(out, span_first(line, n));
		column += width;
		line = span_from(line, n);
	}
}

static void
qp_escaped(struct span body, struct buf *out)
{
	while (body.n > 0) {
		ptrdiff_t lf = span_find(body, '\n');
		size_t n = lf < 0 ? body.n : (size_t)lf + 1, text = n;

		while (text > 0 && (body.p[text - 1] == '\n' || body.p[text - 1] == '\r'))
			text--;
		if (utf8_any_8bit(span_first(body, text)))
			line_escaped(span_first(body, text), out);
		else
			buf_span(out, span_first(body, text));
		buf_span(out, span_from(span_first(body, n), text));
		body = span_from(body, n);
	}
}

void
recode_encoded(struct recode *r, const struct mime_part *p)
{
	recode_upto(r, p->body.p);
	if (p->transfer == TRANSFER_QP)
		qp_escaped(p->body, r->out);
	else
		for (size_t i = 0; i < p->body.n; i++)
			if (!is_beyond_ascii(p->body.p[i]))
				buf_byte(r->out, p->body.p[i]);
	r->at = p->body.p + p->body.n;
}
