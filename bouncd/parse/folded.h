/* folded.h: text folded for looking up words: what differs only in case, accents, white space or quotes becomes equal. Pure.
 *
 * Letters become lower case: Latin ones lose their accents and ligatures (a for ä, ss for ß, ae for æ, l for ł), Greek ones
 * their tonos; Cyrillic ones stay letters of their own, Ё becomes е. White space in a row, no-break spaces too, is one
 * space; typographic quotes and dashes are ASCII ones; zero-width characters go; everything else stays. */
#pragma once

#include "arena.h"

enum { FOLDED_MAX = 64 * 1024 }; /* bytes that are looked at */

/* s is UTF-8, well-formed or not; the result lives in the arena. */
struct span folded(struct span s, struct arena *);
