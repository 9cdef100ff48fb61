/* fit.h: weights from items: multinomial logistic regression by AdaGrad, with decay, then rounded to bytes. */
#pragma once

#include "items.h"

#include "buf.h"

struct fit_settings {
	unsigned rounds, rows;
	double rate, decay; /* of a step; of all weights after each round */
	double sharpness;   /* all logits times this: what makes confidence true */
	double own;         /* what a phrase of our own counts, beside a reply of the truth */
};

extern const struct fit_settings fit_defaults;

/* Writes a weights file (model.h) from all items but those of that fold (and what is like them); fold -1: all.
 * The same items give the same bytes. */
void
fit(const struct items *, struct rules *, int fold, const struct fit_settings *, struct buf *out);
