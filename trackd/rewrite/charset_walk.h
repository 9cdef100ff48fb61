/* charset_walk.h: a view of text in a charset that switches, in the making (charset_view.c, charset_iso2022.c). */
#pragma once

#include "charset.h"

enum { VIEW_OTHER = '\xff' };
/* In a map: the character stands in a run of UTF-7 that begins there. */
#define VIEW_INSIDE 0x80000000u

struct view {
	const char *name; /* of the charset, as iconv has it */
	struct span in;
	size_t at; /* next byte of in */
	char *text;
	uint32_t *map;
	size_t n;
};

void view_put(struct view *, size_t place, char);

/* -1: not of that charset, or not back to ASCII at the end. */
int view_iso2022(struct view *);
int view_hz(struct view *);
