/* follow.h: reads the event files as they grow, a step every second, counts (counters.h) and indexes (deliveries.h). One that
 * was moved away is read to its end, and then the one that has its name. */
#pragma once

#include "observe.h"
#include "role.h"

#include <dirent.h>

/* Opens counters and index, before the sandbox; what is damaged is set aside and begun anew. */
void follow_open(struct role *, uint64_t index_bytes, uint64_t index_age_s);
/* Begins, inside the sandbox. */
void follow_run(void);
struct counters *follow_counters(void);
struct deliveries *follow_deliveries(void);
/* Counts what is there by now, before an answer is given: for a second at most, and not while the disk is waited for. */
void follow_now(void);
/* The same, but at most one step. */
void follow_a_step(void);
/* The folder of the event files. */
int follow_folder(void);
DIR *follow_folder_list(void); /* its names, the caller's to close; NULL: it cannot be read */
extern const char *const follow_files[EVENT_FILES];
