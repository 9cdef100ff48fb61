/* follow.h: reads the event files as they grow, a step every second, and counts.
 *
 * From each file only its own kinds are believed (DESIGN 6): queued tells what ends a delivery, trackd-web opens and
 * clicks, bouncd what came back. */
#pragma once

#include "counters.h"
#include "role.h"

/* Opens the counters (before the sandbox) and begins. */
void follow_start(struct role *);
struct counters *follow_counters(void);
/* Counts what is there by now, before an answer is given. */
void follow_now(void);
/* The folder of the event files. */
int follow_folder(void);
extern const char *const follow_files[3];
