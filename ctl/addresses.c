#include "addresses.h"
#include "buf.h"

enum { SHOWN_BYTES = 200 }; /* of an entry that is wrong */

/* One entry of the list as it goes by: outside <>, and inside where there is one. */
struct entry {
	struct buf text;
	size_t local_end; /* in the list: behind the last word of the local part */
	bool in_angle, had_angle, has_at, gap;
	const char *wrong;
};

/* What is found first is said. */
static void
amiss(struct entry *e, const char *why)
{
	if (e->wrong == NULL)
		e->wrong = why;
}

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

/* The bytes of a quoted string or a domain literal, with both ends; 0: its end is missing. */
static size_t
enclosed(struct span s, char end)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == end)
			return i + 1;
	}
	return 0;
}

static bool
is_special(char c)
{
	return span_is_space(c) || c == '(' || c == '"' || c == '<' || c == '>' || c == ':' ||
	       c == ',' || c == ';' || c == '@';
}

static size_t
atom(struct span s)
{
	size_t n = 1;

	while (n < s.n && !is_special(s.p[n]))
		n++;
	return n;
}

/* A word that ends at `end` in the list. Two of them are one only where a dot or the @ joins them. */
static void
word_add(struct entry *e, struct span word, size_t end)
{
	char last = e->text.n == 0 ? '@' : e->text.p[e->text.n - 1];

	if (e->had_angle && !e->in_angle)
		return; /* behind the address */
	if (e->gap && last != '@' && last != '.' && word.p[0] != '.')
		amiss(e, "there is white space in it");
	e->gap = false;
	buf_span(&e->text, word);
	if (!e->has_at)
		e->local_end = end;
}

static void
begin_again(struct entry *e)
{
	buf_reset(&e->text);
	e->wrong = NULL;
	e->has_at = e->gap = false;
}

static void
angle(struct entry *e, char c)
{
	if (c == '<' && e->had_angle)
		amiss(e, "a comma is missing before the second \"<\"");
	else if (c == '<') {
		begin_again(e); /* what stood there is a name */
		e->in_angle = e->had_angle = true;
	} else if (!e->in_angle)
		amiss(e, "a \"<\" is missing before \">\"");
	else
		e->in_angle = false;
}

/* RFC 5322 4.4: "<@a,@b:" in front of the address. */
static bool
in_route(const struct entry *e)
{
	return e->in_angle && e->text.n > 0 && e->text.p[0] == '@';
}

/* A quoted string, a domain literal, or an atom. */
static size_t
word(struct entry *e, struct span s, size_t at)
{
	bool literal = s.p[0] == '[' && e->text.n > 0 && e->text.p[e->text.n - 1] == '@';
	size_t n = s.p[0] == '"' ? enclosed(s, '"') : literal ? enclosed(s, ']') : atom(s);

	if (n == 0)
		amiss(e, s.p[0] == '"' ? "its quote is not closed" : "its \"[\" is not closed");
	n = n == 0 ? s.n : n;
	if (n > ADDRESS_BYTES)
		e->text.over = true;
	else
		word_add(e, span_first(s, n), at + n);
	return n;
}

/* Takes what the list goes on with at `at`; how many bytes, or 0: the entry ends here. */
static size_t
take(struct entry *e, struct span list, size_t at)
{
	struct span s = span_from(list, at);

	switch (s.p[0]) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		e->gap = true;
		return 1;
	case '(':
		e->gap = true;
		return comment(s);
	case '<':
	case '>':
		angle(e, s.p[0]);
		return 1;
	case '@':
		if (!e->had_angle || e->in_angle)
			buf_byte(&e->text, '@');
		e->has_at = true;
		return 1;
	case ':': /* the name of a group, or a route */
		if (e->in_angle && !in_route(e))
			amiss(e, "there is a \":\" in it");
		else
			begin_again(e);
		return 1;
	case ',':
		return in_route(e) ? 1 : 0;
	case ';':
		return 0;
	default:
		return word(e, s, at);
	}
}

/* What the entry comes to; the rest of a text that is none is not looked at. */
static void
finish(const struct entry *e, struct address *a)
{
	struct span t = buf_all(&e->text);

	a->has_domain = e->has_at;
	a->domain_at = e->local_end;
	a->wrong = e->wrong;
	if (a->wrong != NULL)
		return;
	if (e->in_angle)
		a->wrong = "its \"<\" is not closed";
	else if (e->text.over)
		a->wrong = "it is longer than 4096 bytes";
	else if (t.n > 0 && (t.p[0] == '@' || t.p[t.n - 1] == '@'))
		a->wrong = "the part before or behind the \"@\" is missing";
}

bool
addresses_next(struct span list, size_t *at, struct arena *arena, struct address *a)
{
	struct entry e = { .in_angle = false };

	*a = (struct address){ .wrong = NULL };
	buf_init(&e.text, ADDRESS_BYTES);
	while (a->text.n == 0 && a->wrong == NULL && *at < list.n) {
		size_t start = *at, n;

		begin_again(&e);
		e.in_angle = e.had_angle = false;
		while (*at < list.n && (n = take(&e, list, *at)) > 0)
			*at += n;
		finish(&e, a);
		a->text = buf_all(&e.text);
		if (a->wrong != NULL)
			a->text = span_first(
			    span_trim(span_of(list.p + start, *at - start)), SHOWN_BYTES);
		a->text = arena_span(arena, a->text);
		*at += *at < list.n;
	}
	buf_free(&e.text);
	return a->text.n > 0 || a->wrong != NULL;
}
