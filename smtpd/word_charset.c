#include "word_charset.h"

#include <string.h>

enum { ESC = 0x1b, AT = 0x40 };

/* ---- which charsets ---- */

/* Prefixes of names (IANA, and what mail programs write), lower case. */
static const char *const plain[] = { "us-ascii", "ascii", "ansi", "utf-8", "utf8", "csutf8",
	"iso-8859", "iso8859", "iso_8859", "latin", "csisolatin", "windows-125", "cp125", "cp437",
	"cp737", "cp775", "cp85", "cp86", "cp874", "ibm437", "ibm737", "ibm775", "ibm85", "ibm86",
	"ibm874", "windows-874", "tis-620", "koi8", "cskoi8", "mac", "x-mac", "viscii", "x-viscii",
	"tcvn", "x-ias", "gb2312", "gb_2312", "csgb2312", "x-gb", "gbk", "x-gbk", "cp936",
	"windows-936", "gb18030", "big5", "x-big5", "csbig5", "cp950", "windows-950", "shift",
	"x-shift", "csshiftjis", "sjis", "x-sjis", "ms_kanji", "cp932", "windows-31j",
	"cswindows31j", "euc-", "x-euc", "cseuc", "euckr", "eucjp", "iso-2022-", "csiso2022",
	"ks_c_5601", "ksc5601", "ksc_5601", "ks_x_1001", "korean", "uhc", "cp949", "windows-949",
	"unknown", "x-unknown", "default", "none" };

bool
word_charset_is_plain(struct span charset)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (span_starts_nocase(charset, plain[i]))
			return true;
	return false;
}

/* ---- two bytes a character ---- */

struct range {
	unsigned char first, last;
};

/* at: first bytes with which 0x40 makes a character in every version of the charset (JIS X 0208, GBK 1.0, Big5 of 1984).
 * alone: bytes above 0x80 that are a letter by themselves. */
struct pairs {
	struct range at[4];
	struct range alone;
};

static const struct pairs shift_jis = {
	{ { 0x81, 0x81 }, { 0x83, 0x84 }, { 0x89, 0x9f }, { 0xe0, 0xea } }, { 0xa0, 0xdf }
};
static const struct pairs gbk = { { { 0x81, 0xa0 }, { 0xaa, 0xfd } }, { 0xff, 0xff } };
static const struct pairs big5 = { { { 0xa4, 0xc5 }, { 0xc9, 0xf8 } }, { 0xff, 0xff } };

static const struct {
	const char *prefix;
	const struct pairs *pairs;
} two_bytes[] = {
	{ "shift", &shift_jis },
	{ "x-shift", &shift_jis },
	{ "csshift", &shift_jis },
	{ "sjis", &shift_jis },
	{ "x-sjis", &shift_jis },
	{ "ms_kanji", &shift_jis },
	{ "cp932", &shift_jis },
	{ "windows-31j", &shift_jis },
	{ "gbk", &gbk },
	{ "x-gbk", &gbk },
	{ "cp936", &gbk },
	{ "windows-936", &gbk },
	{ "gb18030", &gbk },
	{ "big5", &big5 },
	{ "x-big5", &big5 },
	{ "csbig5", &big5 },
	{ "cp950", &big5 },
	{ "windows-950", &big5 },
};

static const struct pairs *
pairs_of(struct span charset)
{
	for (size_t i = 0; i < sizeof(two_bytes) / sizeof(two_bytes[0]); i++)
		if (span_starts_nocase(charset, two_bytes[i].prefix))
			return two_bytes[i].pairs;
	return NULL;
}

static bool
is_in(struct range r, unsigned char c)
{
	return c >= r.first && c <= r.last;
}

static bool
is_pair(const struct pairs *p, unsigned char first, unsigned char second)
{
	if (first <= 0x80 || second < AT || is_in(p->alone, first))
		return false;
	if (second != AT)
		return true;
	for (size_t i = 0; i < sizeof(p->at) / sizeof(p->at[0]); i++)
		if (is_in(p->at[i], first))
			return true;
	return false;
}

static void
pairs_ascii(const struct pairs *pairs, char *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (is_pair(pairs, (unsigned char)p[i], (unsigned char)p[i + 1])) {
			p[i] = (char)WORD_LETTER;
			p[++i] = (char)WORD_LETTER;
		}
}

/* ---- ISO-2022-JP (RFC 1468) ---- */

static bool
is_iso2022jp(struct span charset)
{
	return span_starts_nocase(charset, "iso-2022-jp") ||
	       span_starts_nocase(charset, "csiso2022jp");
}

/* The sequences that every program knows: to two bytes a character, and back. 0: not one of them. */
static size_t
escape_length(struct span s, bool *two)
{
	static const struct {
		const char *text;
		bool two;
	} known[] = { { "\x1b$@", true }, { "\x1b$B", true }, { "\x1b(B", false },
		{ "\x1b(J", false } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_starts(s, known[i].text)) {
			*two = known[i].two;
			return 3;
		}
	return 0;
}

static bool
is_graphic(char c)
{
	return c > ' ' && c < 127;
}

/* Returns the bytes that are left. */
static size_t
iso2022jp_ascii(char *p, size_t n)
{
	bool two = false;
	size_t to = 0;

	for (size_t i = 0; i < n;) {
		size_t escape = escape_length(span_of(p + i, n - i), &two);

		if (escape > 0) {
			i += escape;
		} else if (two && i + 1 < n && is_graphic(p[i]) && is_graphic(p[i + 1])) {
			p[to++] = (char)WORD_LETTER;
			p[to++] = (char)WORD_LETTER;
			i += 2;
		} else {
			two = two && p[i] != ESC;
			p[to++] = p[i++];
		}
	}
	return to;
}

void
word_charset_ascii(struct span charset, struct buf *out, size_t from)
{
	const struct pairs *pairs = pairs_of(charset);

	if (out->n == from)
		return;
	if (is_iso2022jp(charset))
		out->n = from + iso2022jp_ascii(out->p + from, out->n - from);
	else if (pairs != NULL)
		pairs_ascii(pairs, out->p + from, out->n - from);
}
