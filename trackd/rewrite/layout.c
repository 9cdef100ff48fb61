#include "layout.h"

#include <string.h>

enum { LINE_MAX_OCTETS = 998 }; /* RFC 5321 4.5.3.1.6, without CRLF */

void
pieces_begin(struct pieces *p, struct arena *arena)
{
	*p = (struct pieces){ .tail = &p->first, .arena = arena };
}

static struct piece *
add(struct pieces *p, enum piece_kind kind, struct span bytes)
{
	struct piece *piece = arena_alloc(p->arena, sizeof(*piece));

	piece->kind = kind;
	piece->bytes = bytes;
	*p->tail = piece;
	p->tail = &piece->next;
	return piece;
}

void
pieces_bytes(struct pieces *p, struct span bytes)
{
	if (bytes.n > 0)
		add(p, PIECE_BYTES, bytes);
}

static void
add_edit(struct pieces *p, const struct edit *e, const struct scan *scan, bool qp)
{
	struct piece *piece = add(p, PIECE_EDIT, span_of(NULL, 0));

	piece->edit = e;
	piece->charset = &scan->charset;
	piece->qp = qp;
}

static struct span
between(struct span s, size_t start, size_t end)
{
	return span_of(s.p + start, end - start);
}

/* Decoded text with its edits, each piece of text as kind. */
static void
lay_plain(const struct layout_part *part, struct pieces *p, enum piece_kind kind)
{
	size_t at = 0;

	for (const struct edit *e = part->scan->first; e != NULL; e = e->next) {
		if (e->start > at)
			add(p, kind, between(part->decoded, at, e->start));
		add_edit(p, e, part->scan, kind == PIECE_QP_PLAIN);
		at = e->end;
	}
	if (part->decoded.n > at)
		add(p, kind, span_from(part->decoded, at));
}

/* Measures lines as they grow. */
struct meter {
	size_t column, longest;
};

/* A line ends where CRLF stands: a LF alone is none to a server that counts. */
static void
measure(struct meter *m, struct span s)
{
	size_t start = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *lf = memchr(s.p + i, '\n', s.n - i);

		if (lf == NULL)
			break;
		i = (size_t)(lf - s.p);
		if (i == 0 || s.p[i - 1] != '\r')
			continue;
		m->column += i - 1 - start;
		if (m->column > m->longest)
			m->longest = m->column;
		m->column = 0;
		start = i + 1;
	}
	m->column += s.n - start;
	if (m->column > m->longest)
		m->longest = m->column;
}

static bool
lines_stay_short(const struct layout_part *part)
{
	struct meter before = { 0 }, after = { 0 };
	size_t at = 0;

	measure(&before, part->body);
	for (const struct edit *e = part->scan->first; e != NULL; e = e->next) {
		measure(&after, between(part->decoded, at, e->start));
		after.column += part->edit_length(e, part->context) * part->scan->charset.unit;
		if (after.column > after.longest)
			after.longest = after.column;
		at = e->end;
	}
	measure(&after, span_from(part->decoded, at));
	return after.longest <= LINE_MAX_OCTETS || before.longest > LINE_MAX_OCTETS;
}

/* A line of encoded quoted-printable: where its content ends, its line end begins, the next line begins. */
struct qp_line {
	size_t content, end, next;
	bool soft;
};

/* Walks encoded quoted-printable, counting what it decodes to. */
struct qp_cursor {
	struct span in;
	size_t line, at; /* of in: where the line begins; where we are */
	size_t decoded;  /* bytes before at */
	struct qp_line l;
};

static struct qp_line
qp_line_at(struct span in, size_t line)
{
	ptrdiff_t lf = span_find(span_from(in, line), '\n');
	struct qp_line l = { .next = lf < 0 ? in.n : line + (size_t)lf + 1 };

	l.end = lf < 0 ? l.next : l.next - 1;
	if (lf > 0 && in.p[l.end - 1] == '\r')
		l.end--;
	l.content = l.end;
	while (l.content > line && (in.p[l.content - 1] == ' ' || in.p[l.content - 1] == '\t'))
		l.content--;
	l.soft = l.content > line && in.p[l.content - 1] == '=';
	l.content -= l.soft;
	return l;
}

static void
qp_begin(struct qp_cursor *c, struct span in)
{
	*c = (struct qp_cursor){ .in = in, .l = qp_line_at(in, 0) };
}

static void
qp_next_line(struct qp_cursor *c)
{
	c->line = c->at = c->l.next;
	c->l = qp_line_at(c->in, c->line);
}

static size_t
qp_decoded_length(struct span s)
{
	size_t n = s.n;
	ptrdiff_t eq;

	while ((eq = span_find(s, '=')) >= 0) {
		size_t wide = qp_character(span_from(s, (size_t)eq));

		n -= wide - 1;
		s = span_from(s, (size_t)eq + wide);
	}
	return n;
}

/* Moves on to the encoded byte that decodes to the byte at `decoded`. */
static void
qp_seek(struct qp_cursor *c, size_t decoded)
{
	for (;;) {
		size_t ends = c->l.soft ? 0 : c->l.next - c->l.end;
		size_t whole =
		    c->at == c->line ? qp_decoded_length(between(c->in, c->line, c->l.content)) : 0;

		if (whole > 0 && c->decoded + whole <= decoded) {
			c->decoded += whole;
			c->at = c->l.content;
		}
		for (; c->decoded < decoded && c->at < c->l.content; c->decoded++)
			c->at += qp_character(between(c->in, c->at, c->l.content));
		if (c->at < c->l.content || c->decoded + ends > decoded)
			return;
		if (c->l.next >= c->in.n && ends == 0)
			return; /* before what white space or soft break the text ends in */
		c->decoded += ends;
		qp_next_line(c);
	}
}

/* What stands between two places: the rest of a line (behind an edit), whole lines, the beginning of a line. */
static void
lay_qp_text(
    struct pieces *p, struct span in, size_t start, bool behind_edit, const struct qp_cursor *to)
{
	size_t end;

	if (to->line <= start) {
		if (to->at > start)
			add(p, PIECE_QP_LINE, between(in, start, to->at));
		return;
	}
	end = qp_line_at(in, start).end;
	if (behind_edit && end > start)
		add(p, PIECE_QP_LINE, between(in, start, end))->end = true;
	else
		end = start;
	add(p, PIECE_BYTES, between(in, end, to->line));
	if (to->at > to->line)
		add(p, PIECE_QP_LINE, between(in, to->line, to->at));
}

static void
lay_qp(const struct layout_part *part, struct pieces *p)
{
	struct qp_cursor c;
	size_t at = 0, end;

	qp_begin(&c, part->body);
	for (const struct edit *e = part->scan->first; e != NULL; e = e->next) {
		qp_seek(&c, e->start);
		lay_qp_text(p, part->body, at, e != part->scan->first, &c);
		add_edit(p, e, part->scan, true);
		qp_seek(&c, e->end);
		at = c.at;
	}
	end = qp_line_at(part->body, at).end;
	if (end > at)
		add(p, PIECE_QP_LINE, between(part->body, at, end))->end = true;
	pieces_bytes(p, span_from(part->body, end));
}

static bool
is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '=';
}

/* The length of the part's own lines, where that is one we may use. */
static size_t
base64_line(struct span s)
{
	size_t n = 0;

	while (n < s.n && is_base64(s.p[n]))
		n++;
	return n > 0 && n <= TRANSFER_LINE && n % 4 == 0 && n < s.n ? n : TRANSFER_LINE;
}

static void
lay_base64(const struct layout_part *part, struct pieces *p)
{
	struct span body = part->body, tail;
	struct pieces inside;
	struct piece *piece;
	size_t front = 0;

	while (front < body.n && !is_base64(body.p[front]))
		front++;
	pieces_bytes(p, span_first(body, front));
	body = tail = span_from(body, front);
	while (body.n > 0 && !is_base64(body.p[body.n - 1]))
		body.n--;
	pieces_begin(&inside, p->arena);
	lay_plain(part, &inside, PIECE_BYTES);
	piece = add(p, PIECE_BASE64, span_of(NULL, 0));
	piece->inside = inside.first;
	piece->line = base64_line(body);
	pieces_bytes(p, span_from(tail, body.n));
}

enum transfer
layout_transfer(const struct layout_part *part)
{
	if (part->transfer == TRANSFER_QP || part->transfer == TRANSFER_BASE64)
		return part->transfer;
	return lines_stay_short(part) ? part->transfer : TRANSFER_QP;
}

void
layout_part(const struct layout_part *part, enum transfer as, struct pieces *p)
{
	if (part->transfer == TRANSFER_BASE64)
		lay_base64(part, p);
	else if (part->transfer == TRANSFER_QP)
		lay_qp(part, p);
	else
		lay_plain(part, p, as == TRANSFER_QP ? PIECE_QP_PLAIN : PIECE_BYTES);
}
