#include "sound.h"
#include "header.h"
#include "mime.h"
#include "transfer.h"
#include "../recode.h"

#include <string.h>

/* ---- the header ---- */

/* RFC 6376 3.5: these are in every signature. */
static bool
is_signature(struct span value, struct arena *arena)
{
	static const char needed[] = "vabdhs";
	unsigned seen = 0;

	value = header_unfolded(value, arena);
	while (value.n > 0) {
		struct span rest,
		    tag = span_trim(span_cut(span_cut(value, ';', &value), '=', &rest));
		const char *at = tag.n == 1 ? strchr(needed, tag.p[0]) : NULL;

		if (tag.n == 1 && tag.p[0] != '\0' && at != NULL)
			seen |= 1U << (at - needed);
	}
	return seen == (1U << (sizeof(needed) - 1)) - 1;
}

static bool
is_broken_signature(const struct header_field *f, struct arena *arena)
{
	return span_is_nocase(f->name, "DKIM-Signature") && !is_signature(f->value, arena);
}

static size_t
line_length(struct span s)
{
	ptrdiff_t lf = span_find(s, '\n');

	return lf < 0 ? s.n : (size_t)lf + 1;
}

/* Is what is before its line end too long? */
static bool
is_long_line(struct span line)
{
	if (line.n > 0 && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line.n > SOUND_LINE_OCTETS;
}

static bool
is_long(struct span s)
{
	while (s.n > SOUND_LINE_OCTETS) {
		size_t n = line_length(s);

		if (is_long_line(span_first(s, n)))
			return true;
		s = span_from(s, n);
	}
	return false;
}

/* White space before the colon was once allowed (RFC 5322 4.5); verifiers take it for no field. */
static bool
is_obsolete(const struct header_field *f)
{
	return f->whole.n > f->name.n && f->whole.p[f->name.n] != ':';
}

/* A continuation without content was once allowed too (RFC 5322 4.2); Exim drops it. */
static bool
is_blank(struct span line)
{
	return span_trim(line).n == 0;
}

static bool
has_blank_line(struct span field)
{
	while (field.n > 0) {
		size_t n = line_length(field);

		if (is_blank(span_first(field, n)))
			return true;
		field = span_from(field, n);
	}
	return false;
}

/* A line end in front of the last white space that leaves the line short enough. */
static size_t
fold_at(struct span line)
{
	size_t at = SOUND_LINE_OCTETS;

	while (at > 1 && line.p[at] != ' ' && line.p[at] != '\t')
		at--;
	/* a line of white space alone would end the header for some */
	while (at > 1 && (line.p[at - 1] == ' ' || line.p[at - 1] == '\t'))
		at--;
	return at > 1 ? at : 0;
}

static void
folded_put(struct span field, struct buf *out)
{
	while (field.n > 0) {
		size_t n = line_length(field);
		struct span line = span_first(field, n);

		field = span_from(field, n);
		if (is_blank(line))
			continue;
		while (is_long_line(line) && (n = fold_at(line)) > 0) {
			buf_span(out, span_first(line, n));
			buf_str(out, "\r\n");
			line = span_from(line, n);
			if (is_blank(line)) /* white space at the end of the line */
				line.n = 0;
		}
		buf_span(out, line);
	}
}

static void
field_put(const struct header_field *f, struct buf *out)
{
	if (!is_obsolete(f)) {
		folded_put(f->whole, out);
		return;
	}
	buf_span(out, f->name);
	folded_put(span_from(f->whole, (size_t)span_find(f->whole, ':')), out);
}

/* An mbox line in front is no part of the mail. */
static struct span
without_mbox_line(struct span message)
{
	return header_is_mbox_line(message) ? span_from(message, line_length(message)) : message;
}

static bool
header_is_sound(struct span message, struct arena *arena)
{
	struct span body, block = header_block(message, &body);
	struct header_field f;

	if (block.n == message.n || is_long(block))
		return false;
	while (header_next(&block, &f))
		if (f.bad || is_obsolete(&f) || has_blank_line(f.whole) ||
		    is_broken_signature(&f, arena))
			return false;
	return true;
}

/* The fields up to a line that is none; there the body begins. Not where From stands behind it: whose mail it is must not change. */
static bool
header_make(struct buf *message, struct arena *arena)
{
	struct span rest, body, block;
	struct header_field f;
	bool author = false;
	struct buf out;

	rest = without_mbox_line(buf_all(message));
	block = header_block(rest, &body);
	buf_init(&out, message->max);
	while (block.n > 0 && header_next(&block, &f) && !f.bad) {
		if (!is_broken_signature(&f, arena))
			field_put(&f, &out);
		author |= span_is_nocase(f.name, "From");
		rest = span_from(rest, f.whole.n);
	}
	if (out.n > 0 && out.p[out.n - 1] != '\n')
		buf_str(&out, "\r\n");
	if (!span_starts(rest, "\r\n") && !span_starts(rest, "\n"))
		buf_str(&out, "\r\n");
	buf_span(&out, rest);
	if (!author || buf_over(&out)) {
		buf_free(&out);
		return false;
	}
	buf_free(message);
	*message = out;
	return true;
}

/* ---- the body ---- */

/* Inside a signature nothing may change; a message in a message stays as it was sent (RFC 2046 5.2.1). */
static bool
untouchable(const struct mime_part *p)
{
	return span_starts(p->type, "message/") || p->transfer == TRANSFER_OTHER ||
	       mime_is_sealed(p);
}

/* Where a line of text that is encoded already can be broken: base64 anywhere, quoted-printable not within =XX. */
static size_t
break_at(enum transfer transfer, struct span line)
{
	size_t at = TRANSFER_LINE - 1; /* and the = of the soft break */

	if (transfer == TRANSFER_BASE64)
		return TRANSFER_LINE;
	if (line.p[at - 1] == '=')
		return at - 1;
	return line.p[at - 2] == '=' ? at - 2 : at;
}

/* The same content with shorter lines. */
static void
broken_put(enum transfer transfer, struct span body, struct buf *out)
{
	while (body.n > 0) {
		size_t n = line_length(body);
		struct span line = span_first(body, n);
		bool broken = is_long_line(line);

		body = span_from(body, n);
		while (broken && line.n > TRANSFER_LINE + 2) {
			size_t at = break_at(transfer, line);

			buf_span(out, span_first(line, at));
			buf_str(out, transfer == TRANSFER_QP ? "=\r\n" : "\r\n");
			line = span_from(line, at);
		}
		buf_span(out, line);
	}
}

static void
part_put(const struct mime_part *p, struct recode *r)
{
	if (p->transfer != TRANSFER_QP && p->transfer != TRANSFER_BASE64) {
		recode_qp(r, p);
		return;
	}
	recode_upto(r, p->body.p);
	broken_put(p->transfer, p->body, r->out);
	r->at = p->body.p + p->body.n;
}

/* Lines of parts that can be encoded anew. */
static bool
body_make(struct buf *message, struct arena *arena)
{
	struct span whole = buf_all(message);
	struct mime_part *root;
	struct recode r;
	struct buf out;
	bool changed = false;

	if (mime_parse(whole, arena, &root, NULL) == -1)
		return false;
	buf_init(&out, message->max);
	r = (struct recode){ whole.p, &out };
	for (struct mime_part *p = root; p != NULL; p = mime_walk(p))
		if (p->child == NULL && !mime_is_multipart(p) && is_long(p->body) &&
		    !untouchable(p)) {
			part_put(p, &r);
			changed = true;
		}
	recode_upto(&r, whole.p + whole.n);
	if (!changed || buf_over(&out)) {
		buf_free(&out);
		return false;
	}
	buf_free(message);
	*message = out;
	return true;
}

bool
sound_make(struct buf *message, struct arena *arena)
{
	bool changed;

	if (message->n == 0)
		return false;
	changed = !header_is_sound(buf_all(message), arena) && header_make(message, arena);
	if (is_long(buf_all(message)) && body_make(message, arena))
		changed = true;
	return changed;
}
