#include "charset.h"
#include "charset_table.h"
#include "err.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN = CHARSET_KNOWN, LABEL_MAX = 32, META_BYTES = 4096, NO_CHARSET = KNOWN };
enum {
	ROOM_LEAST = 64,
	ROOM_MOST = 32 * 1024
}; /* 32 KB: four times what the library does at once */

struct charsets {
	iconv_t in[KNOWN], out[KNOWN];
};

struct charsets *
charsets_open(void)
{
	struct charsets *t = calloc(1, sizeof(*t));

	if (t == NULL)
		fatal("out of memory for charsets");
	for (size_t i = 0; i < KNOWN; i++) {
		bool again = i > 0 && strcmp(charset_known[i].name, charset_known[i - 1].name) == 0;

		t->in[i] = again ? t->in[i - 1] : iconv_open("UTF-8", charset_known[i].name);
		t->out[i] = again ? t->out[i - 1] : iconv_open(charset_known[i].name, "UTF-8");
	}
	return t;
}

void
charsets_free(struct charsets *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < KNOWN; i++) {
		if (i > 0 && strcmp(charset_known[i].name, charset_known[i - 1].name) == 0)
			continue;
		if (t->in[i] != (iconv_t)-1)
			iconv_close(t->in[i]);
		if (t->out[i] != (iconv_t)-1)
			iconv_close(t->out[i]);
	}
	free(t);
}

/* The row of a label, spelled any way; NO_CHARSET: not known. */
static size_t
lookup(const struct charsets *t, struct span label)
{
	char plain[LABEL_MAX];
	size_t n = 0;

	if (span_starts_nocase(label, "x-"))
		label = span_from(label, 2);
	for (size_t i = 0; i < label.n && n < sizeof(plain); i++) {
		char c = span_low(label.p[i]);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			plain[n++] = c;
	}
	for (size_t i = 0; i < KNOWN; i++)
		if (span_is(span_of(plain, n), charset_known[i].label))
			return t->in[i] == (iconv_t)-1 ? NO_CHARSET : i;
	return NO_CHARSET;
}

static bool
says_nothing(struct span label)
{
	static const char *const none[] = { "", "us-ascii", "ascii", "ansi_x3.4-1968" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (span_is_nocase(label, none[i]))
			return true;
	return false;
}

static struct span
label_word(struct span s)
{
	size_t n = 0;

	while (s.n > 0 && strchr(" \t\r\n\"'=", s.p[0]) != NULL && s.p[0] != '\0')
		s = span_from(s, 1);
	while (n < s.n && n < LABEL_MAX && s.p[n] > 32 && strchr("\"'>;/", s.p[n]) == NULL)
		n++;
	return span_first(s, n);
}

/* <meta charset=x> or <meta ... content="text/html; charset=x"> near the beginning. */
static struct span
meta_label(struct span html)
{
	struct span head = span_first(html, META_BYTES);
	ptrdiff_t at;

	while ((at = span_find_nocase(head, "<meta")) >= 0) {
		struct span tag = span_cut(span_from(head, (size_t)at), '>', &head);
		ptrdiff_t key = span_find_nocase(tag, "charset");
		struct span rest = span_from(tag, key < 0 ? tag.n : (size_t)key + 7);

		while (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t'))
			rest = span_from(rest, 1);
		if (rest.n > 0 && rest.p[0] == '=')
			return label_word(rest);
	}
	return span_of(NULL, 0);
}

static size_t
utf8_length(struct span s)
{
	static const uint8_t low[] = {
		[0xe0 - 0xc0] = 0xa0, [0xf0 - 0xc0] = 0x90, [0xf4 - 0xc0] = 0
	};
	uint8_t c = (uint8_t)s.p[0], second = s.n > 1 ? (uint8_t)s.p[1] : 0;
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

	if (n == 0 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((uint8_t)s.p[i] & 0xc0) != 0x80)
			return 0;
	if (c >= 0xc0 && (size_t)(c - 0xc0) < sizeof(low) && second < low[c - 0xc0])
		return 0;
	return (c == 0xed && second > 0x9f) || (c == 0xf4 && second > 0x8f) ? 0 : n;
}

static bool
is_utf8(struct span s)
{
	while (s.n > 0) {
		size_t n = (uint8_t)s.p[0] < 0x80 ? 1 : utf8_length(s);

		if (n == 0)
			return false;
		s = span_from(s, n);
	}
	return true;
}

static size_t
detect_row(const struct charsets *t, struct span label, struct span html)
{
	struct span meta;

	if (span_starts(html, "\xef\xbb\xbf"))
		return lookup(t, SPAN_LIT("utf-8"));
	if (!says_nothing(label))
		return lookup(t, label);
	meta = meta_label(html);
	if (meta.n > 0 && !span_starts_nocase(meta, "utf-16") &&
	    !span_starts_nocase(meta, "utf-32") && !says_nothing(meta))
		return lookup(t, meta);
	return lookup(t, is_utf8(html) ? SPAN_LIT("utf-8") : SPAN_LIT("windows-1252"));
}

/* A byte order mark says which of the two UTF-16 it is, where the label leaves that open. */
static size_t
by_order_mark(const struct charsets *t, size_t row, struct span html, size_t *skip)
{
	if (strcmp(charset_known[row].label, "utf16") == 0) {
		*skip = span_starts(html, "\xff\xfe") || span_starts(html, "\xfe\xff") ? 2 : 0;
		return span_starts(html, "\xfe\xff") ? lookup(t, SPAN_LIT("utf-16be")) : row;
	}
	if (strcmp(charset_known[row].label, "utf32") == 0 && html.n >= 4) {
		bool big = memcmp(html.p, "\0\0\xfe\xff", 4) == 0;

		*skip = big || memcmp(html.p, "\xff\xfe\0\0", 4) == 0 ? 4 : 0;
		return big ? lookup(t, SPAN_LIT("utf-32be")) : row;
	}
	return row;
}

bool
charset_detect(struct charsets *t, struct span label, struct span html, struct charset *cs)
{
	size_t row = detect_row(t, label, html), skip = 0;

	if (row == NO_CHARSET)
		return false;
	if (charset_known[row].shape == CHARSET_UNITS && span_find(html, '\0') < 0 &&
	    span_find(html, '<') >= 0)
		return false; /* ASCII under a false label */
	row = by_order_mark(t, row, html, &skip);
	if (row == NO_CHARSET)
		return false;
	*cs = (struct charset){ .shape = charset_known[row].shape,
		.unit = charset_known[row].unit,
		.little = charset_known[row].little,
		.name = charset_known[row].name,
		.converter = row,
		.skip = skip };
	return true;
}

/* Puts out what the converter still holds back (CP1255 and CP1258 wait for a mark that would go with a letter). */
static void
flush(iconv_t cd, struct buf *out)
{
	char *room = buf_room(out, 64), *to = room;
	size_t space = 64;

	if (room == NULL) {
		out->over = true;
		return;
	}
	iconv(cd, NULL, NULL, &to, &space);
	buf_grew(out, (size_t)(to - room));
}

/* Room for what is left, or for a part of it: the C library converts by its own buffer's length, and does again what did not
 * fit, so little room makes it dear. */
static char *
room_for(struct buf *out, size_t left, size_t *space)
{
	char *room;

	*space = left < ROOM_MOST / 4 ? ROOM_LEAST + 4 * left : ROOM_MOST;
	room = buf_room(out, *space);
	if (room != NULL)
		return room;
	*space = ROOM_LEAST;
	return buf_room(out, *space);
}

/* Converts as far as it goes; what is refused is skipped by a unit and replaced. */
static void
convert(iconv_t cd, struct span in, size_t unit, struct buf *out)
{
	char *from = (char *)in.p;
	size_t left = in.n;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0) {
		size_t space, bad;
		char *room = room_for(out, left, &space), *to = room;

		if (room == NULL) {
			out->over = true;
			return;
		}
		bad = iconv(cd, &from, &left, &to, &space);
		buf_grew(out, (size_t)(to - room));
		if (bad != (size_t)-1 || errno == E2BIG)
			continue;
		buf_str(out, "\xef\xbf\xbd");
		bad = left < unit ? left : unit;
		from += bad;
		left -= bad;
	}
	flush(cd, out);
}

/* Letter and mark stay two characters, as in a browser, where the C library would make them one. */
static bool
composes(const char *name)
{
	return strcmp(name, "CP1255") == 0 || strcmp(name, "CP1258") == 0;
}

static bool
all_ascii(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] >= 0x80)
			return false;
	return true;
}

/* HZ without its tildes is EUC-CN: the same pairs with their high bits set. Appends to out. */
static void
hz_to_euc(struct span s, struct buf *out)
{
	bool wide = false;

	for (size_t i = 0; i < s.n; i++) {
		char next = i + 1 < s.n ? s.p[i + 1] : '\0';

		if (s.p[i] != '~') {
			buf_byte(out, (char)(wide ? s.p[i] | 0x80 : s.p[i]));
			continue;
		}
		if (next == '{' || next == '}')
			wide = next == '{';
		else if (next == '~')
			buf_byte(out, '~');
		i++;
	}
}

/* SO and ESC N mean what an escape sequence before, perhaps not in this part, named. Only in -KR there is but one. And
 * what is named here is meant behind this part too. */
static bool
is_tied(const char *name, const struct charset *cs, struct span part)
{
	static const char *const marks[] = { "\033N", "\033O", "\033.", "\033$)", "\033$*",
		"\033$+" };

	if (cs->shape != CHARSET_ISO2022)
		return false;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (span_find_str(part, marks[i]) >= 0)
			return true;
	return (span_find(part, '\016') >= 0 && strcmp(name, "ISO-2022-KR") != 0);
}

void
charset_to_utf8(struct charsets *t, const struct charset *cs, struct span part, struct buf *out)
{
	if (cs->shape == CHARSET_HZ) {
		struct buf euc;

		buf_init(&euc, part.n);
		hz_to_euc(part, &euc);
		convert(t->in[cs->converter], buf_all(&euc), 1, out);
		buf_free(&euc);
		return;
	}
	if (is_tied(charset_known[cs->converter].name, cs, part)) {
		out->over = true;
		return;
	}
	if (cs->shape == CHARSET_BYTES && all_ascii(part))
		buf_span(out, part);
	else if (composes(charset_known[cs->converter].name))
		for (size_t i = 0; i < part.n; i++)
			convert(t->in[cs->converter], span_of(part.p + i, 1), 1, out);
	else
		convert(t->in[cs->converter], part, cs->unit, out);
}

static bool
converts(iconv_t cd, struct span html)
{
	char *from = (char *)html.p;
	size_t left = html.n;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0) {
		char scrap[4096], *to = scrap;
		size_t space = sizeof(scrap);

		if (iconv(cd, &from, &left, &to, &space) == (size_t)-1 && errno != E2BIG)
			return false;
	}
	return true;
}

bool
charset_valid(struct charsets *t, const struct charset *cs, struct span html)
{
	struct buf euc;
	bool valid;

	if (cs->shape != CHARSET_HZ)
		return converts(t->in[cs->converter], html);
	buf_init(&euc, html.n);
	hz_to_euc(html, &euc);
	valid = converts(t->in[cs->converter], buf_all(&euc));
	buf_free(&euc);
	return valid;
}

bool
charset_from_utf8(struct charsets *t, const struct charset *cs, struct span utf8, struct buf *out)
{
	iconv_t cd = t->out[cs->converter];
	char *from = (char *)utf8.p, *to;
	size_t left = utf8.n, space = utf8.n * 4 + 16;
	char *room;

	if (cs->shape != CHARSET_BYTES || strcmp(charset_known[cs->converter].name, "UTF-8") == 0)
		return false;
	room = to = buf_room(out, space);
	if (room == NULL || cd == (iconv_t)-1)
		return false;
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &left, &to, &space) != 0 ||
	    iconv(cd, NULL, NULL, &to, &space) == (size_t)-1)
		return false;
	buf_grew(out, (size_t)(to - room));
	return true;
}

void
charset_put_ascii(const struct charset *cs, struct span ascii, struct buf *out)
{
	if (cs->unit == 1) {
		buf_span(out, ascii);
		return;
	}
	for (size_t i = 0; i < ascii.n; i++) {
		char unit[4] = { 0 };

		unit[cs->little ? 0 : cs->unit - 1] = ascii.p[i];
		buf_add(out, unit, cs->unit);
	}
}
