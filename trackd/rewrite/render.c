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

/* Encoded characters one by one, with soft breaks. None of the new lines begins like a boundary, and no CR that stood
 * alone comes to stand before a LF. */
static void
wrap_encoded(struct qp_writer *w, struct span s)
{
	while (s.n > 0) {
		size_t n = s.p[0] == '=' && s.n >= 3 ? 3 : 1;
		size_t wide = s.p[0] == '-' || s.p[0] == '\r' ? 3 : n;

		if (w->column + wide > TRANSFER_LINE - 1)
			break_line(w);
		if (s.p[0] == '\r' || (s.p[0] == '-' && w->column == 0))
			copy_on_line(w, s.p[0] == '-' ? SPAN_LIT("=2D") : SPAN_LIT("=0D"));
		else
			copy_on_line(w, span_first(s, n));
		s = span_from(s, n);
	}
}

static struct span
without_blanks(struct span s)
{
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Part of an encoded line. Copied if it fits, also behind a soft break; else wrapped anew. */
static void
put_qp_line(struct qp_writer *w, const struct piece *p)
{
	size_t limit = p->end ? TRANSFER_LINE : TRANSFER_LINE - 1;
	struct span s = p->bytes;
	bool soft = false;

	if (w->column + s.n <= limit) {
		copy_on_line(w, s);
		return;
	}
	if (p->end) {
		s = without_blanks(s);
		soft = s.n > 0 && s.p[s.n - 1] == '=';
		s.n -= soft;
	}
	if (w->column > 0 && s.n < TRANSFER_LINE - 1 && s.n > 0 && s.p[0] != '-')
		break_line(w);
	wrap_encoded(w, s);
	if (soft)
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
