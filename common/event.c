#include "event.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

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

void
time_text(uint64_t time_ms, char out[32])
{
	time_t s = (time_t)(time_ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 32 - n, ".%03uZ", (unsigned)(time_ms % 1000));
}

void
event_open(struct buf *b, const char *kind, struct id event, uint64_t time_ms)
{
	char when[32];

	time_text(time_ms, when);
	buf_printf(b, "{\"v\":%d,\"id\":\"%s\",\"time\":\"%s\",\"event\":\"%s\"", EVENT_VERSION,
	    id_text(event).c, when, kind);
}

void
event_id(struct buf *b, const char *key, struct id id)
{
	buf_printf(b, ",\"%s\":\"%s\"", key, id_text(id).c);
}

void
event_span(struct buf *b, const char *key, struct span s)
{
	if (s.n == 0)
		return;
	buf_printf(b, ",\"%s\":", key);
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
	buf_printf(b, ",\"%s\":%" PRIu64, key, v);
}

void
event_bool(struct buf *b, const char *key, bool v)
{
	buf_printf(b, ",\"%s\":%s", key, v ? "true" : "false");
}

void
event_close(struct buf *b)
{
	buf_str(b, "}\n");
}
