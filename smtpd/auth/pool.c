#include "pool.h"
#include "err.h"
#include "loop.h"

#include <crypt.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

STAILQ_HEAD(jobs, job);

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct jobs todo, done; /* under lock */
	int bell;
	struct event *ev;
	void (*answered)(void *, struct job *);
	void *ctx;
};

static void
hash_one(struct job *j, struct crypt_data *scratch)
{
	const char *got;

	memset(scratch, 0, sizeof(*scratch));
	got = crypt_r(j->password, j->hash, scratch);
	j->fits = got != NULL && got[0] != '*' && strcmp(got, j->hash) == 0;
	explicit_bzero(scratch, sizeof(*scratch));
}

static void *
thread(void *ctx)
{
	struct crypt_data *scratch = calloc(1, sizeof(*scratch));
	struct pool *p = ctx;
	uint64_t one = 1;

	if (scratch == NULL)
		fatal("out of memory for hashing");
	for (;;) {
		struct job *j;

		pthread_mutex_lock(&p->lock);
		while ((j = STAILQ_FIRST(&p->todo)) == NULL)
			pthread_cond_wait(&p->work, &p->lock);
		STAILQ_REMOVE_HEAD(&p->todo, link);
		pthread_mutex_unlock(&p->lock);
		hash_one(j, scratch);
		pthread_mutex_lock(&p->lock);
		STAILQ_INSERT_TAIL(&p->done, j, link);
		pthread_mutex_unlock(&p->lock);
		(void)!write(p->bell, &one, sizeof(one));
	}
	return NULL;
}

static void
on_bell(evutil_socket_t fd, short what, void *ctx)
{
	struct pool *p = ctx;
	struct jobs done = STAILQ_HEAD_INITIALIZER(done);
	struct job *j;
	uint64_t n;

	(void)what;
	(void)!read(fd, &n, sizeof(n));
	pthread_mutex_lock(&p->lock);
	STAILQ_CONCAT(&done, &p->done);
	pthread_mutex_unlock(&p->lock);
	while ((j = STAILQ_FIRST(&done)) != NULL) {
		STAILQ_REMOVE_HEAD(&done, link);
		p->answered(p->ctx, j);
	}
}

struct pool *
pool_new(unsigned threads, void (*answered)(void *, struct job *), void *ctx)
{
	struct pool *p = calloc(1, sizeof(*p));
	pthread_t t;

	if (p == NULL)
		fatal("out of memory for the pool");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	STAILQ_INIT(&p->todo);
	STAILQ_INIT(&p->done);
	p->answered = answered;
	p->ctx = ctx;
	p->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (p->bell == -1)
		fatal("cannot make an eventfd");
	p->ev = event_new(loop_base(), p->bell, EV_READ | EV_PERSIST, on_bell, p);
	if (p->ev == NULL || event_add(p->ev, NULL) == -1)
		fatal("cannot watch an eventfd");
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&t, NULL, thread, p) != 0)
			fatal("cannot make a thread");
	return p;
}

void
pool_add(struct pool *p, struct job *j)
{
	pthread_mutex_lock(&p->lock);
	STAILQ_INSERT_TAIL(&p->todo, j, link);
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}
