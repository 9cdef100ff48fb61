#include "lookup.h"
#include "err.h"
#include "log.h"
#include "loop.h"
#include "role.h"

#include <bsd/sys/queue.h>
#include <stdlib.h>

enum { QUEUE_BYTES = 4 * 1024 * 1024 };

/* A question that is out, the oldest first. */
struct question {
	TAILQ_ENTRY(question) link;
	uint64_t job, until_ms;
	lookup_done *done;
	void *ctx;
	unsigned which;
};

static TAILQ_HEAD(, question) questions = TAILQ_HEAD_INITIALIZER(questions);
static struct chan *stats;
static struct timer *timer;
static uint64_t jobs;

static void
answered(struct question *q, const struct lookup_found *found)
{
	TAILQ_REMOVE(&questions, q, link);
	q->done(q->ctx, q->which, found);
	free(q);
}

static void
unanswered(struct question *q)
{
	answered(q, &(struct lookup_found){ .index = UINT32_MAX });
}

static void
on_timer(void *unused)
{
	struct question *q;
	unsigned late = 0;

	(void)unused;
	for (; (q = TAILQ_FIRST(&questions)) != NULL && q->until_ms <= loop_now_ms(); late++)
		unanswered(q);
	if (late > 0)
		log_warn("lookup-late", "questions=%u", late);
	if (q != NULL)
		timer_set_ms(timer, q->until_ms - loop_now_ms());
}

void
lookup_ask(const struct lookup_ask *asked, lookup_done *done, void *ctx, unsigned which)
{
	struct lookup_ask a = *asked;
	struct question *q;

	if (stats == NULL || chan_full(stats)) {
		done(ctx, which, &(struct lookup_found){ .index = UINT32_MAX });
		return;
	}
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		fatal("out of memory for a question to stats");
	*q = (struct question){ .job = ++jobs,
		.until_ms = loop_now_ms() + LOOKUP_WAIT_MS,
		.done = done,
		.ctx = ctx,
		.which = which };
	if (TAILQ_EMPTY(&questions))
		timer_set_ms(timer, LOOKUP_WAIT_MS);
	TAILQ_INSERT_TAIL(&questions, q, link);
	a.job = q->job;
	lookup_ask_put(stats, &a);
}

static void
on_msg(void *unused, struct chan *c, struct msg *m)
{
	struct lookup_found found;
	struct question *q;

	(void)unused;
	if (m->type != LOOKUP_FOUND || lookup_found_get(m, &found) == -1) {
		chan_bad(c, "an answer that makes no sense");
		return;
	}
	TAILQ_FOREACH (q, &questions, link)
		if (q->job == found.job) {
			answered(q, &found);
			return;
		}
}

static void
on_close(void *unused, struct chan *c, const char *why)
{
	struct question *q;

	(void)unused;
	if (stats != c)
		return;
	log_info("stats-gone", "why=\"%s\"", why);
	stats = NULL;
	while ((q = TAILQ_FIRST(&questions)) != NULL)
		unanswered(q);
}

static void
on_connected(void *unused, unsigned instance, int fd)
{
	(void)unused;
	(void)instance;
	if (stats != NULL)
		chan_free(stats);
	stats = chan_new(fd, "trackd-stats", QUEUE_BYTES, on_msg, on_close, NULL);
}

void
lookup_start(struct bouncd *b)
{
	timer = timer_new(on_timer, NULL);
	role_on_peer(b->role, ROLE_STATS, on_connected, NULL);
}
