/* table.h: what rules, model and both are worth on texts that they were not made from.
 *
 * Model: ten-fold, weights from the other nine folds. Rules, as they would be without the item: a pattern that wins
 * nothing but texts of the item's own group is mute while it is judged (a pattern that was written for one text alone
 * says nothing about others). So a column "unseen" is an estimate, "as shipped" is not. */
#pragma once

#include "fit.h"

void table_print(const struct items *, struct rules *, const struct fit_settings *, bool misses);
