/* acks.h: which of a worker's results are settled (pure): it may forget all up to a number, so gaps hold it back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acks {
	uint64_t base; /* the lowest number not yet acknowledged */
	uint64_t end;  /* one above the highest got */
	uint8_t *settled;
	size_t cap; /* a power of two; slot = number % cap */
	uint64_t said;
};

/* A result arrived. Numbers count up; one at or below what is settled is fine, and settled. */
void acks_got(struct acks *, uint64_t number);
void acks_settled(struct acks *, uint64_t number);
/* The highest number to acknowledge now, 0: nothing new since the last call. */
uint64_t acks_due(struct acks *);
void acks_free(struct acks *); /* empty again: a new worker */
