/* event_file.h: the file that a role appends its events to, whole lines at a time.
 *
 * A full disk takes a part of what is written, and so does a kernel whose writer is killed. The next event begins a line
 * of its own all the same: readers lose the half one alone. */
#pragma once

#include "span.h"

struct event_file {
	int fd;
	bool torn; /* its last line has no end */
};

/* fd is open for appending. Looks at the file's last byte with read_fd (-1: with fd itself). Both stay the caller's. */
void event_file_open(struct event_file *, int fd, int read_fd);
/* Writes as much of it as the file takes; returns how much that was. Less than all: errno says why, and what is behind
 * goes on where this ended. For who keeps the rest and tries again. */
size_t event_file_take(struct event_file *, struct span);
/* -1: errno says why, and some of the last of these lines are not there. */
int event_file_append(struct event_file *, struct span lines);
