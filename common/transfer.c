#include "transfer.h"
#include "hex.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex[] = "0123456789ABCDEF";

enum transfer
transfer_named(struct span value)
{
	static const struct {
		const char *name;
		enum transfer is;
	} names[] = {
		{ "", TRANSFER_7BIT },
		{ "7bit", TRANSFER_7BIT },
		{ "8bit", TRANSFER_8BIT },
		{ "binary", TRANSFER_BINARY },
		{ "quoted-printable", TRANSFER_QP },
		{ "base64", TRANSFER_BASE64 },
	};
	struct span v = span_trim(value);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is_nocase(v, names[i].name))
			return names[i].is;
	return TRANSFER_OTHER;
}

static int
sextet(char c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == c62 ? 62 : c == c63 ? 63 : -1;
}

/* What a byte is in base64: 0..63, or one of these. */
enum { B64_PAD = 64, B64_BLANK, B64_OTHER };

static void
base64_table(uint8_t table[256])
{
	for (int c = 0; c < 256; c++)
		table[c] = span_is_space((char)c) ? B64_BLANK : c == '=' ? B64_PAD : B64_OTHER;
	for (uint8_t i = 0; i < 64; i++)
		table[(uint8_t)alphabet[i]] = i;
}

/* As many whole groups of four letters as begin at p. Returns the groups; three bytes each go to `to`. */
static size_t
base64_groups(const uint8_t table[256], const uint8_t *p, size_t n, char *to)
{
	size_t groups = 0;

	for (; n >= 4; p += 4, n -= 4, groups++) {
		uint8_t a = table[p[0]], b = table[p[1]], c = table[p[2]], d = table[p[3]];

		if ((a | b | c | d) >= B64_PAD)
			break;
		*to++ = (char)(a << 2 | b >> 4);
		*to++ = (char)(b << 4 | c >> 2);
		*to++ = (char)(c << 6 | d);
	}
	return groups;
}

/* One letter at a time, where lines, padding or junk come between. */
struct base64 {
	uint32_t bits;
	size_t have, pads;
	bool clean;
};

static size_t
base64_byte(struct base64 *s, uint8_t v, char *to)
{
	if (v < B64_PAD && s->pads == 0) {
		s->bits = s->bits << 6 | v;
		if (++s->have % 4 != 0)
			return 0;
		to[0] = (char)(s->bits >> 16);
		to[1] = (char)(s->bits >> 8);
		to[2] = (char)s->bits;
		return 3;
	}
	if (v == B64_PAD)
		s->pads++;
	else if (v != B64_BLANK)
		s->clean = false;
	return 0;
}

bool
transfer_decode_base64(struct span in, struct buf *out)
{
	const uint8_t *p = (const uint8_t *)in.p;
	char *room = buf_room(out, in.n / 4 * 3 + 3), *to = room;
	struct base64 s = { .clean = true };
	uint8_t table[256];

	if (room == NULL) {
		out->over = true;
		return false;
	}
	base64_table(table);
	for (size_t i = 0; i < in.n; i++) {
		size_t groups =
		    s.have % 4 == 0 && s.pads == 0 ? base64_groups(table, p + i, in.n - i, to) : 0;

		to += groups * 3;
		i += groups * 4;
		if (i < in.n)
			to += base64_byte(&s, table[p[i]], to);
	}
	if (s.have % 4 >= 2)
		*to++ = (char)(s.have % 4 == 2 ? s.bits >> 4 : s.bits >> 10);
	if (s.have % 4 == 3)
		*to++ = (char)(s.bits >> 2);
	buf_grew(out, (size_t)(to - room));
	return s.clean && s.have % 4 != 1 && s.pads <= 2 && (s.have + s.pads) % 4 == 0;
}

size_t
qp_character(struct span s)
{
	return s.n > 2 && s.p[0] == '=' && hex_digit(s.p[1]) >= 0 && hex_digit(s.p[2]) >= 0 ? 3 : 1;
}

/* One encoded line without its line end. Returns whether it ended in a soft break. */
static bool
decode_qp_line(struct span line, struct buf *out, bool *clean)
{
	bool soft;

	while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
		line.n--;
	soft = line.n > 0 && line.p[line.n - 1] == '=';
	line.n -= soft;
	while (line.n > 0) {
		ptrdiff_t eq = span_find(line, '=');
		size_t n;

		buf_span(out, span_first(line, eq < 0 ? line.n : (size_t)eq));
		if (eq < 0)
			break;
		line = span_from(line, (size_t)eq);
		n = qp_character(line);
		if (n == 1)
			*clean = false;
		buf_byte(
		    out, n == 1 ? '=' : (char)(hex_digit(line.p[1]) << 4 | hex_digit(line.p[2])));
		line = span_from(line, n);
	}
	return soft;
}

bool
transfer_decode_qp(struct span in, struct buf *out)
{
	bool clean = true;

	while (in.n > 0) {
		ptrdiff_t lf = span_find(in, '\n');
		struct span line = span_first(in, lf < 0 ? in.n : (size_t)lf);
		size_t end = lf < 0 ? 0 : 1;

		if (end == 1 && line.n > 0 && line.p[line.n - 1] == '\r') {
			line.n--;
			end++;
		}
		if (!decode_qp_line(line, out, &clean))
			buf_span(out, span_of(line.p + line.n, end));
		in = span_from(in, line.n + end);
	}
	return clean;
}

bool
transfer_decode(enum transfer how, struct span in, struct buf *out)
{
	if (how == TRANSFER_BASE64)
		return transfer_decode_base64(in, out);
	if (how == TRANSFER_QP)
		return transfer_decode_qp(in, out);
	buf_span(out, in);
	return how != TRANSFER_OTHER;
}

/* n bytes, three at a time; a rest of one or two is padded when pad is set. Returns the characters written. */
static size_t
encode_run(char *to, const uint8_t *p, size_t n, const char *letters, bool pad)
{
	char *at = to;

	for (; n >= 3; p += 3, n -= 3) {
		*at++ = letters[p[0] >> 2];
		*at++ = letters[(p[0] & 3) << 4 | p[1] >> 4];
		*at++ = letters[(p[1] & 15) << 2 | p[2] >> 6];
		*at++ = letters[p[2] & 63];
	}
	if (n == 0)
		return (size_t)(at - to);
	*at++ = letters[p[0] >> 2];
	*at++ = letters[(p[0] & 3) << 4 | (n == 2 ? p[1] >> 4 : 0)];
	if (n == 2)
		*at++ = letters[(p[1] & 15) << 2];
	for (; pad && n < 3; n++)
		*at++ = '=';
	return (size_t)(at - to);
}

void
transfer_encode_base64(struct span in, size_t line, struct buf *out)
{
	size_t step = line == 0 ? in.n : line / 4 * 3;

	for (bool first = true; in.n > 0; first = false) {
		size_t n = in.n < step ? in.n : step;
		char *room = buf_room(out, (n + 2) / 3 * 4 + 2);

		if (room == NULL) {
			out->over = true;
			return;
		}
		if (!first)
			memcpy(room, "\r\n", 2);
		buf_grew(out, first ? 0 : 2);
		buf_grew(out,
		    encode_run(room + (first ? 0 : 2), (const uint8_t *)in.p, n, alphabet, true));
		in = span_from(in, n);
	}
}

void
transfer_encode_base64url(struct span in, struct buf *out)
{
	char *room = buf_room(out, (in.n + 2) / 3 * 4);

	if (room == NULL)
		out->over = true;
	else if (in.n > 0)
		buf_grew(out, encode_run(room, (const uint8_t *)in.p, in.n, alphabet_url, false));
}

int
transfer_decode_base64url(struct span in, struct buf *out)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < in.n; i++) {
		int v = sextet(in.p[i], '-', '_');

		if (v < 0)
			return -1;
		bits = (bits << 6 | (uint32_t)v) & 0xffffff;
		if (i % 4 != 0)
			buf_byte(out, (char)(bits >> (i % 4 == 1 ? 4 : i % 4 == 2 ? 2 : 0)));
	}
	if (in.n % 4 == 1 || (in.n % 4 == 2 && (bits & 15) != 0) ||
	    (in.n % 4 == 3 && (bits & 3) != 0))
		return -1;
	return 0;
}

static void
qp_soft_break(struct qp_writer *w)
{
	buf_add(w->out, "=\r\n", 3);
	w->column = 0;
}

/* Must the byte be escaped? Before a line end white space must (RFC 2045 6.7 (3)); "--" and "." at the start
 * of a line are, so that no line we make looks like a boundary or the end of data. */
static bool
qp_escaped(uint8_t c, bool before_end, size_t column)
{
	if (c == ' ' || c == '\t')
		return before_end;
	if (column == 0 && (c == '-' || c == '.'))
		return true;
	return c < 33 || c > 126 || c == '=';
}

void
qp_put(struct qp_writer *w, struct span in)
{
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = (uint8_t)in.p[i];
		bool end =
		    i + 1 == in.n || (in.p[i + 1] == '\r' && i + 2 < in.n && in.p[i + 2] == '\n');
		size_t wide;

		if (c == '\r' && i + 1 < in.n && in.p[i + 1] == '\n') {
			buf_add(w->out, "\r\n", 2);
			w->column = 0;
			i++;
			continue;
		}
		wide = qp_escaped(c, end, w->column) ? 3 : 1;
		if (w->column + wide > TRANSFER_LINE - 1) {
			qp_soft_break(w);
			wide = qp_escaped(c, end, 0) ? 3 : 1;
		}
		if (wide == 1)
			buf_byte(w->out, (char)c);
		else
			buf_add(w->out, (const char[]){ '=', hex[c >> 4], hex[c & 15] }, 3);
		w->column += wide;
	}
}
