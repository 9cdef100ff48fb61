/* charset_table.h: the charsets that mail comes in, by their labels. */
#pragma once

#include "charset.h"

enum { CHARSET_KNOWN = 92 };

/* Labels without punctuation, in lower case; iconv's name; shape. The first of a name opens the converter. The pairs that
 * browsers read as the larger one are given as that (WHATWG Encoding 4.2). */
extern const struct charset_row {
	const char *label, *name;
	enum charset_shape shape;
	unsigned unit;
	bool little;
} charset_known[CHARSET_KNOWN];
