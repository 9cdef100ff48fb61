#include "folded.h"

#include <string.h>

/* U+00C0..U+017F, what a letter becomes, two bytes each; a space for the second: nothing. "--": no letter. */
static const char latin[] = "a a a a a a aec e e e e i i i i "  /* C0 */
			    "d n o o o o o --o u u u u y thss"  /* D0 */
			    "a a a a a a aec e e e e i i i i "  /* E0 */
			    "d n o o o o o --o u u u u y thy "  /* F0 */
			    "a a a a a a c c c c c c c c d d "  /* 100 */
			    "d d e e e e e e e e e e g g g g "  /* 110 */
			    "g g g g h h h h i i i i i i i i "  /* 120 */
			    "i i ijijj j k k k l l l l l l l "  /* 130 */
			    "l l l n n n n n n n n n o o o o "  /* 140 */
			    "o o oeoer r r r r r s s s s s s "  /* 150 */
			    "s s t t t t t t u u u u u u u u "  /* 160 */
			    "u u u u w w y y y z z z z z z s "; /* 170 */

/* Other characters, one for another. */
static const struct {
	unsigned from, to, become, step; /* step 1: a run of capitals; 0: all become the same */
} ranges[] = {
	{ 0x218, 0x219, 's', 0 }, /* Romanian, with a comma */
	{ 0x21a, 0x21b, 't', 0 },
	{ 0x386, 0x386, 0x3b1, 0 }, /* Greek with tonos */
	{ 0x388, 0x388, 0x3b5, 0 },
	{ 0x389, 0x389, 0x3b7, 0 },
	{ 0x38a, 0x38a, 0x3b9, 0 },
	{ 0x38c, 0x38c, 0x3bf, 0 },
	{ 0x38e, 0x38e, 0x3c5, 0 },
	{ 0x38f, 0x38f, 0x3c9, 0 },
	{ 0x390, 0x390, 0x3b9, 0 },
	{ 0x391, 0x3a9, 0x3b1, 1 },
	{ 0x3ac, 0x3ac, 0x3b1, 0 },
	{ 0x3ad, 0x3ad, 0x3b5, 0 },
	{ 0x3ae, 0x3ae, 0x3b7, 0 },
	{ 0x3af, 0x3af, 0x3b9, 0 },
	{ 0x3ca, 0x3ca, 0x3b9, 0 },
	{ 0x3cb, 0x3cb, 0x3c5, 0 },
	{ 0x3cc, 0x3cc, 0x3bf, 0 },
	{ 0x3cd, 0x3cd, 0x3c5, 0 },
	{ 0x3ce, 0x3ce, 0x3c9, 0 },
	{ 0x401, 0x401, 0x435, 0 }, /* Yo */
	{ 0x400, 0x40f, 0x450, 1 },
	{ 0x410, 0x42f, 0x430, 1 },
	{ 0x451, 0x451, 0x435, 0 },
	{ 0x2010, 0x2015, '-', 0 },
	{ 0x2018, 0x201b, '\'', 0 },
	{ 0x201c, 0x201f, '"', 0 },
	{ 0xff01, 0xff5e, 0x21, 1 }, /* full width */
	{ 0x2000, 0x200a, ' ', 0 },
	{ 0x202f, 0x202f, ' ', 0 },
	{ 0x3000, 0x3000, ' ', 0 },
	{ 0xa0, 0xa0, ' ', 0 },
	{ 0xb4, 0xb4, '\'', 0 },
	{ 0xad, 0xad, 0, 0 }, /* soft hyphen, zero width, combining accents: nothing */
	{ 0x200b, 0x200f, 0, 0 },
	{ 0xfeff, 0xfeff, 0, 0 },
	{ 0x300, 0x36f, 0, 0 },
};

struct writer {
	char *p;
	size_t n;
};

static void
put_byte(struct writer *w, char c)
{
	if (c != ' ' || (w->n > 0 && w->p[w->n - 1] != ' '))
		w->p[w->n++] = c;
}

static void
put_ascii(struct writer *w, char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c | 32);
	put_byte(w, c == '`' ? '\'' : (unsigned char)c <= ' ' ? ' ' : c);
}

static void
put(struct writer *w, unsigned c)
{
	if (c == 0)
		return;
	if (c < 0x80)
		put_ascii(w, (char)c);
	else if (c < 0x800) {
		w->p[w->n++] = (char)(0xc0 | c >> 6);
		w->p[w->n++] = (char)(0x80 | (c & 0x3f));
	} else {
		w->p[w->n++] = (char)(0xe0 | c >> 12);
		w->p[w->n++] = (char)(0x80 | (c >> 6 & 0x3f));
		w->p[w->n++] = (char)(0x80 | (c & 0x3f));
	}
}

static void
put_character(struct writer *w, unsigned c)
{
	const char *letter = c >= 0xc0 && c < 0x180 ? latin + 2 * (c - 0xc0) : "--";

	if (letter[0] != '-') {
		put_byte(w, letter[0]);
		if (letter[1] != ' ')
			put_byte(w, letter[1]);
		return;
	}
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].from && c <= ranges[i].to) {
			c = ranges[i].become + ranges[i].step * (c - ranges[i].from);
			break;
		}
	put(w, c);
}

/* The character of two or three bytes at i; 0: none is there, or one of four bytes. */
static size_t
character(struct span s, size_t i, unsigned *c)
{
	unsigned char a = (unsigned char)s.p[i], b, d;

	if (a < 0xc2 || a >= 0xf0 || i + 1 >= s.n)
		return 0;
	b = (unsigned char)s.p[i + 1];
	if (a < 0xe0) {
		*c = (a & 0x1fu) << 6 | (b & 0x3f);
		return (b & 0xc0) == 0x80 ? 2 : 0;
	}
	if (i + 2 >= s.n)
		return 0;
	d = (unsigned char)s.p[i + 2];
	*c = (a & 0xfu) << 12 | (b & 0x3fu) << 6 | (d & 0x3f);
	return (b & 0xc0) == 0x80 && (d & 0xc0) == 0x80 && *c >= 0x800 ? 3 : 0;
}

struct span
folded(struct span s, struct arena *a)
{
	struct writer w = { 0 };
	size_t length;
	unsigned c;

	s = span_first(s, FOLDED_MAX);
	w.p = arena_alloc(a, s.n + 1); /* no character grows */
	for (size_t i = 0; i < s.n; i += length) {
		length = 1;
		if ((s.p[i] & 0x80) == 0) {
			put_ascii(&w, s.p[i]);
			continue;
		}
		if ((length = character(s, i, &c)) > 0) {
			put_character(&w, c);
			continue;
		}
		w.p[w.n++] = s.p[i];
		length = 1;
	}
	return span_of(w.p, w.n);
}
