/* model.h: a linear model of words, for replies that no rule knows: which category, and how sure.
 *
 * Multinomial logistic regression over features.h. Its weights are numbers that bouncd-train(1) of the source tree
 * wrote: etc/bounces.model, built into the program, sealed by a checksum. The answer is calibrated: of those given with
 * 80, four in five are right, also on texts that were not trained with (bouncd-train prints how that was found). Pure. */
#pragma once

#include "features.h"
#include "verdict.h"

#include "err.h"

enum { MODEL_CATEGORIES = CATEGORY_OTHER + 1, MODEL_ROWS_MAX = 60000 };

struct model;

struct guess {
	enum category category; /* CATEGORY_NONE: no idea */
	uint8_t confidence;     /* percent, of that category */
	uint8_t hard;           /* percent, that it is one that condemns the address */
};

/* The bytes of a weights file, which must stay. NULL: err says what is wrong with them. */
struct model *model_open(struct span bytes, struct err *);
void model_free(struct model *);
/* The built-in one; never freed. */
const struct model *model_shipped(void);

struct guess model_guess(const struct model *, const struct features *);

/* ---- the file, for the trainer ---- */

/* Little-endian: head, bias for each category, rows in order of hash, CRC-32C of all before it. */
struct model_head {
	char magic[8]; /* "phmodel1" */
	uint32_t rows, categories;
	uint32_t scale; /* a weight of 1 stands for 1000/scale */
	uint32_t zero;
};

struct model_row {
	uint32_t hash;
	int8_t weight[MODEL_CATEGORIES];
	int8_t zero;
};
_Static_assert(sizeof(struct model_row) == 4 + MODEL_CATEGORIES + 1, "no holes");
