#include "disk.h"
#include "err.h"
#include "loop.h"
#include "thread.h"
#include "web.h"

#include <bsd/sys/queue.h>
#include <pthread.h>
#include <stdlib.h>

struct flight {
	struct work work;
	struct bouncd *bouncd;
	void (*run)(struct bouncd *, void *ctx);
	void (*done)(struct bouncd *, void *ctx);
	void *ctx;
	bool ran; /* under the lock */
};

struct wanted {
	STAILQ_ENTRY(wanted) link;
	void (*turn)(struct bouncd *, void *ctx);
	void *ctx;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t ran;
	struct thread *thread;
	struct flight *flight; /* NULL: not busy */
	/* Those that wait for their turn; rest: one of the loop's turns, for those that are not read while it is busy. */
	STAILQ_HEAD(, wanted) wanted;
	struct timer *rest;
	bool resting;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.ran = PTHREAD_COND_INITIALIZER,
	.wanted = STAILQ_HEAD_INITIALIZER(disk.wanted) };

bool
disk_busy(void)
{
	return disk.flight != NULL;
}

static void
take_work(struct bouncd *b, bool take)
{
	if (b->queued != NULL)
		chan_hold(b->queued, !take);
	web_pause(!take);
}

/* ---- whose turn it is ---- */

static void
on_rest_over(void *bouncd)
{
	struct wanted *w;

	disk.resting = false;
	while (disk.flight == NULL && (w = STAILQ_FIRST(&disk.wanted)) != NULL) {
		STAILQ_REMOVE_HEAD(&disk.wanted, link);
		w->turn(bouncd, w->ctx);
		free(w);
	}
}

void
disk_when_free(struct bouncd *b, void (*turn)(struct bouncd *, void *), void *ctx)
{
	struct wanted *w;

	if (disk.flight == NULL && !disk.resting && STAILQ_EMPTY(&disk.wanted)) {
		turn(b, ctx);
		return;
	}
	w = malloc(sizeof(*w));
	if (w == NULL)
		fatal("out of memory for what goes to the disk");
	*w = (struct wanted){ .turn = turn, .ctx = ctx };
	STAILQ_INSERT_TAIL(&disk.wanted, w, link);
}

/* A timer that is over runs behind what can be read: so queued and trackd-web are read once between any two. */
static void
rest(struct bouncd *b)
{
	if (disk.rest == NULL)
		disk.rest = timer_new(on_rest_over, b);
	disk.resting = true;
	timer_set_ms(disk.rest, 0);
}

/* ---- one work ---- */

static void
landed(struct flight *f)
{
	disk.flight = NULL;
	take_work(f->bouncd, true);
	rest(f->bouncd);
	f->done(f->bouncd, f->ctx);
}

static void
work_run(struct work *w)
{
	struct flight *f = (struct flight *)w;

	f->run(f->bouncd, f->ctx);
	pthread_mutex_lock(&disk.lock);
	f->ran = true;
	pthread_cond_signal(&disk.ran);
	pthread_mutex_unlock(&disk.lock);
}

/* Unless somebody could not wait for it to come back. */
static void
work_done(struct work *w)
{
	struct flight *f = (struct flight *)w;

	if (disk.flight == f)
		landed(f);
	free(f);
}

void
disk_begin(struct bouncd *b, void (*run)(struct bouncd *, void *),
    void (*done)(struct bouncd *, void *), void *ctx)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (f == NULL)
		fatal("out of memory for what goes to the disk");
	must(disk.flight == NULL);
	*f = (struct flight){ .work = { .run = work_run, .done = work_done },
		.bouncd = b,
		.run = run,
		.done = done,
		.ctx = ctx };
	disk.flight = f;
	take_work(b, false);
	if (disk.thread == NULL)
		disk.thread = thread_new("disk");
	thread_push(disk.thread, &f->work);
}

void
disk_finish(void)
{
	struct flight *f;

	while ((f = disk.flight) != NULL) { /* done() may have begun another */
		pthread_mutex_lock(&disk.lock);
		while (!f->ran)
			pthread_cond_wait(&disk.ran, &disk.lock);
		pthread_mutex_unlock(&disk.lock);
		landed(f); /* work_done() comes later, and frees it */
	}
}
