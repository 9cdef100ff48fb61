#include "disk.h"
#include "err.h"
#include "thread.h"
#include "web.h"

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

static struct {
	pthread_mutex_t lock;
	pthread_cond_t ran;
	struct thread *thread;
	struct flight *flight; /* NULL: not busy */
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .ran = PTHREAD_COND_INITIALIZER };

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

static void
landed(struct flight *f)
{
	disk.flight = NULL;
	take_work(f->bouncd, true);
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
	struct flight *f = disk.flight;

	if (f == NULL)
		return;
	pthread_mutex_lock(&disk.lock);
	while (!f->ran)
		pthread_cond_wait(&disk.ran, &disk.lock);
	pthread_mutex_unlock(&disk.lock);
	landed(f); /* work_done() comes later, and frees it */
}
