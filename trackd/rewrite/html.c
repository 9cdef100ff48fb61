#include "html.h"
#include "html_foreign.h"

#include <string.h>

static bool
white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
at(struct span s, size_t i)
{
	return i < s.n ? s.p[i] : '\0';
}

/* Position of c from i on, or the end. */
static size_t
find(struct span s, size_t i, char c)
{
	ptrdiff_t found = span_find(span_from(s, i), c);

	return found < 0 ? s.n : i + (size_t)found;
}

static size_t
skip_white(struct span s, size_t i)
{
	while (i < s.n && white(s.p[i]))
		i++;
	return i;
}

static size_t
name_end(struct span s, size_t i)
{
	while (i < s.n && !white(s.p[i]) && s.p[i] != '/' && s.p[i] != '>')
		i++;
	return i;
}

/* 13.2.5.32 and following: a "=" in front belongs to the name. */
static size_t
attr_name_end(struct span s, size_t i)
{
	if (i < s.n)
		i++;
	while (i < s.n && !white(s.p[i]) && s.p[i] != '/' && s.p[i] != '>' && s.p[i] != '=')
		i++;
	return i;
}

/* The value that begins at i; returns where the tag goes on. An unclosed quote goes to the end. */
static size_t
attr_value(struct span s, size_t i, struct html_attr *a)
{
	a->has_value = i < s.n && s.p[i] != '>';
	a->start = a->end = i;
	if (!a->has_value)
		return i;
	if (s.p[i] == '"' || s.p[i] == '\'') {
		a->quote = s.p[i];
		a->start = i + 1;
		a->end = find(s, i + 1, a->quote);
		return a->end < s.n ? a->end + 1 : s.n;
	}
	while (i < s.n && !white(s.p[i]) && s.p[i] != '>')
		i++;
	a->end = i;
	return i;
}

bool
html_attr(struct span s, size_t *pos, struct html_attr *a)
{
	size_t i = *pos, equals;

	while (i < s.n && (white(s.p[i]) || s.p[i] == '/'))
		i++;
	*pos = i;
	*a = (struct html_attr){ .start = i, .end = i };
	if (i >= s.n || s.p[i] == '>')
		return false;
	*pos = attr_name_end(s, i);
	a->name = span_of(s.p + i, *pos - i);
	equals = skip_white(s, *pos);
	if (at(s, equals) == '=')
		*pos = attr_value(s, skip_white(s, equals + 1), a);
	return true;
}

bool
html_attr_find(struct span s, const struct html_token *t, const char *name, struct html_attr *a)
{
	size_t i = t->attrs, n = strlen(name);

	while (html_attr(s, &i, a))
		if (a->name.n == n && span_eq_nocase(a->name, span_of(name, n)))
			return true;
	return false;
}

/* Behind the ">" of a tag whose attributes begin at i; 0: the text ends inside. */
static size_t
tag_end(struct span s, size_t i)
{
	struct html_attr a;

	while (html_attr(s, &i, &a))
		;
	return i < s.n ? i + 1 : 0;
}

static void
end_at(struct html *h, struct html_token *t, size_t start)
{
	*t = (struct html_token){ .kind = HTML_END, .start = start, .end = h->text.n };
	h->at = h->text.n;
	h->text.n = start;
}

static void
took(struct html *h, struct html_token *t, enum html_kind kind, size_t start, size_t end)
{
	*t = (struct html_token){ .kind = kind, .start = start, .end = end };
	h->at = end;
}

bool
html_name_in(struct span name, const char *const *names)
{
	char first = at(name, 0);

	if (first >= 'A' && first <= 'Z')
		first = (char)(first + 32);
	for (; *names != NULL; names++)
		if (**names == first && span_is_nocase(name, *names))
			return true;
	return false;
}

bool
html_name_is(struct span name, const char *other)
{
	return html_name_in(name, (const char *const[]){ other, NULL });
}

static bool
is_raw(struct span name)
{
	static const char *const names[] = { "script", "style", "textarea", "title", "xmp",
		"iframe", "noembed", "noframes", "plaintext", NULL };

	return html_name_in(name, names);
}

static void
note_element(struct html *h, const struct html_token *t)
{
	bool foreign = html_is_foreign(h);

	html_foreign_note(h, t);
	if (t->kind == HTML_TAG && !h->fragment && is_raw(t->name)) {
		h->raw_foreign = foreign;
		h->raw = t->name;
		h->raw_start = t->start;
	}
}

static void
take_tag(struct html *h, struct html_token *t, enum html_kind kind, size_t lt)
{
	size_t name = lt + (kind == HTML_TAG ? 1 : 2);
	size_t attrs = name_end(h->text, name);
	size_t end = tag_end(h->text, attrs);

	if (end == 0) {
		end_at(h, t, lt);
		return;
	}
	took(h, t, kind, lt, end);
	t->name = span_of(h->text.p + name, attrs - name);
	t->attrs = attrs;
	note_element(h, t);
}

/* Behind "-->" or "--!>" from i on; 0: it never comes. */
static size_t
comment_end(struct span s, size_t i)
{
	while ((i = find(s, i, '-')) < s.n) {
		if (at(s, i + 1) != '-') {
			i += 2;
			continue;
		}
		if (at(s, i + 2) == '>')
			return i + 3;
		if (at(s, i + 2) == '!' && at(s, i + 3) == '>')
			return i + 4;
		i++;
	}
	return 0;
}

static void
take_comment(struct html *h, struct html_token *t, size_t lt)
{
	size_t end;

	if (at(h->text, lt + 4) == '>')
		end = lt + 5;
	else if (at(h->text, lt + 4) == '-' && at(h->text, lt + 5) == '>')
		end = lt + 6;
	else
		end = comment_end(h->text, lt + 4);
	if (end == 0)
		end_at(h, t, lt);
	else
		took(h, t, HTML_COMMENT, lt, end);
}

static void
take_until(struct html *h, struct html_token *t, size_t lt, size_t from, const char *mark)
{
	ptrdiff_t found = span_find_str(span_from(h->text, from), mark);

	if (found < 0)
		end_at(h, t, lt);
	else
		took(h, t, HTML_OTHER, lt, from + (size_t)found + strlen(mark));
}

/* Position of "</name" with a byte behind it that ends a name, from i on; or the end. */
static size_t
closing_tag(struct span s, size_t i, struct span name)
{
	while ((i = find(s, i, '<')) < s.n) {
		char after = at(s, i + 2 + name.n);
		bool closes = at(s, i + 1) == '/' && i + 2 + name.n < s.n &&
			      span_eq_nocase(span_of(s.p + i + 2, name.n), name);

		if (closes && (white(after) || after == '/' || after == '>'))
			return i;
		i++;
	}
	return s.n;
}

/* Is there a tag, opening or closing, of script at i? */
static bool
script_at(struct span s, size_t i, bool closing)
{
	struct span rest = span_from(s, i);
	size_t n = closing ? 8 : 7;
	char after = at(rest, n);

	return span_starts_nocase(rest, closing ? "</script" : "<script") &&
	       (white(after) || after == '/' || after == '>');
}

/* 13.2.5.17 to 31: in "<!--" a <script> hides the next </script>, until "-->". */
static size_t
script_end(struct span s, size_t i)
{
	enum { PLAIN, ESCAPED, TWICE } state = PLAIN;

	for (; i < s.n; i++) {
		if (s.p[i] == '<' && script_at(s, i, true)) {
			if (state != TWICE)
				return i;
			state = ESCAPED;
		} else if (s.p[i] == '<' && state == ESCAPED && script_at(s, i, false))
			state = TWICE;
		else if (s.p[i] == '<' && state == PLAIN && span_starts(span_from(s, i), "<!--")) {
			state = ESCAPED;
			i++; /* the dashes of "<!-->" end it too */
		} else if (s.p[i] == '-' && state != PLAIN && span_starts(span_from(s, i), "-->"))
			state = PLAIN;
	}
	return s.n;
}

/* In svg and math no content is raw: is the end that was found where a reader of markup would find it too? */
static bool
same_as_markup(struct span text, size_t start, size_t end)
{
	struct html_token t;
	struct html in;

	html_begin_fragment(&in, text);
	in.at = start;
	do
		html_next(&in, &t);
	while (t.kind != HTML_END && t.start < end);
	return t.start == end;
}

/* Skips the content of the raw text element that was opened; false: it is never closed, or nobody
 * can say where. */
static bool
skip_raw(struct html *h, struct html_token *t)
{
	size_t end = h->text.n;

	if (span_is_nocase(h->raw, "script"))
		end = script_end(h->text, h->at);
	else if (!span_is_nocase(h->raw, "plaintext"))
		end = closing_tag(h->text, h->at, h->raw);
	h->raw.n = 0;
	if (end < h->text.n && (!h->raw_foreign || same_as_markup(h->text, h->at, end))) {
		h->at = end;
		return true;
	}
	end_at(h, t, h->raw_start);
	return false;
}

/* What begins with "<" at lt; false: that is text. */
static bool
take_markup(struct html *h, struct html_token *t, size_t lt)
{
	char c = at(h->text, lt + 1), d = at(h->text, lt + 2);

	if (letter(c))
		take_tag(h, t, HTML_TAG, lt);
	else if (c == '/' && letter(d))
		take_tag(h, t, HTML_END_TAG, lt);
	else if (c == '/')
		take_until(h, t, lt, lt + 2, ">");
	else if (c == '!' && span_starts(span_from(h->text, lt + 2), "--"))
		take_comment(h, t, lt);
	else if (h->depth > 0 && span_starts(span_from(h->text, lt), "<![CDATA["))
		take_until(h, t, lt, lt + 9, "]]>");
	else if (c == '!' || c == '?')
		take_until(h, t, lt, lt + 2, ">");
	else
		return false;
	return true;
}

void
html_next(struct html *h, struct html_token *t)
{
	if (h->raw.n > 0 && !skip_raw(h, t))
		return;
	for (;;) {
		size_t lt = find(h->text, h->at, '<');

		if (lt >= h->text.n) {
			end_at(h, t, h->text.n);
			return;
		}
		if (take_markup(h, t, lt))
			return;
		h->at = lt + 1;
	}
}

void
html_begin(struct html *h, struct span text)
{
	*h = (struct html){ .text = text };
}

void
html_begin_fragment(struct html *h, struct span text)
{
	*h = (struct html){ .text = text, .fragment = true };
}
