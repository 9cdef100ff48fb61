#include "page.h"

#include <string.h>

/* Smallest transparent GIF: one pixel. */
static const unsigned char pixel[] = { 'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0, 0,
	0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2,
	0x44, 1, 0, 0x3b };

static const char style[] =
    ":root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;margin:0;paddi"
    "ng:12vh 1.25rem 2rem;background:#f4f4f2;color:#1c1c1c}main{max-width:34rem;margin:0 au"
    "to}h1{font-size:1.6rem;line-height:1.25;margin:0 0 1rem}p{margin:0 0 1rem;overflow-wra"
    "p:anywhere}.hint{color:#5a5a5a;font-size:.95rem}button{font:inherit;font-weight:600;mi"
    "n-height:3rem;padding:.5rem 1.75rem;margin:.5rem 0 1.25rem;border:0;border-radius:.4re"
    "m;background:#1550b0;color:#fff;cursor:pointer}button:focus-visible{outline:3px solid "
    "#1c1c1c;outline-offset:3px}@media (max-width:30rem){body{padding-top:8vh}button{width:"
    "100%}}@media (prefers-color-scheme:dark){body{background:#17181a;color:#e8e8e6}.hint{c"
    "olor:#a9a9a6}button{background:#8ab4f8;color:#10131a}button:focus-visible{outline-colo"
    "r:#e8e8e6}}";

/* The hash is that of style; page_test.c computes it anew. */
const char page_policy[] =
    "default-src 'none'; style-src 'sha256-CGTvdYAuD5hRK6LF2QzpiZa7EPHxk4B1sGpEfO/Lo8s='"
    "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/* Offsets of a page's words: title, text, text where there is a campaign, a hint. 0: none. */
#define WORDS(field) offsetof(struct page_words, field)

static const struct {
	unsigned status;
	size_t title, text, text_list, hint;
	const char *plain; /* for machines */
} pages[] = {
	[ANSWER_REDIRECT] = { .status = 302 },
	[ANSWER_PIXEL] = { .status = 200 },
	[ANSWER_NOT_FOUND] = { 404, WORDS(not_found), WORDS(not_found_words), 0, 0, NULL },
	[ANSWER_GONE] = { 410, WORDS(gone), WORDS(gone_words), 0, 0, NULL },
	[ANSWER_SWITCHED_OFF] = { 410, WORDS(off), WORDS(off_words), 0, 0, NULL },
	[ANSWER_ROBOTS] = { .status = 200, .plain = "User-agent: *\nDisallow: /\n" },
	[ANSWER_HEALTH] = { .status = 200, .plain = "ok\n" },
	[ANSWER_ASK] = { 200, WORDS(ask), WORDS(ask_all), WORDS(ask_list), WORDS(ask_hint), NULL },
	[ANSWER_UNSUBSCRIBED] = { 200, WORDS(done), WORDS(done_all), WORDS(done_list),
	    WORDS(done_hint), NULL },
	[ANSWER_LATER] = { 503, WORDS(later), WORDS(later_words), 0, 0, NULL },
};

unsigned
page_status(enum answer_kind kind)
{
	return pages[kind].status;
}

bool
page_is_html(enum answer_kind kind)
{
	return pages[kind].title != 0;
}

const char *
page_type(enum answer_kind kind)
{
	return kind == ANSWER_PIXEL ? "image/gif"
	       : page_is_html(kind) ? "text/html; charset=utf-8"
				    : "text/plain; charset=utf-8";
}

static void
put_escaped(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			buf_str(out, "&amp;");
			break;
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		case '"':
			buf_str(out, "&quot;");
			break;
		default:
			buf_byte(out, s.p[i]);
		}
}

/* Whom, whose mail, of which campaign: the lines of answer()'s text. */
struct facts {
	struct span to, from, list;
};

static struct facts
facts_of(struct span text)
{
	struct facts f;

	f.to = span_cut(text, '\n', &text);
	f.from = span_cut(text, '\n', &text);
	f.list = text;
	return f;
}

/* An address of another script does not turn the sentence around. */
static void
put_fact(struct buf *out, struct span fact)
{
	buf_str(out, "<b><bdi>");
	put_escaped(out, fact);
	buf_str(out, "</bdi></b>");
}

static void
put_words(struct buf *out, const char *text, const struct facts *f)
{
	struct span s = span_str(text);

	while (s.n > 0) {
		struct span name, before = span_cut(s, '{', &name);

		buf_span(out, before);
		if (before.n == s.n)
			return;
		name = span_cut(name, '}', &s);
		put_fact(out, span_is(name, "to")     ? f->to
			      : span_is(name, "from") ? f->from
						      : f->list);
	}
}

static const char *
word(const struct page_words *w, size_t offset)
{
	const char *text;

	memcpy(&text, (const char *)w + offset, sizeof(text));
	return text;
}

static void
put_paragraph(struct buf *out, const char *class, const char *text, const struct facts *f)
{
	buf_printf(out, "<p%s>", class);
	put_words(out, text, f);
	buf_str(out, "</p>\n");
}

static void
put_page(enum answer_kind kind, const struct page_words *w, const struct facts *f, struct buf *out)
{
	const char *title = word(w, pages[kind].title);
	size_t text =
	    f->list.n > 0 && pages[kind].text_list != 0 ? pages[kind].text_list : pages[kind].text;

	buf_printf(out,
	    "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"robots\" content=\"noindex, nofollow\">\n<title>%s</title>\n"
	    "<style>%s</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n",
	    w->code, title, style, title);
	put_paragraph(out, "", word(w, text), f);
	if (kind == ANSWER_ASK) /* it posts to the page's own address */
		buf_printf(out,
		    "<form method=\"post\"><button name=\"unsubscribe\" value=\"page\">%s</button>"
		    "</form>\n",
		    w->button);
	if (pages[kind].hint != 0)
		put_paragraph(out, " class=\"hint\"", word(w, pages[kind].hint), f);
	buf_str(out, "</main>\n</body>\n</html>\n");
}

void
page_write(enum answer_kind kind, struct span text, enum page_language language, struct buf *out)
{
	struct facts f = facts_of(text);

	if (kind == ANSWER_PIXEL)
		buf_add(out, pixel, sizeof(pixel));
	else if (page_is_html(kind))
		put_page(kind, page_words(language), &f, out);
	else if (pages[kind].plain != NULL)
		buf_str(out, pages[kind].plain);
}
