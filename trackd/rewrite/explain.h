/* explain.h: what a rewriting changes in a message, for a person to read. */
#pragma once

#include "rewrite.h"

#include <stdio.h>

/* What is odd in the message, with its place; each link with where it leads and what stands in its place, the pixel, parts whose encoding changes, and a line that
 * sums up. */
void explain_print(
    FILE *, const struct rewrite_plan *, struct token_sealer *, const struct rewrite_recipient *);
