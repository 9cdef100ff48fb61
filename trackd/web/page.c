#include "page.h"

/* Smallest transparent GIF: one pixel. */
static const unsigned char pixel[] = { 'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0, 0,
	0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2,
	0x44, 1, 0, 0x3b };

/* title and words: a page for people. plain: for machines. Neither: no body. */
static const struct {
	unsigned status;
	const char *title, *words, *plain;
} pages[] = {
	[ANSWER_REDIRECT] = { 302, NULL, NULL, NULL },
	[ANSWER_PIXEL] = { 200, NULL, NULL, NULL },
	[ANSWER_NOTHING] = { 204, NULL, NULL, NULL },
	[ANSWER_NOT_FOUND] = { 404, "Not found", "There is nothing at this address.", NULL },
	[ANSWER_GONE] = { 410, "Too old", "This link is too old to be followed.", NULL },
	[ANSWER_SWITCHED_OFF] = { 410, "Switched off",
	    "This link was switched off, because what it leads to may do harm.", NULL },
	[ANSWER_ROBOTS] = { 200, NULL, NULL, "User-agent: *\nDisallow: /\n" },
	[ANSWER_HEALTH] = { 200, NULL, NULL, "ok\n" },
	[ANSWER_ASK] = { 200, "Unsubscribe", "No more of these mails to this address?", NULL },
	[ANSWER_UNSUBSCRIBED] = { 200, "Unsubscribed",
	    "Done. No more of these mails go to this address.", NULL },
	[ANSWER_LATER] = { 503, "Not now",
	    "This could not be stored just now. Please try again in a minute.", NULL },
};

unsigned
page_status(enum answer_kind kind)
{
	return pages[kind].status;
}

const char *
page_type(enum answer_kind kind)
{
	return kind == ANSWER_PIXEL        ? "image/gif"
	       : pages[kind].title != NULL ? "text/html; charset=utf-8"
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

/* The button posts to the page's own address. */
static void
put_button(struct buf *out)
{
	buf_str(out, "<form method=\"post\"><button name=\"List-Unsubscribe\" "
		     "value=\"One-Click\">Unsubscribe</button></form>\n");
}

static void
put_page(enum answer_kind kind, struct span text, struct buf *out)
{
	buf_printf(out,
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" "
	    "content=\"noindex\">\n<title>%s</title>\n"
	    "<style>body{font:1.1em/1.5 sans-serif;max-width:32em;margin:15vh auto;padding:0 1em}"
	    "button{font:inherit;padding:.5em "
	    "1.5em}</style></head>\n<body><h1>%s</h1>\n<p>%s</p>\n",
	    pages[kind].title, pages[kind].title, pages[kind].words);
	if (text.n > 0) {
		buf_str(out, "<p><b>");
		put_escaped(out, text);
		buf_str(out, "</b></p>\n");
	}
	if (kind == ANSWER_ASK)
		put_button(out);
	buf_str(out, "</body></html>\n");
}

void
page_write(enum answer_kind kind, struct span text, struct buf *out)
{
	bool names = kind == ANSWER_ASK || kind == ANSWER_UNSUBSCRIBED;

	if (kind == ANSWER_PIXEL)
		buf_add(out, pixel, sizeof(pixel));
	else if (pages[kind].title != NULL)
		put_page(kind, names ? text : span_of(NULL, 0), out);
	else if (pages[kind].plain != NULL)
		buf_str(out, pages[kind].plain);
}
