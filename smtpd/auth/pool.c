#include "pool.h"
#include "err.h"
#include "loop.h"

#include <bsd/sys/queue.h>
#include <crypt.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
	STAILQ_ENTRY(job) link;
	struct check check;
	bool ok;
};
STAILQ_HEAD(jobs, job);

static struct {
	pthread_mutex_t lock;
	pthread_cond_t some;
	struct jobs waiting, done;
	unsigned n; /* the loop's alone: taken and not yet checked() */
	int wake;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER };

/* Without a shortcut for where the difference is. */
static bool
same(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned char diff = n == m ? 0 : 1;

	for (size_t i = 0; i < n && i < m; i++)
		diff |= (unsigned char)a[i] ^ (unsigned char)b[i];
	return diff == 0;
}

static void
work(struct job *j, struct crypt_data *data)
{
	const char *hash;

	memset(data, 0, sizeof(*data));
	hash = crypt_r(j->check.password, j->check.hash, data);
	j->ok = hash != NULL && hash[0] != '*' && same(hash, j->check.hash);
	explicit_bzero(data, sizeof(*data));
	explicit_bzero(j->check.password, strlen(j->check.password));
	free(j->check.password);
}

static void *
thread_main(void *unused)
{
	struct crypt_data *data = malloc(sizeof(*data));
	uint64_t one = 1;

	(void)unused;
	if (data == NULL)
		fatal("out of memory for password hashes");
	for (;;) {
		struct job *j;

		pthread_mutex_lock(&pool.lock);
		while ((j = STAILQ_FIRST(&pool.waiting)) == NULL)
			pthread_cond_wait(&pool.some, &pool.lock);
		STAILQ_REMOVE_HEAD(&pool.waiting, link);
		pthread_mutex_unlock(&pool.lock);
		work(j, data);
		pthread_mutex_lock(&pool.lock);
		STAILQ_INSERT_TAIL(&pool.done, j, link);
		pthread_mutex_unlock(&pool.lock);
		if (write(pool.wake, &one, sizeof(one)) != sizeof(one))
			fatal("cannot wake the loop");
	}
	return NULL;
}

static void
on_done(evutil_socket_t fd, short what, void *ctx)
{
	struct jobs done = STAILQ_HEAD_INITIALIZER(done);
	struct job *j;
	uint64_t n;

	(void)what;
	(void)ctx;
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		return;
	pthread_mutex_lock(&pool.lock);
	STAILQ_CONCAT(&done, &pool.done);
	pthread_mutex_unlock(&pool.lock);
	while ((j = STAILQ_FIRST(&done)) != NULL) {
		STAILQ_REMOVE_HEAD(&done, link);
		pool.n--;
		j->check.checked(j->check.ctx, j->ok);
		free(j);
	}
}

void
pool_start(unsigned threads)
{
	struct event *ev;
	sigset_t all, old;
	pthread_t id;

	STAILQ_INIT(&pool.waiting);
	STAILQ_INIT(&pool.done);
	pool.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ev = pool.wake == -1
		 ? NULL
		 : event_new(loop_base(), pool.wake, EV_READ | EV_PERSIST, on_done, NULL);
	if (ev == NULL || event_add(ev, NULL) == -1)
		fatal("cannot watch the pool");
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (threads-- > 0)
		if (pthread_create(&id, NULL, thread_main, NULL) != 0)
			fatal("cannot start a thread for password hashes");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool
pool_check(const struct check *c)
{
	struct job *j;

	if (pool.n >= POOL_WAITING_MAX)
		return false;
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		fatal("out of memory for a password");
	j->check = *c;
	pool.n++;
	pthread_mutex_lock(&pool.lock);
	STAILQ_INSERT_TAIL(&pool.waiting, j, link);
	pthread_cond_signal(&pool.some);
	pthread_mutex_unlock(&pool.lock);
	return true;
}
