/* thread.h: a thread that waits for the disk so that the loop need not.
 *
 * Work is pushed to a thread's queue and runs there in order; when it ran, its done() runs in the loop's thread. Work may
 * touch only what it was given. */
#pragma once

#include <bsd/sys/queue.h>
#include <stddef.h>

struct work {
	STAILQ_ENTRY(work) link;
	void (*run)(struct work *);  /* in the thread */
	void (*done)(struct work *); /* in the loop, may free it; NULL: it is free()d */
};

struct thread;

/* In the loop's thread, after the sandbox, which must grant threads. name: for what is said if it cannot be made. */
struct thread *thread_new(const char *name);
void thread_push(struct thread *, struct work *);
