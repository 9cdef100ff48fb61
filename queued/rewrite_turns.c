#include "rewrite_turns.h"

/* LARGE_BYTES: the rewriter's slowest text takes a tenth of a second a megabyte, so a small message never holds others for more than
 * a thirtieth. AHEAD: enough to keep a rewriter busy while an answer is on its way. COST_BYTES: what a message costs however
 * small it is, a signature above all. */
enum {
	LARGE_BYTES = 256 * 1024,
	AHEAD_BYTES = 512 * 1024,
	AHEAD_JOBS = 64,
	COST_BYTES = 16 * 1024
};

void
turns_init(struct turns *t, struct turn_worker *workers, unsigned most, unsigned n)
{
	*t = (struct turns){ .workers = workers, .workers_n = n };
	draw_init(&t->draw);
	draw_set_init(&t->small, &t->draw);
	draw_set_init(&t->large, &t->draw);
	for (unsigned i = 0; i < most; i++) {
		workers[i] = (struct turn_worker){ .jobs_n = 0 };
		TAILQ_INIT(&workers[i].jobs);
	}
}

void
turns_has(struct turns *t, unsigned n)
{
	if (n > t->workers_n)
		t->workers_n = n;
}

void
turns_put(
    struct turns *t, struct turn_job *j, const struct draw_place *place, uint64_t bytes, bool alone)
{
	uint64_t cost = 1 + bytes / COST_BYTES;

	*j = (struct turn_job){
		.bytes = bytes, .large = bytes > LARGE_BYTES || alone, .alone = alone
	};
	draw_put(j->large ? &t->large : &t->small, &j->item, place,
	    cost > INT16_MAX ? INT16_MAX : (uint32_t)cost);
}

static struct turn_job *
job_of(struct draw_item *i)
{
	return i == NULL ? NULL
			 : (struct turn_job *)(void *)((char *)i - offsetof(struct turn_job, item));
}

/* The worker with the least to do. */
static struct turn_worker *
idlest(const struct turns *t)
{
	struct turn_worker *best = NULL;

	for (unsigned i = 0; i < t->workers_n; i++) {
		struct turn_worker *w = &t->workers[i];

		if (w->there && !w->alone && (best == NULL || w->bytes < best->bytes))
			best = w;
	}
	return best;
}

/* One of several is kept from large messages. */
static bool
large_may_go(const struct turns *t)
{
	unsigned there = 0, large = 0;

	for (unsigned i = 0; i < t->workers_n; i++) {
		there += t->workers[i].there;
		large += t->workers[i].there && t->workers[i].large;
	}
	return large == 0 || large + 1 < there;
}

static bool
has_room(const struct turn_worker *w, const struct turn_job *j)
{
	return w->jobs_n == 0 || (w->jobs_n < AHEAD_JOBS && w->bytes + j->bytes <= AHEAD_BYTES);
}

static struct turn_job *
give(struct draw_set *from, struct turn_worker *w)
{
	struct turn_job *j = job_of(draw_take(from));

	j->with = w;
	w->jobs_n++;
	w->bytes += j->bytes;
	w->large = w->large || j->large;
	w->alone = j->alone;
	TAILQ_INSERT_TAIL(&w->jobs, j, link);
	return j;
}

/* A large one goes when no small one waits, or when small ones had as many bytes as it has. Until a worker is free for it, the
 * idlest gets nothing new. */
struct turn_job *
turns_next(struct turns *t)
{
	struct turn_job *large = large_may_go(t) ? job_of(draw_peek(&t->large)) : NULL;
	struct turn_job *small = job_of(draw_peek(&t->small));
	struct turn_worker *w = idlest(t);
	bool due = large != NULL && (small == NULL || t->small_bytes >= large->bytes);

	if (w == NULL)
		return NULL;
	if (due && w->jobs_n == 0) {
		t->small_bytes = 0;
		return give(&t->large, w);
	}
	if (due || small == NULL || !has_room(w, small))
		return NULL;
	t->small_bytes += large == NULL ? 0 : small->bytes + COST_BYTES;
	return give(&t->small, w);
}

static void
take_back(struct turn_job *j)
{
	struct turn_worker *w = j->with;

	TAILQ_REMOVE(&w->jobs, j, link);
	w->jobs_n--;
	w->bytes -= j->bytes;
	if (w->jobs_n == 0)
		w->large = w->alone = false;
	j->with = NULL;
}

void
turns_remove(struct turn_job *j)
{
	if (j->with != NULL)
		take_back(j);
	else if (j->item.in != NULL)
		draw_remove(&j->item);
}
