/* sum.h: how generator and sink agree whether a message came unchanged.
 *
 * The generator writes two header lines: "X-Bench: RUN-N" names the message, "X-Bench-Sum: LENGTH SUM" gives
 * length (decimal) and checksum (16 hexadecimal digits) of the body with dots unstuffed, CRLF line ends included. */
#pragma once

#include "span.h"

/* 64 bits over the bytes, eight at a time; no defence against intent. */
uint64_t sum_of(struct span body);

struct sum_facts {
	struct span number; /* RUN-N; empty when the message has none */
	bool unchanged;     /* the body has the length and checksum its header names */
};

/* Looks at a whole message, dots unstuffed. number points into it. */
struct sum_facts sum_check(struct span message);

/* Removes the dot that was put before lines beginning with one, in place; answers the new length. */
size_t sum_unstuff(char *p, size_t n);
