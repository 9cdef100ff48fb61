#include "layout.h"
#include "pixel.h"
#include "rewrite.h"

#include <string.h>

/* One rendering under way. */
struct render {
	const struct rewrite_plan *plan;
	struct token_sealer *sealer;
	struct token_facts who;
	struct qp_writer qp;         /* writes to the message itself */
	struct buf text, wide, part; /* scratch */
};

static void
put_edit(struct render *r, const struct piece *p, struct buf *out)
{
	if (p->charset->unit == 1 && !p->qp) {
		pixel_edit_text(p->edit, r->plan->place.base, r->sealer, &r->who, out);
		return;
	}
	buf_reset(&r->text);
	pixel_edit_text(p->edit, r->plan->place.base, r->sealer, &r->who, &r->text);
	if (!p->qp) {
		charset_put_ascii(p->charset, buf_all(&r->text), out);
		return;
	}
	buf_reset(&r->wide);
	charset_put_ascii(p->charset, buf_all(&r->text), &r->wide);
	qp_put(&r->qp, buf_all(&r->wide));
}

static void
copy_on_line(struct qp_writer *w, struct span s)
{
	buf_span(w->out, s);
	w->column += s.n;
}

static void
break_line(struct qp_writer *w)
{
	buf_str(w->out, "=\r\n");
	w->column = 0;
}

/* A "=" that begins no escape stands for itself, and is written as an escape wherever its line is written anew. */
static bool
is_stray(struct span s)
{
	return s.p[0] == '=' && qp_character(s) == 1;
}

static size_t
strays(struct span s)
{
	size_t n = 0;

	for (ptrdiff_t eq; (eq = span_find(s, '=')) >= 0;) {
		s = span_from(s, (size_t)eq);
		n += is_stray(s);
		s = span_from(s, qp_character(s));
	}
	return n;
}

/* What stands in the place of the encoded character at the front, n bytes of it. */
static struct span
written(struct span s, size_t n, bool line_begins)
{
	if (s.p[0] == '-' && line_begins)
		return SPAN_LIT("=2D");
	return is_stray(s) ? SPAN_LIT("=3D") : s.p[0] == '\r' ? SPAN_LIT("=0D") : span_first(s, n);
}

/* Encoded characters one by one, with soft breaks. None of the new lines begins like a boundary, and no CR that stood
 * alone comes to stand before a LF. */
static void
wrap_encoded(struct qp_writer *w, struct span s)
{
	while (s.n > 0) {
		size_t n = qp_character(s);
		size_t wide = s.p[0] == '-' || s.p[0] == '\r' || s.p[0] == '=' ? 3 : 1;

		if (w->column + wide > TRANSFER_LINE - 1)
			break_line(w);
		copy_on_line(w, written(s, n, w->column == 0));
		s = span_from(s, n);
	}
}

static void
copy_without_strays(struct qp_writer *w, struct span s)
{
	while (s.n > 0) {
		ptrdiff_t eq = span_find(s, '=');
		size_t n = eq < 0 ? s.n : (size_t)eq;

		copy_on_line(w, span_first(s, n));
		s = span_from(s, n);
		if (s.n == 0)
			return;
		n = qp_character(s);
		copy_on_line(w, written(s, n, false));
		s = span_from(s, n);
	}
}

/* What of the line's rest is content, and no soft break or white space before its end. */
static struct span
content_of(struct span s)
{
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return span_first(s, s.n - (s.n > 0 && s.p[s.n - 1] == '='));
}

/* Part of an encoded line. Copied if it fits, also behind a soft break; else wrapped anew. */
static void
put_qp_line(struct qp_writer *w, const struct piece *p)
{
	size_t limit = p->end ? TRANSFER_LINE : TRANSFER_LINE - 1;
	struct span s = p->end ? content_of(p->bytes) : p->bytes, tail = span_from(p->bytes, s.n);

	if (w->column + p->bytes.n + 2 * strays(s) <= limit) {
		copy_without_strays(w, s);
		copy_on_line(w, tail);
		return;
	}
	if (w->column > 0 && s.n < TRANSFER_LINE - 1 && s.n > 0 && s.p[0] != '-')
		break_line(w);
	wrap_encoded(w, s);
	if (tail.n > 0 && tail.p[0] == '=')
		copy_on_line(w, SPAN_LIT("="));
}

static void
put_base64(struct render *r, const struct piece *p)
{
	buf_reset(&r->part);
	for (const struct piece *in = p->inside; in != NULL; in = in->next) {
		if (in->kind == PIECE_EDIT)
			put_edit(r, in, &r->part);
		else
			buf_span(&r->part, in->bytes);
		if (!budget_left(r->plan->budget, in->bytes.n))
			return;
	}
	transfer_encode_base64(buf_all(&r->part), p->line, r->qp.out);
}

static void
put_piece(struct render *r, const struct piece *p)
{
	switch (p->kind) {
	case PIECE_BYTES:
		buf_span(r->qp.out, p->bytes);
		r->qp.column = 0;
		break;
	case PIECE_QP_LINE:
		put_qp_line(&r->qp, p);
		break;
	case PIECE_QP_PLAIN:
		qp_put(&r->qp, p->bytes);
		break;
	case PIECE_EDIT:
		put_edit(r, p, r->qp.out);
		break;
	case PIECE_BASE64:
		put_base64(r, p);
		break;
	}
}

bool
rewrite_render(const struct rewrite_plan *plan, struct token_sealer *sealer,
    const struct rewrite_recipient *to, struct buf *out)
{
	struct render r = { .plan = plan, .sealer = sealer, .qp = { .out = out } };
	bool goes_on = true;

	if (plan->verdict != REWRITE_CHANGED) {
		buf_span(out, plan->message);
		return true;
	}
	memcpy(r.who.message, to->message, sizeof(to->message));
	r.who.recipient = to->recipient;
	r.who.issued_s = to->issued_s;
	r.who.campaign = plan->campaign;
	buf_init(&r.text, plan->size_bytes);
	buf_init(&r.wide, plan->size_bytes);
	buf_init(&r.part, plan->size_bytes);
	for (const struct piece *p = plan->pieces; p != NULL && goes_on; p = p->next) {
		put_piece(&r, p);
		goes_on = budget_left(plan->budget, p->bytes.n);
	}
	buf_free(&r.text);
	buf_free(&r.wide);
	buf_free(&r.part);
	return goes_on;
}
