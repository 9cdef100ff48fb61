#include "scan.h"
#include "entity.h"
#include "html.h"
#include "url.h"

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
	struct buf utf8, value, url;  /* scratch */
	ptrdiff_t body_end, html_end; /* the last </body>, </html> */
	bool body_seen, frameset, in_select;
	size_t text_at; /* text from here on is not yet looked at for a body's beginning */
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

/* An attribute's value as text: UTF-8, character references resolved, trimmed as URLs are. */
static struct span
url_text(struct scanner *s, struct span raw)
{
	buf_reset(&s->utf8);
	buf_reset(&s->value);
	buf_reset(&s->url);
	charset_to_utf8(s->rules->charsets, &s->scan->charset, raw, &s->utf8);
	entity_decode(buf_all(&s->utf8), &s->value);
	url_trim(buf_all(&s->value), &s->url);
	if (buf_over(&s->utf8) || buf_over(&s->value) || buf_over(&s->url))
		return span_of(NULL, 0);
	return buf_all(&s->url);
}

/* The URL a browser would ask for. The query goes in the document's charset (WHATWG URL 4.4). */
static struct span
target_of(struct scanner *s, struct span text, const struct url *url)
{
	size_t before = url->query.n > 0 ? (size_t)(url->query.p - text.p) : text.n;
	struct span after = span_from(text, before + url->query.n), query = url->query;

	buf_reset(&s->utf8);
	buf_reset(&s->value);
	if (charset_from_utf8(s->rules->charsets, &s->scan->charset, query, &s->utf8))
		query = buf_all(&s->utf8);
	if (url->protocol_relative)
		buf_str(&s->value, "https:");
	url_put_encoded(span_first(text, before), &s->value);
	url_put_encoded(query, &s->value);
	url_put_encoded(after, &s->value);
	if (buf_over(&s->value) || s->value.n > TOKEN_URL_MAX)
		return span_of(NULL, 0);
	return arena_span(s->arena, buf_all(&s->value));
}

static bool
left_alone(const struct scan_rules *rules, struct span text, const struct url *url)
{
	if (text.n >= rules->base.n && span_eq_nocase(span_first(text, rules->base.n), rules->base))
		return true;
	for (size_t i = 0; i < rules->excludes; i++)
		if (url_host_below(url_host_name(url), rules->exclude[i]))
			return true;
	return false;
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
		if (marks[i].any ||
		    span_is_nocase(span_trim(span_of(text.p + a.start, a.end - a.start)), "off"))
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
	struct span value, target;
	struct edit *e;
	struct url url;

	if (!s->rules->clicks || !html_attr_find(text, t, "href", &a) || !a.has_value)
		return;
	start = charset_place_end(&s->view, base + a.start);
	end = charset_place(&s->view, base + a.end);
	value = url_text(s, span_of(s->html.p + start, end - start));
	if (!url_is_web(value, &url) || left_alone(s->rules, value, &url) || opted_out(text, t))
		return;
	target = target_of(s, value, &url);
	if (target.n == 0)
		return;
	e = add_edit(s, TOKEN_CLICK, start, end);
	e->url = target;
	s->scan->links++;
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
	for (html_next(&h, &t); t.kind != HTML_END; html_next(&h, &t))
		if (t.kind == HTML_TAG && !span_is_nocase(t.name, "link") &&
		    !span_is_nocase(t.name, "base"))
			take_link(s, text, &t, comment->start + 4);
}

static bool
closes_select(const struct scanner *s, struct span name)
{
	static const char *const always[] = { "select", "input", "textarea", "keygen" };
	static const char *const in_table[] = { "caption", "table", "tbody", "tfoot", "thead", "tr",
		"td", "th" };

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (span_is_nocase(name, always[i]))
			return true;
	for (size_t i = 0; s->tables > 0 && i < sizeof(in_table) / sizeof(in_table[0]); i++)
		if (span_is_nocase(name, in_table[i]))
			return true;
	return false;
}

static void
take_tag(struct scanner *s, const struct html_token *t)
{
	if (span_is_nocase(t->name, "a") || span_is_nocase(t->name, "area"))
		take_link(s, s->view.text, t, 0);
	else if (s->in_select)
		s->in_select = !closes_select(s, t->name);
	else if (span_is_nocase(t->name, "select"))
		s->in_select = true;
	else if (span_is_nocase(t->name, "body"))
		s->body_seen = true;
	else if (span_is_nocase(t->name, "table"))
		s->tables++;
	else if (span_is_nocase(t->name, "frameset") && !s->body_seen)
		s->frameset = true;
}

static void
take_end_tag(struct scanner *s, const struct html_token *t)
{
	if (span_is_nocase(t->name, "body"))
		s->body_end = s->in_select ? s->body_end : (ptrdiff_t)t->start;
	else if (span_is_nocase(t->name, "html"))
		s->html_end = (ptrdiff_t)t->start;
	else if (span_is_nocase(t->name, "table") && s->tables > 0)
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

	if (!s->rules->opens || s->frameset || !has_content(text))
		return;
	if (at == NOWHERE && (finished < text.n || s->in_select))
		return;
	if (at == NOWHERE) {
		at = (ptrdiff_t)text.n;
		while (s->view.map == NULL && at > 0 &&
		       memchr(" \t\r\n\f\0", text.p[at - 1], 6) != NULL)
			at--;
	}
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
scan_view(struct scanner *s)
{
	struct html_token t;
	struct html h;

	html_begin(&h, s->view.text);
	for (html_next(&h, &t); t.kind != HTML_END; html_next(&h, &t)) {
		note_text(s, &t, h.raw.n > 0);
		if (t.kind == HTML_TAG)
			take_tag(s, &t);
		else if (t.kind == HTML_END_TAG)
			take_end_tag(s, &t);
		else if (t.kind == HTML_COMMENT)
			take_comment(s, &t);
	}
	place_pixel(s, t.start);
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
	size_t most = html.n * 3 + 1024;

	*scan = (struct scan){ 0 };
	if (!charset_detect(rules->charsets, label, html, &scan->charset))
		return;
	if (charset_view(&scan->charset, html, arena, &s.view) == -1)
		return;
	if (scan->charset.shape > CHARSET_UNITS &&
	    !charset_valid(rules->charsets, &scan->charset, html))
		return;
	buf_init(&s.utf8, most);
	buf_init(&s.value, most);
	buf_init(&s.url, most);
	scan_view(&s);
	buf_free(&s.utf8);
	buf_free(&s.value);
	buf_free(&s.url);
}
