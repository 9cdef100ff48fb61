#include "thread.h"
#include "err.h"
#include "loop.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

STAILQ_HEAD(works, work);

struct thread {
	pthread_t id;
	pthread_mutex_t lock; /* of queue */
	pthread_cond_t some;
	struct works queue;
};

/* What ran, from all threads, on its way back to the loop. */
static struct {
	pthread_mutex_t lock;
	struct works list;
	int wake;
	struct event *ev;
} back = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = -1 };

static void
hand_back(struct work *w)
{
	uint64_t one = 1;
	bool first;

	pthread_mutex_lock(&back.lock);
	first = STAILQ_EMPTY(&back.list);
	STAILQ_INSERT_TAIL(&back.list, w, link);
	pthread_mutex_unlock(&back.lock);
	if (first && write(back.wake, &one, sizeof(one)) != sizeof(one))
		fatal("cannot wake the loop");
}

static void *
thread_main(void *arg)
{
	struct thread *t = arg;

	for (;;) {
		struct work *w;

		pthread_mutex_lock(&t->lock);
		while ((w = STAILQ_FIRST(&t->queue)) == NULL)
			pthread_cond_wait(&t->some, &t->lock);
		STAILQ_REMOVE_HEAD(&t->queue, link);
		pthread_mutex_unlock(&t->lock);
		w->run(w);
		hand_back(w);
	}
	return NULL;
}

static void
on_back(evutil_socket_t fd, short what, void *ctx)
{
	struct works ran = STAILQ_HEAD_INITIALIZER(ran);
	struct work *w;
	uint64_t n;

	(void)what;
	(void)ctx;
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return;
	pthread_mutex_lock(&back.lock);
	STAILQ_CONCAT(&ran, &back.list);
	pthread_mutex_unlock(&back.lock);
	while ((w = STAILQ_FIRST(&ran)) != NULL) {
		STAILQ_REMOVE_HEAD(&ran, link);
		if (w->done != NULL)
			w->done(w);
		else
			free(w);
	}
}

static void
back_open(void)
{
	STAILQ_INIT(&back.list);
	back.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	back.ev = back.wake == -1
		      ? NULL
		      : event_new(loop_base(), back.wake, EV_READ | EV_PERSIST, on_back, NULL);
	if (back.ev == NULL || event_add(back.ev, NULL) == -1)
		fatal("cannot make the way back from the threads");
}

struct thread *
thread_new(const char *name)
{
	struct thread *t = calloc(1, sizeof(*t));
	sigset_t all, old;

	if (t == NULL)
		fatal("out of memory for a thread");
	if (back.wake == -1)
		back_open();
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->some, NULL);
	STAILQ_INIT(&t->queue);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&t->id, NULL, thread_main, t) != 0)
		fatal("cannot start the thread %s", name);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return t;
}

void
thread_push(struct thread *t, struct work *w)
{
	pthread_mutex_lock(&t->lock);
	STAILQ_INSERT_TAIL(&t->queue, w, link);
	pthread_cond_signal(&t->some);
	pthread_mutex_unlock(&t->lock);
}
