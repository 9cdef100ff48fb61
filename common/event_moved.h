/* event_moved.h: the names of event files that were moved away, as logrotate(8) chooses them. */
#pragma once

#include <stdbool.h>

/* Whether that is a name under which this file is moved away: queued.jsonl.1, queued.jsonl-20261130, and not packed. */
bool event_is_moved(const char *name, const char *file);
