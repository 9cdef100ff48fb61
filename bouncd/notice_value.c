#include "header.h"
#include "notice_inside.h"
#include "transfer.h"
#include "utf8.h"

#include <idn2.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 900, WORD_BYTES = 1024 };

void
notice_value(struct buf *out, struct span s, bool utf8)
{
	s = span_first(s, LINE_BYTES);
	while (s.n > 0) {
		uint32_t code;
		size_t n = utf8_next(s, &code);
		bool good = n > 0 && code >= ' ' && code != 127 && (code < 128 || utf8);

		/* C1 controls begin lines in some readers too */
		if (good && (code < 0x80 || code > 0x9f))
			buf_add(out, s.p, n);
		else
			buf_byte(out, code == '\t' && n == 1 ? ' ' : '?');
		s = span_from(s, n == 0 ? 1 : n);
	}
}

void
notice_date(struct buf *out, uint64_t when_s)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)when_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		buf_printf(out, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
		    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void
notice_date_field(struct buf *out, const char *name, uint64_t when_s)
{
	if (when_s == 0)
		return;
	buf_printf(out, "%s: ", name);
	notice_date(out, when_s);
	buf_str(out, "\r\n");
}

struct span
notice_original_field(const struct notice_original *o, const char *name, struct arena *a)
{
	struct header_field f;

	if (!header_find(o->head, name, &f))
		return span_of(NULL, 0);
	return header_unfolded(f.value, a);
}

struct span
notice_address_shown(struct span address, struct arena *a)
{
	ptrdiff_t at = span_find_last(address, '@');
	struct span domain = span_from(address, (size_t)at + 1), shown = address;
	char *letters = NULL;

	if (at < 0 || span_find_nocase(domain, "xn--") < 0 || span_find(domain, '\0') >= 0)
		return address;
	if (idn2_to_unicode_8z8z(arena_cstr(a, domain), &letters, 0) == IDN2_OK &&
	    strcmp(letters, arena_cstr(a, domain)) != 0)
		shown = span_str(arena_printf(a, "%.*s%s", (int)at + 1, address.p, letters));
	idn2_free(letters);
	return shown;
}

/* ---- encoded words (RFC 2047) ---- */

static bool
is_charset(struct span s)
{
	s = span_cut(s, '*', &(struct span){ NULL, 0 });
	return span_is_nocase(s, "utf-8") || span_is_nocase(s, "us-ascii");
}

static void
q_decode(struct span text, struct buf *out)
{
	struct buf quoted;

	buf_init(&quoted, 3 * WORD_BYTES);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '_')
			buf_str(&quoted, "=20");
		else
			buf_byte(&quoted, text.p[i]);
	(void)transfer_decode_qp(buf_all(&quoted), out);
	buf_free(&quoted);
}

/* "=?utf-8?q?...?=" at the front of s: decoded into out; its bytes, 0: none that we read is there. */
static size_t
word_decode(struct span s, struct buf *out)
{
	struct span rest, charset, how, text;
	ptrdiff_t end;
	size_t before = out->n;

	if (!span_starts(s, "=?"))
		return 0;
	charset = span_cut(span_from(s, 2), '?', &rest);
	how = span_cut(rest, '?', &rest);
	end = span_find_str(rest, "?=");
	if (end < 0 || end > WORD_BYTES || how.n != 1 || !is_charset(charset))
		return 0;
	text = span_first(rest, (size_t)end);
	if (span_is_nocase(how, "q"))
		q_decode(text, out);
	else if (span_is_nocase(how, "b"))
		(void)transfer_decode_base64(text, out);
	else
		return 0;
	if (!utf8_is(span_from(buf_all(out), before)))
		out->n = before; /* a character cut between two words: RFC 2047 5 forbids it */
	return (size_t)(text.p + text.n + 2 - s.p);
}

struct span
notice_subject_read(struct span s, struct arena *a)
{
	bool after_word = false;
	struct span result;
	struct buf out;

	buf_init(&out, LINE_BYTES * 4);
	while (s.n > 0) {
		size_t n = word_decode(s, &out);
		struct span next = span_trim(s);

		if (n == 0 && after_word && next.n < s.n && span_starts(next, "=?"))
			n = (size_t)(next.p - s.p); /* what stands between two words is not shown */
		else if (n == 0)
			buf_byte(&out, s.p[0]);
		after_word = n > 0;
		s = span_from(s, n == 0 ? 1 : n);
	}
	result = arena_span(a, buf_all(&out));
	buf_free(&out);
	return result;
}
