#include "charset.h"
#include "charset_walk.h"

#include <string.h>

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
		text[i] = c < 0x80 ? (char)c : VIEW_OTHER;
	}
	*out = (struct charset_view){ span_of(text, n), NULL, cs->unit, cs->skip };
	return high ? -1 : 0;
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

/* RFC 2152: a run of base64 between "+" and whatever is none of its letters. ASCII in it is valid and means what it
 * means, but nothing can be cut there. */
static void
utf7_run(struct view *v)
{
	uint32_t bits = 0, unit;
	unsigned have = 0;
	size_t start = v->at++;

	if (v->at < v->in.n && v->in.p[v->at] == '-') {
		view_put(v, start, '+');
		v->at++;
		return;
	}
	for (; v->at < v->in.n && base64_letter(v->in.p[v->at]); v->at++) {
		bits = bits << 6 | (uint32_t)sextet(v->in.p[v->at]);
		have += 6;
		if (have < 16)
			continue;
		have -= 16;
		unit = bits >> have & 0xffff;
		view_put(v, start | VIEW_INSIDE, unit < 0x80 ? (char)unit : VIEW_OTHER);
	}
	if (v->at < v->in.n && v->in.p[v->at] == '-')
		v->at++;
}

static int
view_utf7(struct view *v)
{
	while (v->at < v->in.n) {
		char c = v->in.p[v->at];

		if ((uint8_t)c >= 0x80)
			return -1;
		if (c == '+') {
			utf7_run(v);
			continue;
		}
		view_put(v, v->at++, c);
	}
	return 0;
}

int
charset_view(
    const struct charset *cs, struct span in, struct arena *arena, struct charset_view *out)
{
	struct view v = { .name = cs->name, .in = in };
	int result;

	*out = (struct charset_view){ in, NULL, 1, 0 };
	if (cs->shape == CHARSET_BYTES)
		return 0;
	if (cs->shape == CHARSET_UNITS)
		return view_units(cs, in, arena, out);
	if (in.n >= VIEW_INSIDE / sizeof(*v.map))
		return -1;
	v.text = arena_alloc(arena, in.n + 1);
	v.map = arena_alloc(arena, (in.n + 1) * sizeof(*v.map));
	if (cs->shape == CHARSET_ISO2022)
		result = view_iso2022(&v);
	else if (cs->shape == CHARSET_HZ)
		result = view_hz(&v);
	else
		result = view_utf7(&v);
	v.map[v.n] = (uint32_t)in.n;
	*out = (struct charset_view){ span_of(v.text, v.n), v.map, 1, 0 };
	return result;
}

size_t
charset_place(const struct charset_view *v, size_t index)
{
	return v->map != NULL ? v->map[index] & ~VIEW_INSIDE : v->skip + index * v->unit;
}

size_t
charset_place_end(const struct charset_view *v, size_t index)
{
	if (v->map == NULL)
		return charset_place(v, index);
	return index == 0 ? 0 : (v->map[index - 1] & ~VIEW_INSIDE) + 1;
}

bool
charset_can_cut(const struct charset_view *v, size_t index)
{
	return v->map == NULL || (v->map[index] & VIEW_INSIDE) == 0;
}
