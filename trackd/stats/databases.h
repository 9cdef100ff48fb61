/* databases.h: opens counters and index of deliveries in the role's folder. What is damaged is set aside with a log line and an
 * event in trackd-stats.jsonl, and begun anew: the event files tell it all again. Before the sandbox. */
#pragma once

#include "counters.h"
#include "deliveries.h"
#include "role.h"

struct counters *databases_counters(struct role *);
struct deliveries *databases_deliveries(struct role *, uint64_t max_bytes, uint64_t age_s);
