#include "mime.h"
#include "header.h"

#include <string.h>

/* The walk over a message, line by line. */
struct walk {
	struct span message;
	struct arena *arena;
	struct mime_part *root;
	struct mime_part *at; /* the innermost part that has begun and not ended */
	size_t parts;
	bool in_header;
};

enum cut { CUT_NONE, CUT_NEXT, CUT_LAST };

static struct mime_part *
part_new(struct walk *w, struct mime_part *parent, const char *start)
{
	struct mime_part *p = arena_alloc(w->arena, sizeof(*p));

	p->parent = parent;
	p->header = p->body = span_of(start, 0);
	p->depth = parent == NULL ? 0 : parent->depth + 1;
	w->at = p;
	w->in_header = true;
	w->parts++;
	if (parent == NULL)
		return p;
	if (parent->last == NULL)
		parent->child = p;
	else
		parent->last->next = p;
	parent->last = p;
	return p;
}

static struct span
lowered(struct span s, struct arena *arena)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (memchr(" \t\r\n", s.p[i], 4) == NULL)
			out[n++] = span_low(s.p[i]);
	return span_of(out, n);
}

/* "text/html": one slash, something on both sides, no white space inside a word. */
static bool
type_is_well_formed(struct span type)
{
	struct span sub, rest, main = span_trim(span_cut(type, '/', &sub));

	sub = span_trim(sub);
	if (main.n == 0 || sub.n == 0 || span_find(sub, '/') >= 0)
		return false;
	span_word(main, &rest);
	if (rest.n > 0)
		return false;
	span_word(sub, &rest);
	return rest.n == 0;
}

static void
set_type(struct mime_part *p, struct span value, struct arena *arena)
{
	struct span rest, type;

	p->content_type = header_bare(value, arena);
	type = span_trim(span_cut(p->content_type, ';', &rest));
	if (type_is_well_formed(type))
		p->type = lowered(type, arena);
	else
		p->marks |= MIME_BAD_TYPE;
}

static void
set_transfer(struct mime_part *p, struct span value, struct arena *arena)
{
	struct span v = header_bare(value, arena);

	while (v.n > 0 && strchr("\"; \t", v.p[v.n - 1]) != NULL)
		v.n--;
	while (v.n > 0 && v.p[0] == '"')
		v = span_from(v, 1);
	p->transfer = transfer_named(v);
}

static void
set_disposition(struct mime_part *p, struct span value, struct arena *arena)
{
	struct span rest;

	p->content_disposition = header_bare(value, arena);
	p->disposition = span_trim(span_cut(p->content_disposition, ';', &rest));
}

static void
read_fields(struct mime_part *p, struct arena *arena)
{
	static const struct {
		const char *name;
		void (*set)(struct mime_part *, struct span, struct arena *);
	} known[] = {
		{ "Content-Type", set_type },
		{ "Content-Transfer-Encoding", set_transfer },
		{ "Content-Disposition", set_disposition },
	};
	struct span rest = p->header;
	unsigned seen = 0;
	struct header_field f;

	while (header_next(&rest, &f)) {
		bool mbox =
		    p->parent == NULL && f.whole.p == p->header.p && header_is_mbox_line(f.whole);

		if (f.bad && !mbox)
			p->marks |= MIME_BAD_HEADER;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (!span_is_nocase(f.name, known[i].name))
				continue;
			if (seen & 1u << i)
				p->marks |= MIME_DUPLICATE;
			else
				known[i].set(p, f.value, arena);
			seen |= 1u << i;
		}
	}
}

static bool
boundary_is_open(const struct mime_part *below, struct span boundary)
{
	for (const struct mime_part *p = below; p != NULL; p = p->parent)
		if (p->open && span_eq(p->boundary, boundary))
			return true;
	return false;
}

/* The fields end at end, the body begins at start. */
static void
finish_header(struct walk *w, const char *end, const char *start)
{
	struct mime_part *p = w->at;
	bool digest = p->parent != NULL && mime_type_is(p->parent, "multipart/digest");
	struct span boundary;

	w->in_header = false;
	p->header.n = (size_t)(end - p->header.p);
	p->body = span_of(start, 0);
	p->type = digest ? SPAN_LIT("message/rfc822") : SPAN_LIT("text/plain");
	read_fields(p, w->arena);
	if (!mime_is_multipart(p))
		return;
	mime_param(p->content_type, "boundary", w->arena, &boundary);
	while (boundary.n > 0 && memchr(" \t\r\n", boundary.p[boundary.n - 1], 4) != NULL)
		boundary.n--;
	if (boundary.n == 0) {
		p->marks |= MIME_NO_BOUNDARY;
		return;
	}
	if (boundary_is_open(p->parent, boundary))
		p->marks |= MIME_BOUNDARY_REUSED;
	if (p->transfer > TRANSFER_BINARY)
		p->marks |= MIME_ENCODED_MULTI;
	p->boundary = boundary;
	p->open = true;
}

/* RFC 2046 5.1.1: is the line the boundary of a multipart that is open? Its white space at the end is ignored. */
static enum cut
boundary_line(const struct walk *w, struct span line, struct mime_part **of)
{
	struct span text = span_from(line, 2), shorter;

	while (text.n > 0 && memchr(" \t\r\n", text.p[text.n - 1], 4) != NULL)
		text.n--;
	for (struct mime_part *p = w->at; p != NULL; p = p->parent)
		if (p->open && span_eq(p->boundary, text)) {
			*of = p;
			return CUT_NEXT;
		}
	if (text.n < 2 || memcmp(text.p + text.n - 2, "--", 2) != 0)
		return CUT_NONE;
	shorter = span_first(text, text.n - 2);
	for (struct mime_part *p = w->at; p != NULL; p = p->parent)
		if (p->open && span_eq(p->boundary, shorter)) {
			*of = p;
			return CUT_LAST;
		}
	return CUT_NONE;
}

/* Everything inside of ends where at is. */
static void
close_down_to(struct walk *w, const struct mime_part *of, const char *at)
{
	for (struct mime_part *p = w->at; p != of; p = p->parent) {
		if (at > p->body.p)
			p->body.n = (size_t)(at - p->body.p);
		if (p->open)
			p->marks |= MIME_NOT_CLOSED;
		p->open = false;
	}
}

static int
take_boundary(struct walk *w, struct span line, struct mime_part *of, enum cut cut, struct err *err)
{
	const char *end = line.p;

	if (w->in_header) {
		w->at->marks |= MIME_NO_EMPTY_LINE;
		finish_header(w, line.p, line.p);
		w->at->open = false;
	}
	if (end > w->message.p && end[-1] == '\n')
		end -= end - 1 > w->message.p && end[-2] == '\r' ? 2 : 1;
	close_down_to(w, of, end);
	w->at = of;
	if (cut == CUT_LAST) {
		of->open = false;
		of->closed = true;
		return 0;
	}
	if (of->depth + 1 > MIME_DEPTH)
		return err_set(err, "parts nested deeper than %d", MIME_DEPTH);
	if (w->parts >= MIME_PARTS)
		return err_set(err, "more than %d parts", MIME_PARTS);
	part_new(w, of, line.p + line.n);
	return 0;
}

static int
take_line(struct walk *w, struct span line, struct err *err)
{
	struct mime_part *of = NULL;
	enum cut cut = CUT_NONE;

	if (line.n > 2 && line.p[0] == '-' && line.p[1] == '-')
		cut = boundary_line(w, line, &of);
	if (cut != CUT_NONE)
		return take_boundary(w, line, of, cut, err);
	if (w->in_header && span_trim(line).n == 0 && line.p[0] != ' ' && line.p[0] != '\t')
		finish_header(w, line.p, line.p + line.n);
	return 0;
}

int
mime_parse(struct span message, struct arena *arena, struct mime_part **root, struct err *err)
{
	struct walk w = { .message = message, .arena = arena };
	struct span rest = message;
	const char *end = message.p + message.n;

	w.root = *root = part_new(&w, NULL, message.p);
	while (rest.n > 0) {
		ptrdiff_t lf = span_find(rest, '\n');
		struct span line = lf < 0 ? rest : span_first(rest, (size_t)lf + 1);

		if (take_line(&w, line, err) == -1)
			return -1;
		rest = span_from(rest, line.n);
	}
	if (w.in_header) {
		w.at->marks |= MIME_NO_EMPTY_LINE;
		finish_header(&w, end, end);
	}
	close_down_to(&w, NULL, end);
	return 0;
}

struct mime_part *
mime_walk(const struct mime_part *p)
{
	if (p->child != NULL)
		return p->child;
	while (p != NULL && p->next == NULL)
		p = p->parent;
	return p == NULL ? NULL : p->next;
}

bool
mime_type_is(const struct mime_part *p, const char *type)
{
	return span_is(p->type, type);
}

bool
mime_is_multipart(const struct mime_part *p)
{
	return span_starts(p->type, "multipart/");
}

bool
mime_is_sealed(const struct mime_part *p)
{
	for (; p != NULL; p = p->parent)
		if (mime_type_is(p, "multipart/signed") || mime_type_is(p, "multipart/encrypted"))
			return true;
	return false;
}
