#include "addresses.h"
#include "buf.h"

enum { ADDRESS_BYTES = 4096 };

/* The bytes of a comment that begins at s, with those inside it (RFC 5322 3.2.2). An open one goes to the end. */
static size_t
comment(struct span s)
{
	unsigned depth = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return s.n;
}

/* The bytes of a quoted string, with both quotes. */
static size_t
quoted(struct span s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return s.n;
}

/* One entry of the list as it goes by: outside <>, and inside where there is one. */
struct entry {
	struct buf bare, angle;
	bool in_angle, had_angle;
};

/* Takes what s begins with; how many bytes, or 0: the entry ends here. */
static size_t
take(struct entry *e, struct span s)
{
	struct buf *to = e->in_angle ? &e->angle : &e->bare;

	switch (s.p[0]) {
	case '(':
		return comment(s);
	case '"':
		buf_span(to, span_first(s, quoted(s)));
		return quoted(s);
	case '<':
		e->in_angle = e->had_angle = true;
		return 1;
	case '>':
		e->in_angle = false;
		return 1;
	case ':': /* the name of a group, or a route of RFC 822 */
		buf_reset(to);
		return 1;
	case ',':
	case ';':
		return e->in_angle && s.p[0] == ',' ? 1 : 0;
	default:
		if (!span_is_space(s.p[0]))
			buf_byte(to, s.p[0]);
		return 1;
	}
}

struct span
addresses_next(struct span *rest, struct arena *arena)
{
	struct entry e = { .in_angle = false };
	struct span found = span_of(NULL, 0);

	buf_init(&e.bare, ADDRESS_BYTES);
	buf_init(&e.angle, ADDRESS_BYTES);
	while (found.n == 0 && rest->n > 0) {
		size_t n;

		while (rest->n > 0 && (n = take(&e, *rest)) > 0)
			*rest = span_from(*rest, n);
		*rest = span_from(*rest, 1);
		found = buf_all(e.had_angle ? &e.angle : &e.bare);
		if (e.angle.over || (e.bare.over && !e.had_angle))
			found.n = 0;
		found = arena_span(arena, found);
		buf_reset(&e.bare);
		buf_reset(&e.angle);
		e.in_angle = e.had_angle = false;
	}
	buf_free(&e.bare);
	buf_free(&e.angle);
	return found;
}
