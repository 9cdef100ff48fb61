#include "charset.h"
#include "buf.h"

#include <errno.h>
#include <iconv.h>

/* What mail says, by prefix of its name without "-", "_" and " ", and the converter for it: the superset that mail programs
 * mean by that name (WHATWG Encoding 4.2). A longer prefix stands before a shorter one. */
static const struct {
	const char *name, *converter;
} names[] = {
	{ "utf8", "" },
	{ "unicode11utf8", "" },
	{ "usascii", "" },
	{ "ascii", "" },
	{ "ansix34", "" },
	{ "utf16le", "UTF-16LE" },
	{ "utf16be", "UTF-16BE" },
	{ "utf16", "UTF-16" },
	{ "unicode11utf7", "UTF-7" },
	{ "utf7", "UTF-7" },
	{ "iso2022jp", "ISO-2022-JP-2" },
	{ "csiso2022jp", "ISO-2022-JP-2" },
	{ "iso2022kr", "ISO-2022-KR" },
	{ "shiftjis", "CP932" },
	{ "sjis", "CP932" },
	{ "xsjis", "CP932" },
	{ "windows31j", "CP932" },
	{ "mskanji", "CP932" },
	{ "cp932", "CP932" },
	{ "eucjp", "EUC-JP-MS" },
	{ "xeucjp", "EUC-JP-MS" },
	{ "euckr", "CP949" },
	{ "ksc5601", "CP949" },
	{ "cp949", "CP949" },
	{ "windows949", "CP949" },
	{ "gb", "GB18030" }, /* gb2312, gbk, gb18030 */
	{ "xgbk", "GB18030" },
	{ "cp936", "GB18030" },
	{ "euccn", "GB18030" },
	{ "big5", "BIG5-HKSCS" },
	{ "xxbig5", "BIG5-HKSCS" },
	{ "cp950", "BIG5-HKSCS" },
	{ "koi8u", "KOI8-U" },
	{ "koi8", "KOI8-R" },
	{ "cskoi8r", "KOI8-R" },
	{ "iso885910", "ISO-8859-10" },
	{ "iso885911", "CP874" },
	{ "iso885913", "ISO-8859-13" },
	{ "iso885914", "ISO-8859-14" },
	{ "iso885915", "ISO-8859-15" },
	{ "iso885916", "ISO-8859-16" },
	{ "iso88592", "ISO-8859-2" },
	{ "iso88593", "ISO-8859-3" },
	{ "iso88594", "ISO-8859-4" },
	{ "iso88595", "ISO-8859-5" },
	{ "iso88596", "ISO-8859-6" },
	{ "iso88597", "ISO-8859-7" },
	{ "iso88598", "CP1255" },
	{ "iso88599", "CP1254" },
	{ "iso88591", "CP1252" },
	{ "latin1", "CP1252" },
	{ "latin2", "ISO-8859-2" },
	{ "windows125", "CP125" }, /* the digit is the name's */
	{ "cp125", "CP125" },
	{ "tis620", "CP874" },
	{ "windows874", "CP874" },
	{ "cp874", "CP874" },
	{ "macintosh", "MACINTOSH" },
	{ "xmacroman", "MACINTOSH" },
	{ "ibm850", "CP850" },
	{ "cp850", "CP850" },
	{ "ibm437", "CP437" },
	{ "cp437", "CP437" },
	{ "ibm852", "CP852" },
	{ "cp852", "CP852" },
	{ "ibm866", "CP866" },
	{ "cp866", "CP866" },
};

struct converter {
	const char *name;
	bool shifts; /* plain ASCII letters may mean something else */
	enum { UNTRIED, OPEN, MISSING } state;
	iconv_t cd; /* as long as the process */
};

static struct converter converters[] = {
	{ .name = "UTF-16", .shifts = true },
	{ .name = "UTF-16LE", .shifts = true },
	{ .name = "UTF-16BE", .shifts = true },
	{ .name = "UTF-7", .shifts = true },
	{ .name = "ISO-2022-JP-2" },
	{ .name = "ISO-2022-KR" },
	{ .name = "CP932" },
	{ .name = "EUC-JP-MS" },
	{ .name = "CP949" },
	{ .name = "GB18030" },
	{ .name = "BIG5-HKSCS" },
	{ .name = "KOI8-R" },
	{ .name = "KOI8-U" },
	{ .name = "CP1250" },
	{ .name = "CP1251" },
	{ .name = "CP1252" },
	{ .name = "CP1253" },
	{ .name = "CP1254" },
	{ .name = "CP1255" },
	{ .name = "CP1256" },
	{ .name = "CP1257" },
	{ .name = "CP1258" },
	{ .name = "ISO-8859-2" },
	{ .name = "ISO-8859-3" },
	{ .name = "ISO-8859-4" },
	{ .name = "ISO-8859-5" },
	{ .name = "ISO-8859-6" },
	{ .name = "ISO-8859-7" },
	{ .name = "ISO-8859-10" },
	{ .name = "ISO-8859-13" },
	{ .name = "ISO-8859-14" },
	{ .name = "ISO-8859-15" },
	{ .name = "ISO-8859-16" },
	{ .name = "CP874" },
	{ .name = "MACINTOSH" },
	{ .name = "CP850" },
	{ .name = "CP437" },
	{ .name = "CP852" },
	{ .name = "CP866" },
};

enum { CONVERTERS = sizeof(converters) / sizeof(converters[0]), NAME_MAX_BYTES = 24 };

static const char replacement[] = "\xef\xbf\xbd";

static bool
converter_open(struct converter *c)
{
	if (c->state == UNTRIED) {
		c->cd = iconv_open("UTF-8", c->name);
		c->state = c->cd == (iconv_t)-1 ? MISSING : OPEN;
	}
	return c->state == OPEN;
}

unsigned
charsets_load(void)
{
	unsigned missing = 0;

	for (size_t i = 0; i < CONVERTERS; i++)
		missing += !converter_open(&converters[i]);
	return missing;
}

/* NULL: there is none of that name. */
static const struct converter *
converter(struct span name)
{
	for (size_t i = 0; i < CONVERTERS; i++)
		if (span_is(name, converters[i].name))
			return converter_open(&converters[i]) ? &converters[i] : NULL;
	return NULL;
}

/* Lower case, without what people put between the letters. */
static struct span
plain_name(struct span name, char out[NAME_MAX_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < NAME_MAX_BYTES; i++)
		if (name.p[i] != '-' && name.p[i] != '_' && name.p[i] != ' ')
			out[n++] = span_low(name.p[i]);
	return span_of(out, n);
}

static const struct converter *
converter_for(struct span name)
{
	char plain[NAME_MAX_BYTES], numbered[8];
	struct span s = plain_name(name, plain);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct span known = span_str(names[i].converter), found = span_str(names[i].name);

		if (!span_starts(s, names[i].name))
			continue;
		if (!span_is(known, "CP125"))
			return converter(known);
		if (s.n == found.n)
			return NULL;
		for (size_t j = 0; j < known.n; j++)
			numbered[j] = known.p[j];
		numbered[known.n] = s.p[found.n];
		return converter(span_of(numbered, known.n + 1));
	}
	return NULL;
}

/* How many bytes the well-formed character at i has; 0: it is none. */
static size_t
utf8_length(struct span s, size_t i)
{
	unsigned char a = (unsigned char)s.p[i], b;
	size_t n = a < 0x80 ? 1 : a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;

	if (n < 2 || i + n > s.n)
		return n < 2 ? n : 0;
	b = (unsigned char)s.p[i + 1];
	if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
	    (a == 0xf4 && b > 0x8f))
		return 0;
	for (size_t j = 1; j < n; j++)
		if (((unsigned char)s.p[i + j] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
charset_is_utf8(struct span s)
{
	size_t n;

	for (size_t i = 0; i < s.n; i += n)
		if ((n = utf8_length(s, i)) == 0)
			return false;
	return true;
}

static struct span
cleaned(struct span s, struct arena *a)
{
	char *out = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0, length;

	for (size_t i = 0; i<s.n; i += length> 0 ? length : 1) {
		struct span c = span_str(replacement);

		length = utf8_length(s, i);
		if (length > 0)
			c = span_of(s.p + i, length);
		for (size_t j = 0; j < c.n; j++)
			out[n++] = c.p[j];
	}
	return span_of(out, n);
}

static struct span
converted(const struct converter *c, struct span s, struct arena *a)
{
	char *in = (char *)(uintptr_t)s.p, *out; /* iconv(3) takes no const and changes nothing */
	size_t in_left = s.n, out_left = s.n * CHARSET_GROWTH + 16;
	const char *start = out = arena_alloc(a, out_left);

	iconv(c->cd, NULL, NULL, NULL, NULL);
	while (in_left > 0 && iconv(c->cd, &in, &in_left, &out, &out_left) == (size_t)-1) {
		if (errno == E2BIG || out_left < sizeof(replacement) || in_left == 0)
			break;
		for (size_t i = 0; i < sizeof(replacement) - 1; i++, out_left--)
			*out++ = replacement[i];
		if (errno == EINVAL) /* half a character at the end */
			break;
		in++;
		in_left--;
	}
	return span_of(start, (size_t)(out - start));
}

static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] & 0x80) != 0 || s.p[i] == '\x1b')
			return false;
	return true;
}

static struct span
guessed(struct span s, struct arena *a)
{
	const struct converter *c;

	if (span_find_str(s, "\x1b$") >= 0)
		c = converter(SPAN_LIT("ISO-2022-JP-2"));
	else if (charset_is_utf8(s))
		return s;
	else
		c = converter(SPAN_LIT("CP1252"));
	return c == NULL ? cleaned(s, a) : converted(c, s, a);
}

struct span
charset_to_utf8(struct span name, struct span s, struct arena *a)
{
	const struct converter *c = converter_for(name);

	if (is_plain(s) && (c == NULL || !c->shifts))
		return s;
	return c == NULL ? guessed(s, a) : converted(c, s, a);
}
