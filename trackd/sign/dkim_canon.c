#include "dkim.h"

#include <string.h>

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The length of what is before the CRLF, or of all when there is none. */
static size_t
line_length(struct span s)
{
	size_t at = 0;

	for (;;) {
		ptrdiff_t cr = span_find(span_from(s, at), '\r');

		if (cr < 0)
			return s.n;
		at += (size_t)cr;
		if (at + 1 < s.n && s.p[at + 1] == '\n')
			return at;
		at++;
	}
}

/* Runs of output gather here, so that put is called seldom. */
struct gather {
	dkim_put *put;
	void *context;
	char text[4096];
	size_t n;
};

static void
flush(struct gather *g)
{
	if (g->n > 0)
		g->put(g->context, span_of(g->text, g->n));
	g->n = 0;
}

static void
gather(struct gather *g, struct span s)
{
	if (s.n > sizeof(g->text) - g->n)
		flush(g);
	if (s.n > sizeof(g->text)) {
		g->put(g->context, s);
		return;
	}
	if (s.n > 0)
		memcpy(g->text + g->n, s.p, s.n);
	g->n += s.n;
}

/* 3.4.4: white space becomes one space, and none at the end. */
static void
gather_relaxed(struct gather *g, struct span line)
{
	while (line.n > 0 && blank(line.p[line.n - 1]))
		line.n--;
	for (size_t i = 0; i < line.n;) {
		size_t start = i;

		/* as far as it stays as it is: a single space does */
		while (i < line.n &&
		       !(line.p[i] == '\t' || (line.p[i] == ' ' && blank(line.p[i + 1]))))
			i++;
		gather(g, span_of(line.p + start, i - start));
		if (i >= line.n)
			break;
		gather(g, SPAN_LIT(" "));
		while (i < line.n && blank(line.p[i]))
			i++;
	}
}

static struct span
without_blanks(struct span s)
{
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

void
dkim_canon_body(enum dkim_canon canon, struct span body, dkim_put *put, void *context)
{
	struct gather g = { .put = put, .context = context };
	size_t empty = 0; /* lines not yet known to be the last */
	bool any = false;

	while (body.n > 0) {
		size_t n = line_length(body);
		struct span line = span_first(body, n);

		body = span_from(body, n + 2);
		if (canon == DKIM_RELAXED)
			line = without_blanks(line);
		if (line.n == 0) {
			empty++;
			continue;
		}
		for (; empty > 0; empty--)
			gather(&g, SPAN_LIT("\r\n"));
		if (canon == DKIM_RELAXED)
			gather_relaxed(&g, line);
		else
			gather(&g, line);
		gather(&g, SPAN_LIT("\r\n"));
		any = true;
	}
	if (!any && canon == DKIM_SIMPLE) /* 3.4.3: an empty body is one line end */
		gather(&g, SPAN_LIT("\r\n"));
	flush(&g);
}

/* 3.4.2 */
static void
relaxed_field(struct span whole, struct buf *out)
{
	struct span value, name = span_trim(span_cut(whole, ':', &value));
	bool space = false;

	for (size_t i = 0; i < name.n; i++)
		buf_byte(out, span_low(name.p[i]));
	buf_byte(out, ':');
	value = span_trim(value);
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (c == '\r' || c == '\n')
			continue;
		if (!blank(c)) {
			if (space)
				buf_byte(out, ' ');
			buf_byte(out, c);
		}
		space = blank(c);
	}
	buf_str(out, "\r\n");
}

void
dkim_canon_field(enum dkim_canon canon, struct span whole, struct buf *out)
{
	if (canon == DKIM_RELAXED)
		relaxed_field(whole, out);
	else
		buf_span(out, whole);
}
