#include "event.h"
#include "utf8.h"

static void
escaped(struct buf *b, unsigned char c)
{
	if (c == '"' || c == '\\') {
		buf_byte(b, '\\');
		buf_byte(b, (char)c);
	} else if (c == '\n')
		buf_str(b, "\\n");
	else if (c == '\t')
		buf_str(b, "\\t");
	else
		buf_printf(b, "\\u%04x", c);
}

void
json_span(struct buf *b, struct span s)
{
	buf_byte(b, '"');
	while (s.n > 0) {
		uint32_t code;
		size_t n = 0;

		while (n < s.n && s.p[n] >= ' ' && s.p[n] < 127 && s.p[n] != '"' && s.p[n] != '\\')
			n++;
		buf_add(b, s.p, n);
		s = span_from(s, n);
		if (s.n == 0)
			break;
		n = utf8_next(s, &code);
		if (n > 1 && utf8_is_control(code))
			buf_printf(b, "\\u%04x", (unsigned)code);
		else if (n > 1)
			buf_add(b, s.p, n);
		else if (n == 1)
			escaped(b, (unsigned char)s.p[0]);
		else
			buf_str(b, "\xef\xbf\xbd");
		s = span_from(s, n > 1 ? n : 1);
	}
	buf_byte(b, '"');
}

static void
event_key(struct buf *b, const char *key)
{
	buf_add(b, ",\"", 2);
	buf_str(b, key);
	buf_add(b, "\":", 2);
}

/* A value of letters, digits and marks that JSON has as they are. */
static void
event_word(struct buf *b, const char *key, const char *word)
{
	event_key(b, key);
	buf_byte(b, '"');
	buf_str(b, word);
	buf_byte(b, '"');
}

void
event_open(struct buf *b, const char *kind, struct id event, uint64_t time_ms)
{
	char when[32];

	time_text(time_ms, when);
	buf_str(b, "{\"v\":");
	buf_num(b, EVENT_VERSION);
	event_id(b, "id", event);
	event_word(b, "time", when);
	event_word(b, "event", kind);
}

void
event_id(struct buf *b, const char *key, struct id id)
{
	event_word(b, key, id_text(id).c);
}

void
event_span(struct buf *b, const char *key, struct span s)
{
	if (s.n == 0)
		return;
	event_key(b, key);
	json_span(b, s);
}

void
event_str(struct buf *b, const char *key, const char *s)
{
	event_span(b, key, span_str(s));
}

void
event_num(struct buf *b, const char *key, uint64_t v)
{
	event_key(b, key);
	buf_num(b, v);
}

void
event_bool(struct buf *b, const char *key, bool v)
{
	event_key(b, key);
	buf_str(b, v ? "true" : "false");
}

void
event_close(struct buf *b)
{
	buf_str(b, "}\n");
}
