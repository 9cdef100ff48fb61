#include "charset_walk.h"

#include <string.h>

void
view_put(struct view *v, size_t place, char c)
{
	v->map[v->n] = (uint32_t)place;
	v->text[v->n++] = c;
}

/* ISO-2022-JP and what came after it (RFC 1468, 1554), -KR (RFC 1557), -CN (RFC 1922): what is in force. */
struct iso2022 {
	unsigned width; /* bytes of a character that is not of ASCII; 0: ASCII */
	bool roman;     /* JIS X 0201 in place of ASCII: two characters differ */
	bool shifted;   /* SO: two bytes a character */
	char family;
	unsigned single[2]; /* bytes of a character behind ESC N, ESC O; 0: none is named */
};

enum escape { NAMES_G0, NAMES_G1, NAMES_G2, NAMES_G3 };

/* Which of them the C library knows in which charset: to it others are text. */
static const struct {
	const char *bytes, *in;
	enum escape what;
	unsigned width;
	bool roman;
} escapes[] = {
	{ "\033(B", "J23", NAMES_G0, 0, false },
	{ "\033(J", "J23", NAMES_G0, 0, true },
	{ "\033(I", "3", NAMES_G0, 1, false },
	{ "\033$@", "J23", NAMES_G0, 2, false },
	{ "\033$A", "2", NAMES_G0, 2, false },
	{ "\033$B", "J23", NAMES_G0, 2, false },
	{ "\033$(C", "2", NAMES_G0, 2, false },
	{ "\033$(D", "2", NAMES_G0, 2, false },
	{ "\033$(O", "3", NAMES_G0, 2, false },
	{ "\033$(P", "3", NAMES_G0, 2, false },
	{ "\033$(Q", "3", NAMES_G0, 2, false },
	{ "\033$)A", "CE", NAMES_G1, 2, false },
	{ "\033$)C", "K", NAMES_G1, 2, false },
	{ "\033$)E", "E", NAMES_G1, 2, false },
	{ "\033$)G", "CE", NAMES_G1, 2, false },
	{ "\033.A", "2", NAMES_G2, 1, false },
	{ "\033.F", "2", NAMES_G2, 1, false },
	{ "\033$*H", "CE", NAMES_G2, 2, false },
	{ "\033$+I", "E", NAMES_G3, 2, false },
	{ "\033$+J", "E", NAMES_G3, 2, false },
	{ "\033$+K", "E", NAMES_G3, 2, false },
	{ "\033$+L", "E", NAMES_G3, 2, false },
	{ "\033$+M", "E", NAMES_G3, 2, false },
};

static char
family(const char *name)
{
	static const struct {
		const char *name;
		char letter;
	} families[] = { { "ISO-2022-JP", 'J' }, { "ISO-2022-JP-2", '2' }, { "ISO-2022-JP-3", '3' },
		{ "ISO-2022-KR", 'K' }, { "ISO-2022-CN", 'C' }, { "ISO-2022-CN-EXT", 'E' } };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strcmp(name, families[i].name) == 0)
			return families[i].letter;
	return '\0';
}

/* Reads the escape sequence at v->at, with the one character that ESC N or ESC O is for. Its length; 0: none that is
 * known. */
static size_t
escape(struct view *v, struct iso2022 *state)
{
	struct span s = span_from(v->in, v->at);

	if (s.n > 1 && (s.p[1] == 'N' || s.p[1] == 'O')) {
		unsigned width = state->single[s.p[1] == 'O'];

		view_put(v, v->at, VIEW_OTHER);
		return width == 0 || s.n < 2 + width ? 0 : 2 + width;
	}
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (!span_starts(s, escapes[i].bytes) ||
		    strchr(escapes[i].in, state->family) == NULL)
			continue;
		if (escapes[i].what == NAMES_G0) {
			state->width = escapes[i].width;
			state->roman = escapes[i].roman;
		} else if (escapes[i].what >= NAMES_G2)
			state->single[escapes[i].what == NAMES_G3] = escapes[i].width;
		return strlen(escapes[i].bytes);
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
	else if (c > ' ' && (state->width > 0 || state->shifted)) {
		view_put(v, v->at, VIEW_OTHER);
		step = state->shifted ? 2 : state->width;
	} else
		view_put(v, v->at, state->roman && (c == '\\' || c == '~') ? VIEW_OTHER : (char)c);
	if (c ==
	    '\n') /* RFC 1922, RFC 1554: what SO and ESC N are for must be said anew on each line */
		state->shifted = false;
	v->at += step;
	return 0;
}

int
view_iso2022(struct view *v)
{
	struct iso2022 state = { .family = family(v->name) };

	while (v->at < v->in.n)
		if (iso2022_step(v, &state) == -1)
			return -1;
	return state.width > 0 || state.shifted || v->at > v->in.n ? -1 : 0;
}

/* HZ (RFC 1843): ~{ and ~} switch, ~~ is a tilde, and a tilde before a line end joins the lines. */
int
view_hz(struct view *v)
{
	bool wide = false;

	for (; v->at < v->in.n; v->at++) {
		char c = v->in.p[v->at], next = v->at + 1 < v->in.n ? v->in.p[v->at + 1] : '\0';

		if ((uint8_t)c >= 0x80 || (wide && (uint8_t)c <= ' '))
			return -1;
		if (c == '~' && next == (wide ? '}' : '{'))
			wide = !wide;
		else if (wide)
			view_put(v, v->at, VIEW_OTHER);
		else if (c == '~' && next == '~')
			view_put(v, v->at, '~');
		else if (c == '~' && next != '\n')
			return -1;
		else if (c != '~') {
			view_put(v, v->at, c);
			continue;
		}
		v->at++;
	}
	return wide || v->at > v->in.n ? -1 : 0;
}
