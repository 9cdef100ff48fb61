#include "html_foreign.h"

static enum html_foreign
foreign_top(const struct html *h)
{
	return h->depth == 0 ? HTML_FOREIGN_NONE : (enum html_foreign)h->stack[h->depth - 1];
}

bool
html_is_foreign(const struct html *h)
{
	return foreign_top(h) == HTML_FOREIGN_SVG || foreign_top(h) == HTML_FOREIGN_MATH;
}

static void
foreign_push(struct html *h, enum html_foreign what)
{
	if (h->depth < sizeof(h->stack))
		h->stack[h->depth++] = (uint8_t)what;
}

static bool
encodes_html(const struct html *h, const struct html_token *t)
{
	static const char *const types[] = { "text/html", "application/xhtml+xml", NULL };
	struct html_attr a;

	return html_attr_find(h->text, t, "encoding", &a) &&
	       html_name_in(span_of(h->text.p + a.start, a.end - a.start), types);
}

/* In these elements of svg and math HTML goes on. */
static enum html_foreign
integration_point(const struct html *h, const struct html_token *t)
{
	static const char *const in_svg[] = { "foreignobject", "desc", NULL };
	static const char *const in_math[] = { "mi", "mo", "mn", "ms", "mtext", NULL };

	if (foreign_top(h) == HTML_FOREIGN_SVG && html_name_in(t->name, in_svg))
		return HTML_FOREIGN_SVG_POINT;
	if (foreign_top(h) == HTML_FOREIGN_MATH &&
	    (html_name_in(t->name, in_math) ||
		(html_name_is(t->name, "annotation-xml") &&
		    (t->kind == HTML_END_TAG || encodes_html(h, t)))))
		return HTML_FOREIGN_MATH_POINT;
	return HTML_FOREIGN_NONE;
}

/* Out of svg and math, to the HTML around it or in it. */
static void
foreign_leave(struct html *h)
{
	while (html_is_foreign(h))
		h->depth--;
}

/* These end svg and math. An end tag does where what it ends stands around them. (Of </p> and </br> not all readers
 * think that they do anywhere.) */
static bool
breaks_out(const struct html *h, const struct html_token *t)
{
	static const char *const always[] = { "b", "big", "blockquote", "body", "br", "center",
		"code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3", "h4", "h5", "h6",
		"head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre",
		"ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u",
		"ul", "var", NULL };
	static const char *const in_table[] = { "td", "th", "tr", "tbody", "table", NULL };
	static const char *const marks[] = { "color", "face", "size", NULL };
	struct html_attr a;

	if (t->kind == HTML_END_TAG)
		return (h->tables > 0 && html_name_in(t->name, in_table)) ||
		       (h->divs > 0 && html_name_is(t->name, "div"));
	if (html_name_in(t->name, always))
		return true;
	for (size_t i = 0; html_name_is(t->name, "font") && marks[i] != NULL; i++)
		if (html_attr_find(h->text, t, marks[i], &a))
			return true;
	return false;
}

static void
foreign_open(struct html *h, const struct html_token *t, bool closed)
{
	enum html_foreign point = integration_point(h, t);

	if (html_is_foreign(h) && breaks_out(h, t)) {
		foreign_leave(h);
		return;
	}
	if (closed)
		return;
	if (point != HTML_FOREIGN_NONE)
		foreign_push(h, point);
	else if (html_name_is(t->name, "svg") && foreign_top(h) != HTML_FOREIGN_MATH)
		foreign_push(h, HTML_FOREIGN_SVG);
	else if (html_name_is(t->name, "math") && foreign_top(h) != HTML_FOREIGN_SVG)
		foreign_push(h, HTML_FOREIGN_MATH);
}

static void
foreign_close(struct html *h, const struct html_token *t)
{
	enum html_foreign root = html_name_is(t->name, "svg")    ? HTML_FOREIGN_SVG
				 : html_name_is(t->name, "math") ? HTML_FOREIGN_MATH
								 : HTML_FOREIGN_NONE;
	struct html below = *h;

	if (root != HTML_FOREIGN_NONE) {
		for (unsigned n = h->depth; n > 0; n--)
			if (h->stack[n - 1] == root) {
				h->depth = n - 1;
				return;
			}
	} else if (html_is_foreign(h)) {
		if (breaks_out(h, t))
			foreign_leave(h);
	} else if (h->depth > 0) {
		below.depth--;
		if (integration_point(&below, t) == foreign_top(h))
			h->depth--;
	}
}

static void
count_open(unsigned *n, const struct html_token *t)
{
	if (t->kind == HTML_TAG)
		++*n;
	else if (*n > 0)
		--*n;
}

void
html_foreign_note(struct html *h, const struct html_token *t)
{
	bool foreign = html_is_foreign(h);

	if (!foreign && html_name_is(t->name, "table"))
		count_open(&h->tables, t);
	if (!foreign && html_name_is(t->name, "div"))
		count_open(&h->divs, t);
	if (t->kind == HTML_TAG)
		foreign_open(h, t, h->text.p[t->end - 2] == '/');
	else if (h->depth > 0)
		foreign_close(h, t);
}
