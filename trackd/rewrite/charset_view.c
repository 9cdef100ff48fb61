#include "charset.h"

#include <string.h>

enum { OTHER = '\xff' };

/* A view in the making. */
struct view {
	struct span in;
	size_t at; /* next byte of in */
	char *text;
	uint32_t *map;
	size_t n;
};

static void
put(struct view *v, size_t place, char c)
{
	v->map[v->n] = (uint32_t)place;
	v->text[v->n++] = c;
}

static uint32_t
unit_at(const struct charset *cs, const uint8_t *p)
{
	uint32_t c = 0;

	for (unsigned i = 0; i < cs->unit; i++)
		c |= (uint32_t)p[i] << 8 * (cs->little ? i : cs->unit - 1 - i);
	return c;
}

/* UTF-16 and UTF-32: an index is a unit, so there is no map. A lone surrogate is not valid. */
static int
view_units(const struct charset *cs, struct span in, struct arena *arena, struct charset_view *out)
{
	struct span body = span_from(in, cs->skip);
	size_t n = body.n / cs->unit;
	char *text = arena_alloc(arena, n + 1);
	bool high = false;

	if (body.n % cs->unit != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t c = unit_at(cs, (const uint8_t *)body.p + i * cs->unit);
		bool low = c >= 0xdc00 && c < 0xe000;

		if (low != high || c > 0x10ffff || c == 0xfffd)
			return -1;
		high = c >= 0xd800 && c < 0xdc00;
		if (high && cs->unit == 4)
			return -1;
		text[i] = c < 0x80 ? (char)c : OTHER;
	}
	*out = (struct charset_view){ span_of(text, n), NULL, cs->unit, cs->skip };
	return high ? -1 : 0;
}

/* ISO-2022-JP (RFC 1468) and -KR (RFC 1557): what is in force. */
struct iso2022 {
	bool wide;    /* escaped to two bytes a character */
	bool ascii;   /* one byte, and all of ASCII; else JIS X 0201, where two characters differ */
	bool shifted; /* SO: two bytes a character */
};

/* Reads the escape sequence at v->at; its length, 0: none that is known. */
static size_t
escape(const struct view *v, struct iso2022 *state)
{
	static const struct {
		const char *bytes;
		bool ascii, wide, names_g1;
	} known[] = {
		{ "\033(B", true, false, false },
		{ "\033(J", false, false, false },
		{ "\033$@", false, true, false },
		{ "\033$B", false, true, false },
		{ "\033$)C", false, false, true },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!span_starts(span_from(v->in, v->at), known[i].bytes))
			continue;
		if (!known[i].names_g1) {
			state->ascii = known[i].ascii;
			state->wide = known[i].wide;
		}
		return strlen(known[i].bytes);
	}
	return 0;
}

static int
iso2022_step(struct view *v, struct iso2022 *state)
{
	uint8_t c = (uint8_t)v->in.p[v->at];
	size_t step = 1;

	if (c >= 0x80)
		return -1;
	if (c == 033) {
		step = escape(v, state);
		if (step == 0)
			return -1;
	} else if (c == 016 || c == 017)
		state->shifted = c == 016;
	else if (c > ' ' && (state->wide || state->shifted)) {
		put(v, v->at, OTHER);
		step = 2;
	} else
		put(v, v->at, state->ascii || (c != '\\' && c != '~') ? (char)c : OTHER);
	if (c == '\n')
		state->shifted = false;
	v->at += step;
	return 0;
}

static int
view_iso2022(struct view *v)
{
	struct iso2022 state = { .ascii = true };

	while (v->at < v->in.n)
		if (iso2022_step(v, &state) == -1)
			return -1;
	return state.wide || state.shifted ? -1 : 0;
}

static bool
base64_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	return c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : 63;
}

/* RFC 2152: a run of base64 between "+" and whatever is none of its letters. ASCII in it is valid, but markup there
 * could not be cut: then the whole is left alone. */
static int
utf7_run(struct view *v)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t start = v->at++;

	if (v->at < v->in.n && v->in.p[v->at] == '-') {
		put(v, start, '+');
		v->at++;
		return 0;
	}
	for (; v->at < v->in.n && base64_letter(v->in.p[v->at]); v->at++) {
		bits = bits << 6 | (uint32_t)sextet(v->in.p[v->at]);
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		if ((bits >> have & 0xffff) < 0x80)
			return -1;
		put(v, start, OTHER);
	}
	if (v->at < v->in.n && v->in.p[v->at] == '-')
		v->at++;
	return 0;
}

static int
view_utf7(struct view *v)
{
	while (v->at < v->in.n) {
		char c = v->in.p[v->at];

		if ((uint8_t)c >= 0x80)
			return -1;
		if (c == '+') {
			if (utf7_run(v) == -1)
				return -1;
			continue;
		}
		put(v, v->at++, c);
	}
	return 0;
}

int
charset_view(
    const struct charset *cs, struct span in, struct arena *arena, struct charset_view *out)
{
	struct view v = { .in = in };
	int result;

	*out = (struct charset_view){ in, NULL, 1, 0 };
	if (cs->shape == CHARSET_BYTES)
		return 0;
	if (cs->shape == CHARSET_UNITS)
		return view_units(cs, in, arena, out);
	if (in.n >= UINT32_MAX / sizeof(*v.map))
		return -1;
	v.text = arena_alloc(arena, in.n + 1);
	v.map = arena_alloc(arena, (in.n + 1) * sizeof(*v.map));
	if (cs->shape == CHARSET_ISO2022)
		result = view_iso2022(&v);
	else
		result = view_utf7(&v);
	v.map[v.n] = (uint32_t)in.n;
	*out = (struct charset_view){ span_of(v.text, v.n), v.map, 1, 0 };
	return result;
}

size_t
charset_place(const struct charset_view *v, size_t index)
{
	return v->map != NULL ? v->map[index] : v->skip + index * v->unit;
}

size_t
charset_place_end(const struct charset_view *v, size_t index)
{
	if (v->map == NULL)
		return charset_place(v, index);
	return index == 0 ? 0 : v->map[index - 1] + 1;
}
