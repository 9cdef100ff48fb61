#include "scan.h"
#include "entity.h"
#include "html.h"
#include "link.h"

#include <string.h>

enum { NOWHERE = -1 };

/* One scan under way. */
struct scanner {
	const struct scan_rules *rules;
	struct arena *arena;
	struct span html;
	struct charset_view view;
	struct scan *scan;
	struct edit **tail;
	struct linker linker;
	ptrdiff_t body_end, html_end; /* the last </body>, </html> */
	bool body_seen, frameset, in_select;
	bool end_in_foreign; /* the last such end tag stood in svg or math, which an image ends */
	bool tags_behind;    /* and more elements came */
	size_t text_at;      /* text from here on is not yet looked at for a body's beginning */
	unsigned tables;
};

static struct edit *
add_edit(struct scanner *s, enum token_kind kind, size_t start, size_t end)
{
	struct edit *e = arena_alloc(s->arena, sizeof(*e));

	e->kind = kind;
	e->start = start;
	e->end = end;
	*s->tail = e;
	s->tail = &e->next;
	return e;
}

/* As a browser reads the value: o&#102;f too. */
static bool
is_off(struct span value)
{
	struct buf plain;
	bool off;

	if (span_find(value, '&') < 0)
		return span_is_nocase(span_trim(value), "off");
	buf_init(&plain, value.n + 64);
	entity_decode(value, &plain);
	off = span_is_nocase(span_trim(buf_all(&plain)), "off");
	buf_free(&plain);
	return off;
}

/* data-track="off", and what other services call it. */
static bool
opted_out(struct span text, const struct html_token *t)
{
	static const struct {
		const char *name;
		bool any;
	} marks[] = { { "data-track", false }, { "clicktracking", false },
		{ "ses:no-track", true } };
	struct html_attr a;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!html_attr_find(text, t, marks[i].name, &a))
			continue;
		if (marks[i].any || is_off(span_of(text.p + a.start, a.end - a.start)))
			return true;
	}
	return false;
}

/* The tag's link, if it is one to be tracked. base: where the fragment stands in the view. */
static void
take_link(struct scanner *s, struct span text, const struct html_token *t, size_t base)
{
	size_t start, end;
	struct html_attr a;
	struct span target;
	struct edit *e;

	if (!s->rules->clicks || !html_attr_find(text, t, "href", &a) || !a.has_value)
		return;
	start = charset_place_end(&s->view, base + a.start);
	end = charset_place(&s->view, base + a.end);
	if (!charset_can_cut(&s->view, base + a.start - 1) ||
	    !charset_can_cut(&s->view, base + a.end))
		return;
	if (opted_out(text, t))
		return;
	target = linker_target(&s->linker, span_of(s->html.p + start, end - start), LINK_HTML);
	if (target.n == 0)
		return;
	e = add_edit(s, TOKEN_CLICK, start, end);
	e->url = target;
	s->scan->links++;
}

/* May the scan go on? */
static bool
step(struct scanner *s, const struct html_token *t)
{
	s->scan->costly = !budget_left(s->rules->budget, t->end - t->start);
	return !s->scan->costly;
}

/* Outlook takes what stands in <!--[if ...]> for HTML; <link> and <base> lead nobody anywhere. */
static void
take_comment(struct scanner *s, const struct html_token *comment)
{
	struct span text = span_of(s->view.text.p + comment->start + 4, 0), word;
	struct html_token t;
	struct html h;

	if (comment->end < comment->start + 7)
		return;
	text.n = comment->end - 3 - (comment->start + 4);
	word = span_trim(text);
	if (!span_starts_nocase(word, "[if") ||
	    (word.n > 3 && strchr(" \t\r\n(!&|", word.p[3]) == NULL))
		return;
	html_begin_fragment(&h, text);
	for (html_next(&h, &t); t.kind != HTML_END && step(s, &t); html_next(&h, &t))
		if (t.kind == HTML_TAG && !html_name_is(t.name, "link") &&
		    !html_name_is(t.name, "base"))
			take_link(s, text, &t, comment->start + 4);
}

static bool
closes_select(const struct scanner *s, struct span name)
{
	static const char *const always[] = { "select", "input", "textarea", "keygen", NULL };
	static const char *const in_table[] = { "caption", "table", "tbody", "tfoot", "thead", "tr",
		"td", "th", NULL };

	return html_name_in(name, always) || (s->tables > 0 && html_name_in(name, in_table));
}

/* Behind these <frameset> means nothing (WHATWG 13.2.6.4.7). */
static bool
begins_body(struct span name)
{
	static const char *const names[] = { "body", "li", "dd", "dt", "pre", "listing", "button",
		"table", "area", "br", "embed", "img", "image", "keygen", "wbr", "input", "hr",
		"textarea", "xmp", "iframe", "select", "applet", "marquee", "object", "plaintext",
		NULL };

	return html_name_in(name, names);
}

static void
take_tag(struct scanner *s, const struct html_token *t)
{
	if (html_name_is(t->name, "a") || html_name_is(t->name, "area"))
		take_link(s, s->view.text, t, 0);
	else if (s->in_select)
		s->in_select = !closes_select(s, t->name);
	else if (html_name_is(t->name, "select"))
		s->in_select = true;
	else if (html_name_is(t->name, "table"))
		s->tables++;
	else if (html_name_is(t->name, "frameset") && !s->body_seen)
		s->frameset = true;
	if (begins_body(t->name))
		s->body_seen = true;
}

static void
take_end_tag(struct scanner *s, const struct html_token *t, bool foreign)
{
	if (html_name_is(t->name, "body") || html_name_is(t->name, "html")) {
		s->end_in_foreign = foreign;
		s->tags_behind = false;
	}
	if (html_name_is(t->name, "body"))
		s->body_end = s->in_select ? s->body_end : (ptrdiff_t)t->start;
	else if (html_name_is(t->name, "html"))
		s->html_end = s->in_select ? s->html_end : (ptrdiff_t)t->start;
	else if (html_name_is(t->name, "table") && s->tables > 0)
		s->tables--;
	if (s->in_select && closes_select(s, t->name))
		s->in_select = false;
}

static bool
has_content(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (memchr(" \t\r\n\f\0", text.p[i], 6) == NULL)
			return true;
	return false;
}

/* Before the last </body>, else before </html>, else at the end, if a browser still makes an element there. */
static void
place_pixel(struct scanner *s, size_t finished)
{
	struct span text = s->view.text;
	ptrdiff_t at = s->body_end != NOWHERE ? s->body_end : s->html_end;
	size_t place;

	if (!s->rules->opens || s->frameset || !has_content(text) ||
	    (s->end_in_foreign && s->tags_behind))
		return;
	if (at == NOWHERE && (finished < text.n || s->in_select))
		return;
	if (at == NOWHERE) {
		at = (ptrdiff_t)text.n;
		while (s->view.map == NULL && at > 0 &&
		       memchr(" \t\r\n\f\0", text.p[at - 1], 6) != NULL)
			at--;
	}
	if (!charset_can_cut(&s->view, (size_t)at))
		return;
	place = charset_place(&s->view, (size_t)at);
	s->tail = &s->scan->first;
	while (*s->tail != NULL && (*s->tail)->start < place)
		s->tail = &(*s->tail)->next;
	struct edit *behind = *s->tail;
	if (s->rules->trap)
		add_edit(s, TOKEN_TRAP, place, place);
	add_edit(s, TOKEN_OPEN, place, place)->next = behind;
	s->scan->pixels = 1;
}

/* Text outside the head begins a body, and then <frameset> means nothing (WHATWG 13.2.6.4.7). */
static void
note_text(struct scanner *s, const struct html_token *t, bool raw_follows)
{
	struct span text = s->view.text;

	if (s->body_seen)
		return;
	if (s->text_at != SIZE_MAX)
		s->body_seen = has_content(span_of(text.p + s->text_at, t->start - s->text_at));
	s->text_at = raw_follows ? SIZE_MAX : t->end;
}

static void
scan_tokens(struct scanner *s)
{
	struct html_token t;
	struct html h;

	html_begin(&h, s->view.text);
	for (html_next(&h, &t); t.kind != HTML_END && step(s, &t); html_next(&h, &t)) {
		note_text(s, &t, h.raw.n > 0);
		s->tags_behind = s->tags_behind || t.kind == HTML_TAG;
		if (t.kind == HTML_TAG && !html_is_foreign(&h))
			take_tag(s, &t);
		else if (t.kind == HTML_END_TAG)
			take_end_tag(s, &t, html_is_foreign(&h));
		else if (t.kind == HTML_COMMENT)
			take_comment(s, &t);
	}
	place_pixel(s, t.start);
}

/* What "+" and "~" begin in UTF-7 and HZ, "\\" and "~" may mean in ISO-2022-JP, no tracking link has. */
static bool
can_be_written(const struct charset *cs, struct span base)
{
	return cs->shape <= CHARSET_UNITS ||
	       (span_find(base, '+') < 0 && span_find(base, '~') < 0 && span_find(base, '\\') < 0);
}

bool
scan_view(const struct scan_rules *rules, struct span label, struct span text, struct arena *arena,
    struct scan *scan, struct charset_view *view)
{
	const struct charset *cs = &scan->charset;

	if (!charset_detect(rules->charsets, label, text, &scan->charset) ||
	    !can_be_written(cs, rules->base) || charset_view(cs, text, arena, view) == -1)
		return false;
	return cs->shape <= CHARSET_UNITS || charset_valid(rules->charsets, cs, text);
}

void
scan_html(const struct scan_rules *rules, struct span label, struct span html, struct arena *arena,
    struct scan *scan)
{
	struct scanner s = { .rules = rules,
		.arena = arena,
		.html = html,
		.scan = scan,
		.tail = &scan->first,
		.body_end = NOWHERE,
		.html_end = NOWHERE };

	*scan = (struct scan){ 0 };
	scan->unread = !scan_view(rules, label, html, arena, scan, &s.view);
	if (scan->unread)
		return;
	linker_begin(&s.linker, rules, &scan->charset, arena, html.n * LINK_GROWTH + 1024);
	scan_tokens(&s);
	linker_end(&s.linker);
}
