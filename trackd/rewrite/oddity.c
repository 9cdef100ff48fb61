#include "oddity.h"
#include "header.h"

#include <string.h>

void
oddities_begin(struct oddities *o, struct span message, struct arena *arena)
{
	*o = (struct oddities){ .message = message, .arena = arena };
}

void
oddity_add(struct oddities *o, const char *at, const char *field, const char *what, bool left)
{
	size_t place = (size_t)(at - o->message.p);
	struct oddity *odd;

	if (o->last != NULL && o->last->at == place && o->last->what == what)
		return;
	odd = arena_alloc(o->arena, sizeof(*odd));
	*odd = (struct oddity){ .at = place, .field = field, .what = what, .left = left };
	if (o->last == NULL)
		o->first = odd;
	else
		o->last->next = odd;
	o->last = odd;
}

size_t
oddity_place(const struct oddities *o, const struct oddity *odd)
{
	struct header_field f;

	if (odd->field == NULL || !header_find(span_from(o->message, odd->at), odd->field, &f))
		return odd->at;
	return (size_t)(f.whole.p - o->message.p);
}

static const struct {
	unsigned mark;
	const char *field, *what;
} marks[] = {
	{ MIME_DUPLICATE, NULL, "a field of MIME that stands there twice" },
	{ MIME_BAD_TYPE, "Content-Type", "not a valid Content-Type" },
	{ MIME_BAD_HEADER, NULL, "a header with a line that is not a field" },
	{ MIME_NO_EMPTY_LINE, NULL, "a header without an empty line behind it" },
	{ MIME_NO_BOUNDARY, "Content-Type", "a multipart without a boundary" },
	{ MIME_BOUNDARY_REUSED, "Content-Type", "the boundary of a multipart around it" },
	{ MIME_NOT_CLOSED, NULL, "a multipart whose last boundary is missing" },
};

static bool
has_mark(struct oddities *o, const struct mime_part *p)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (p->marks & marks[i].mark) {
			oddity_add(o, p->header.p, marks[i].field, marks[i].what, true);
			return true;
		}
	return false;
}

bool
oddity_of_structure(struct oddities *o, const struct mime_part *p)
{
	for (; p != NULL; p = p->parent) {
		if (has_mark(o, p))
			return true;
		if (p->transfer == TRANSFER_OTHER) {
			oddity_add(o, p->header.p, "Content-Transfer-Encoding",
			    "an encoding that is not known", true);
			return true;
		}
	}
	return false;
}

/* The content of a line ends before a soft break. */
static size_t
content_length(struct span line)
{
	while (line.n > 0 && memchr(" \t\r\n", line.p[line.n - 1], 4) != NULL)
		line.n--;
	return line.n - (line.n > 0 && line.p[line.n - 1] == '=');
}

void
oddity_of_escape(struct oddities *o, const struct mime_part *p)
{
	struct span rest = p->body;

	while (rest.n > 0) {
		struct span line = span_cut(rest, '\n', &rest);
		ptrdiff_t eq;

		for (line.n = content_length(line); (eq = span_find(line, '=')) >= 0;) {
			line = span_from(line, (size_t)eq);
			if (qp_character(line) == 1) {
				oddity_add(o, line.p, NULL,
				    "a \"=\" of quoted-printable that begins no escape: it stands "
				    "for itself",
				    false);
				return;
			}
			line = span_from(line, qp_character(line));
		}
	}
}

void
oddity_of_encoding(struct oddities *o, const struct mime_part *p)
{
	if (p->marks & MIME_ENCODED_MULTI)
		oddity_add(o, p->header.p, "Content-Transfer-Encoding",
		    "the encoding of a multipart, which means nothing: its parts are read as they "
		    "stand",
		    false);
}
