#include "scan_text.h"
#include "link.h"

#include <string.h>

/* One text under way. */
struct texter {
	struct linker linker;
	struct charset_view view;
	struct span html;
	struct scan *scan;
	struct edit **tail;
	bool delsp;
};

static bool
one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_ascii_graphic(char c)
{
	return c > ' ' && c < 127;
}

/* A URL begins behind white space, a bracket, a quote, or a character of another script. */
static bool
may_begin(struct span line, size_t i)
{
	char c = i == 0 ? ' ' : line.p[i - 1];

	if (c == ':') /* <URL:http://...> */
		return i >= 4 && span_eq_nocase(span_of(line.p + i - 4, 4), SPAN_LIT("URL:"));
	return !is_ascii_graphic(c) || one_of(c, "(<[{\"'*_,;|>");
}

static size_t
scheme_at(struct span line, size_t i)
{
	struct span rest = span_from(line, i);

	return span_starts_nocase(rest, "http://")    ? 7
	       : span_starts_nocase(rest, "https://") ? 8
						      : 0;
}

/* How many of each kind of bracket more are opened than closed in a URL. */
struct brackets {
	ptrdiff_t open[3];
};

static void
brackets_count(struct brackets *b, char c, ptrdiff_t by)
{
	static const char opening[] = "([{", closing[] = ")]}";

	for (size_t i = 0; i < sizeof(b->open) / sizeof(b->open[0]); i++)
		b->open[i] += c == opening[i] ? by : c == closing[i] ? -by : 0;
}

/* Brackets that open in the URL may close in it. */
static bool
closes_too_much(const struct brackets *b, char c)
{
	return (c == ')' && b->open[0] < 0) || (c == ']' && b->open[1] < 0) ||
	       (c == '}' && b->open[2] < 0);
}

/* Without the marks of the sentence around it. */
static struct span
without_marks(struct span url)
{
	struct brackets b = { { 0 } };
	size_t n = url.n;

	for (size_t i = 0; i < n; i++)
		brackets_count(&b, url.p[i], 1);
	while (n > 0) {
		char c = url.p[n - 1];

		if (!one_of(c, ".,;:!?'*_~|\\") && !closes_too_much(&b, c))
			break;
		brackets_count(&b, c, -1);
		n--;
	}
	return span_first(url, n);
}

/* From i to where no character of a URL is. */
static size_t
url_end(struct span line, size_t i)
{
	while (i < line.n && is_ascii_graphic(line.p[i]) && !one_of(line.p[i], "<>\"`"))
		i++;
	return i;
}

/* Punctuation of other scripts ends a URL; a letter may be part of it, or of the next word. The charset's bytes from
 * that place on. */
static bool
is_foreign_mark(struct texter *t, size_t at)
{
	static const char *const marks[] = { "\xc2\xa0", "\xc2\xbb", "\xe2\x80\x93", "\xe2\x80\x94",
		"\xe2\x80\x99", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\xa6", "\xe2\x80\xba",
		"\xe3\x80\x80", "\xe3\x80\x81", "\xe3\x80\x82", "\xe3\x80\x8d", "\xe3\x80\x8f",
		"\xe3\x80\x91", "\xef\xbc\x89", "\xef\xbc\x8c", "\xef\xbc\x8e" };
	enum { LONGEST = 16 };
	size_t start = charset_place_end(&t->view, at);
	struct buf *out = &t->linker.utf8;

	buf_reset(out);
	charset_to_utf8(t->linker.rules->charsets, t->linker.charset,
	    span_first(span_from(t->html, start), LONGEST), out);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (span_starts(buf_all(out), marks[i]))
			return true;
	return false;
}

/* Where the URL at start, whose characters go to end, surely ends; start: nobody can say. */
static size_t
sure_end(struct texter *t, struct span line, size_t start, size_t end)
{
	size_t at = (size_t)(line.p - t->view.text.p);
	bool in_angles = start > 0 && (line.p[start - 1] == '<' || line.p[start - 1] == ':');

	if (end < line.n && !is_ascii_graphic(line.p[end]) && (uint8_t)line.p[end] >= 0x80 &&
	    !is_foreign_mark(t, at + end))
		return start;
	if (in_angles)
		return end < line.n && line.p[end] == '>' ? end : start;
	if (t->delsp && end + 1 == line.n && line.p[end] == ' ')
		return start;
	return start + without_marks(span_of(line.p + start, end - start)).n;
}

static void
take_url(struct texter *t, struct span line, size_t from, size_t to)
{
	size_t base = (size_t)(line.p - t->view.text.p), start, end;
	struct span target;
	struct edit *e;

	if ((base + from > 0 && !charset_can_cut(&t->view, base + from - 1)) ||
	    !charset_can_cut(&t->view, base + from) || !charset_can_cut(&t->view, base + to))
		return;
	start = charset_place(&t->view, base + from);
	end = charset_place_end(&t->view, base + to);
	target = linker_target(&t->linker, span_of(t->html.p + start, end - start), LINK_TEXT);
	if (target.n == 0)
		return;
	e = arena_alloc(t->linker.arena, sizeof(*e));
	*e = (struct edit){
		.start = start, .end = end, .text = true, .kind = TOKEN_CLICK, .url = target
	};
	*t->tail = e;
	t->tail = &e->next;
	t->scan->links++;
}

/* line: without its line end. */
static void
take_line(struct texter *t, struct span line)
{
	size_t i = 0;

	while (i < line.n && budget_left(t->linker.rules->budget, 0)) {
		ptrdiff_t h = span_find_nocase(span_from(line, i), "http");
		size_t scheme, end, sure;

		if (h < 0)
			return;
		i += (size_t)h;
		scheme = scheme_at(line, i);
		end = scheme == 0 ? i + 4 : url_end(line, i + scheme);
		if (scheme > 0 && may_begin(line, i)) {
			sure = sure_end(t, line, i, end);
			if (sure > i + scheme)
				take_url(t, line, i, sure);
		}
		i = end;
	}
}

static void
scan_lines(struct texter *t)
{
	struct span rest = t->view.text;

	while (rest.n > 0 && !t->scan->costly) {
		struct span line = span_cut(rest, '\n', &rest);

		t->scan->costly = !budget_left(t->linker.rules->budget, line.n);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (span_is(line, "-- "))
			return;
		if (line.n > 0 && line.p[0] != '>')
			take_line(t, line);
	}
}

void
scan_text(const struct scan_rules *rules, struct span label, bool delsp, struct span text,
    struct arena *arena, struct scan *scan)
{
	struct texter t = { .html = text, .scan = scan, .tail = &scan->first, .delsp = delsp };

	*scan = (struct scan){ 0 };
	if (!scan_view(rules, label, text, arena, scan, &t.view))
		return;
	if (span_find_str(t.view.text, "-----BEGIN PGP ") >= 0)
		return;
	linker_begin(&t.linker, rules, &scan->charset, arena, text.n * LINK_GROWTH + 1024);
	scan_lines(&t);
	linker_end(&t.linker);
}
