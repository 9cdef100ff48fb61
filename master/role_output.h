/* role_output.h: what a role writes to its descriptors 1 and 2: lines for the log, through a pipe that the master reads.
 *
 * So no role holds the log, which is everybody's, or the operator's terminal. A line that does not begin as one of that
 * process's own lines does (time, name and pid; log.h) is quoted in one of the master's. A pipe that is full costs the role
 * lines and never makes it wait (log.h). */
#pragma once

struct child;
struct role_output;

/* read_fd is the pipe's, non-blocking, and owned from here on. */
struct role_output *role_output_new(const struct child *, int read_fd);
/* Takes what is left in the pipe. */
void role_output_free(struct role_output *);
