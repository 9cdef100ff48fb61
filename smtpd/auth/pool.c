#include "pool.h"
#include "err.h"
#include "loop.h"

#include <bsd/sys/queue.h>
#include <crypt.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREADS = 2, JOBS_MOST = 64 };

/* Costs what a hash that posthouse user writes costs (yescrypt, default cost); no password fits it. */
static const char dummy[] =
    "$y$j9T$eLZHUSTgKyD9gVUtTSqgG/$0000000000000000000000000000000000000000000";

struct job {
	STAILQ_ENTRY(job) link;
	uint64_t ticket;
	uint32_t peer;
	bool known, fits;
	char hash[CRYPT_OUTPUT_SIZE];
	size_t password_n;
	char password[];
};

STAILQ_HEAD(jobs, job);

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct jobs todo, done; /* under lock */
	unsigned waiting;       /* of the loop alone: asked and not answered */
	int bell;
	struct event *ev;
	void (*answered)(void *, uint64_t, uint32_t, bool);
	void *ctx;
};

static void
hash_one(struct job *j, struct crypt_data *scratch)
{
	const char *got;

	memset(scratch, 0, sizeof(*scratch));
	got = crypt_r(j->password, j->hash, scratch);
	j->fits = got != NULL && got[0] != '*' && strcmp(got, j->hash) == 0 && j->known;
	explicit_bzero(j->password, j->password_n);
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
		p->waiting--;
		p->answered(p->ctx, j->ticket, j->peer, j->fits);
		free(j);
	}
}

struct pool *
pool_new(void (*answered)(void *, uint64_t, uint32_t, bool), void *ctx)
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
	event_add(p->ev, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		if (pthread_create(&t, NULL, thread, p) != 0)
			fatal("cannot make a thread");
	return p;
}

int
pool_ask(struct pool *p, uint64_t ticket, uint32_t peer, struct span password, const char *hash)
{
	struct job *j;

	if (p->waiting == JOBS_MOST)
		return -1;
	j = calloc(1, sizeof(*j) + password.n + 1);
	if (j == NULL)
		fatal("out of memory for a password");
	j->ticket = ticket;
	j->peer = peer;
	j->known = hash != NULL;
	strncpy(j->hash, hash == NULL ? dummy : hash, sizeof(j->hash) - 1);
	memcpy(j->password, password.p, password.n);
	j->password_n = password.n;
	p->waiting++;
	pthread_mutex_lock(&p->lock);
	STAILQ_INSERT_TAIL(&p->todo, j, link);
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
	return 0;
}
