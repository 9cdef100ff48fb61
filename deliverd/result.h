/* result.h: results are kept until queued says they are durable, whatever becomes of queued meanwhile. */
#pragma once

#include "proto_deliver.h"

struct results;

struct results *results_new(void);
/* Gives it a number, keeps a copy and says it to queued, if there is one. */
void results_add(struct results *, const struct deliver_result *);
/* Up to this number: forgotten. */
void results_ack(struct results *, uint64_t number);
size_t results_kept(const struct results *);
/* Who results are told to from now on; NULL: nobody. A new one hears all kept ones first, with transaction 0, for those
 * numbers were the old one's. */
void results_to(struct results *, struct chan *);
