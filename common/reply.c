#include "reply.h"

#include <stdio.h>

void
reply_init(struct reply *r)
{
	*r = (struct reply){ 0 };
	buf_init(&r->text, REPLY_TEXT_MAX);
}

void
reply_free(struct reply *r)
{
	buf_free(&r->text);
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One to three digits. */
static int
number(struct span *s, uint16_t *out)
{
	size_t n = 0;
	uint16_t v = 0;

	while (n < s->n && n < 4 && digit(s->p[n]))
		v = (uint16_t)(v * 10 + (s->p[n++] - '0'));
	if (n == 0 || n > 3)
		return -1;
	*out = v;
	*s = span_from(*s, n);
	return 0;
}

static int
dot(struct span *s)
{
	if (s->n == 0 || s->p[0] != '.')
		return -1;
	*s = span_from(*s, 1);
	return 0;
}

int
enhanced_read(struct span s, struct enhanced *e, struct span *rest)
{
	struct enhanced got = { 0 };

	if (s.n < 5 || (s.p[0] != '2' && s.p[0] != '4' && s.p[0] != '5'))
		return -1;
	got.class = (uint8_t)(s.p[0] - '0');
	s = span_from(s, 1);
	if (dot(&s) == -1 || number(&s, &got.subject) == -1 || dot(&s) == -1 ||
	    number(&s, &got.detail) == -1)
		return -1;
	if (s.n > 0 && s.p[0] != ' ' && s.p[0] != '\t')
		return -1;
	*e = got;
	*rest = span_trim(s);
	return 0;
}

struct enhanced_text
enhanced_text(struct enhanced e)
{
	struct enhanced_text t = { "" };

	if (e.class != 0)
		snprintf(t.c, sizeof(t.c), "%u.%u.%u", e.class % 10u, e.subject % 1000u,
		    e.detail % 1000u);
	return t;
}

/* The code of the first line rules; a server may repeat the enhanced code on every line (RFC 2034 4). */
static struct span
enhanced_strip(struct reply *r, struct span text)
{
	struct enhanced e;
	struct span rest;

	if (enhanced_read(text, &e, &rest) == -1 || e.class != r->code / 100)
		return text;
	if (r->lines == 0)
		r->enhanced = e;
	else if (e.class != r->enhanced.class || e.subject != r->enhanced.subject ||
		 e.detail != r->enhanced.detail)
		return text;
	return rest;
}

static int
code_read(struct span line, int *code)
{
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' || !digit(line.p[1]) ||
	    !digit(line.p[2]))
		return -1;
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return -1;
	*code = (line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + (line.p[2] - '0');
	return 0;
}

static void
begin(struct reply *r)
{
	r->code = 0;
	r->enhanced = (struct enhanced){ 0 };
	r->lines = 0;
	r->done = false;
	buf_reset(&r->text);
}

static enum reply_step
bad(struct err *err, const char *why, struct span line)
{
	err_set(err, "%s: \"%.*s\"", why, SPAN(span_first(line, 200)));
	return REPLY_BAD;
}

enum reply_step
reply_line(struct reply *r, struct span line, struct err *err)
{
	struct span text = span_from(line, 4);
	int code;

	if (r->done || r->code == 0)
		begin(r);
	if (span_find(line, '\0') >= 0)
		return bad(
		    err, "the reply holds a NUL", span_first(line, (size_t)span_find(line, '\0')));
	if (code_read(line, &code) == -1)
		return bad(err, "that is no reply", line);
	if (r->lines > 0 && code != r->code)
		return bad(err, "the reply changes its code midway", line);
	r->code = code;
	text = enhanced_strip(r, text);
	if (r->lines > 0)
		buf_byte(&r->text, '\n');
	buf_span(&r->text, text);
	if (buf_over(&r->text) || ++r->lines > REPLY_LINES_MAX)
		return bad(err, "the reply is too long", line);
	if (line.n > 3 && line.p[3] == '-')
		return REPLY_MORE;
	r->done = true;
	return REPLY_DONE;
}
