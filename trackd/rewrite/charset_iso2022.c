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
	unsigned single[2]; /* bytes of a character behind ESC N, ESC O; 0: none is named */
};

enum escape { NAMES_G0, NAMES_G1, NAMES_G2, NAMES_G3 };

static const struct {
	const char *bytes;
	enum escape what;
	unsigned width;
	bool roman;
} escapes[] = {
	{ "\033(B", NAMES_G0, 0, false },
	{ "\033(J", NAMES_G0, 0, true },
	{ "\033(I", NAMES_G0, 1, false },
	{ "\033$@", NAMES_G0, 2, false },
	{ "\033$A", NAMES_G0, 2, false },
	{ "\033$B", NAMES_G0, 2, false },
	{ "\033$(C", NAMES_G0, 2, false },
	{ "\033$(D", NAMES_G0, 2, false },
	{ "\033$(O", NAMES_G0, 2, false },
	{ "\033$(P", NAMES_G0, 2, false },
	{ "\033$(Q", NAMES_G0, 2, false },
	{ "\033$)A", NAMES_G1, 2, false },
	{ "\033$)C", NAMES_G1, 2, false },
	{ "\033$)E", NAMES_G1, 2, false },
	{ "\033$)G", NAMES_G1, 2, false },
	{ "\033.A", NAMES_G2, 1, false },
	{ "\033.F", NAMES_G2, 1, false },
	{ "\033$*H", NAMES_G2, 2, false },
	{ "\033$+I", NAMES_G3, 2, false },
	{ "\033$+J", NAMES_G3, 2, false },
	{ "\033$+K", NAMES_G3, 2, false },
	{ "\033$+L", NAMES_G3, 2, false },
	{ "\033$+M", NAMES_G3, 2, false },
};

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
		if (!span_starts(s, escapes[i].bytes))
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
	if (c == '\n') /* RFC 1922, RFC 1554: what SO and ESC N are for must be said anew on each line */
		state->shifted = false;
	v->at += step;
	return 0;
}

int
view_iso2022(struct view *v)
{
	struct iso2022 state = { .roman = false };

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
