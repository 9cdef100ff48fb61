/* span.h: a look at bytes somebody else owns.
 *
 * Pointer and length; valid as long as the owner is. May hold any byte, NUL too. No str*() on what came
 * from the network: these functions instead. Letters are ASCII; case folding touches A-Z alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *p;
	size_t n; /* bytes */
};

/* For printf's "%.*s". */
#define SPAN(s) (int)(s).n, (s).p
/* A span of a string literal, usable as a constant. */
#define SPAN_LIT(s) ((struct span){ (s), sizeof(s) - 1 })

struct span span_of(const void *p, size_t n);
struct span span_str(const char *s); /* s may be NULL: empty */

/* Letters are A-Z in all that follows: no locale. */
char span_low(char);
void span_lower(char *to, struct span); /* to has room for s.n; in place is fine */

bool span_eq(struct span, struct span);
bool span_eq_nocase(struct span, struct span);
bool span_is(struct span, const char *s); /* equal to the string */
bool span_is_nocase(struct span, const char *s);
bool span_starts(struct span, const char *prefix);
bool span_starts_nocase(struct span, const char *prefix);
bool span_ends_nocase(struct span, const char *suffix);
/* * and ? over a name, whatever the case. Time is at most the product of both lengths. */
bool span_glob(struct span glob, struct span name);
int span_cmp(struct span, struct span); /* as memcmp, the shorter first */

/* Position of the first such byte (or string), or -1. */
ptrdiff_t span_find(struct span, char c);
ptrdiff_t span_find_last(struct span, char c);
ptrdiff_t span_find_str(struct span, const char *s);
ptrdiff_t span_find_nocase(struct span, const char *s);

struct span span_from(struct span, size_t start); /* past the end: empty */
struct span span_first(struct span, size_t n);    /* at most n bytes */
/* White space of headers and of what people type: a space, a tab, CR, LF. */
static inline bool
span_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
struct span span_trim(struct span); /* without white space at both ends */

/* Cuts at the first sep: what is before it is returned, *rest begins behind it. Without a sep the whole is
 * returned and *rest is empty. s itself may be *rest. */
struct span span_cut(struct span s, char sep, struct span *rest);
/* The next word between spaces and tabs; empty when there is none. */
struct span span_word(struct span s, struct span *rest);

/* Decimal digits only, no sign, the whole span; -1 if it is no number or above max. */
int span_u64(struct span, uint64_t max, uint64_t *out);

/* FNV-1a, 64 bits; nocase folds A-Z. Not for keys an attacker chooses without bound. */
uint64_t span_hash(struct span);
uint64_t span_hash_nocase(struct span);
