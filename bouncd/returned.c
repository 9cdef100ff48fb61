#include "returned.h"
#include "err.h"
#include "log.h"
#include "parsers.h"

#include <stdlib.h>
#include <unistd.h>

enum { ARENA_BYTES = 8 * 1024 * 1024 };

static TAILQ_HEAD(, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);
static uint64_t numbers;

void
returned_answer(struct job *j, bool ok, const char *kind)
{
	if (!j->forgotten && j->bouncd->queued != NULL)
		bounce_stored_put(
		    j->bouncd->queued, &(struct bounce_stored){ .job = j->queued_job,
					   .ok = ok,
					   .kind = span_str(ok ? kind : ""),
					   .forward = ok ? j->forward : span_of(NULL, 0) });
	TAILQ_REMOVE(&jobs, j, all);
	if (j->asked.fd != -1)
		close(j->asked.fd);
	arena_free(j->arena);
	free(j);
}

void
returned_parsed(struct job *j)
{
	returned_tie(j);
}

void
returned_lost(struct job *j)
{
	returned_answer(j, false, "");
}

void
returned_tied(struct job *j)
{
	struct outcome_facts f = { .back = &j->back,
		.tie = j->tie,
		.keys = returned_keys(),
		.owner = j->owner,
		.token = j->token,
		.from = j->asked.from,
		.known = j->asked.about_rcpt,
		.looked = j->looked,
		.looked_n = j->looked_n };

	j->outcomes_n = outcomes_of(&f, &j->tie, j->outcomes);
	returned_tell(j);
}

/* Three workers died of it: it is told as what nobody can read, and queued keeps it aside for people. */
static void
give_up(struct job *j)
{
	log_warn("returned-unreadable", "id=%s deaths=%d", id_text(j->asked.message).c,
	    PARSER_DEATHS_MAX);
	j->unreadable = true;
	j->back.kind = KIND_OTHER;
	returned_tie(j);
}

int
returned_start(struct bouncd *b, struct err *err)
{
	parsers_start(b);
	returned_tell_start(b);
	return returned_tie_start(b, err);
}

void
returned_forget(void)
{
	struct job *j;

	TAILQ_FOREACH (j, &jobs, all)
		j->forgotten = true;
}

static struct job *
job_new(struct bouncd *b, const struct bounce_returned *r)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		fatal("out of memory for a bounce");
	j->bouncd = b;
	j->number = ++numbers;
	j->queued_job = r->job;
	j->arena = arena_new(ARENA_BYTES);
	j->asked = *r;
	j->asked.recipient = arena_span(j->arena, r->recipient);
	j->asked.from = arena_span(j->arena, r->from);
	j->asked.tenant = arena_span(j->arena, r->tenant);
	j->asked.about_rcpt = arena_span(j->arena, r->about_rcpt);
	TAILQ_INSERT_TAIL(&jobs, j, all);
	return j;
}

void
returned_take(struct bouncd *b, struct msg *m)
{
	struct bounce_returned r = { .fd = -1 };
	struct job *j;

	if (bounce_returned_get(m, &r) == -1) {
		chan_bad(b->queued, "a RETURNED that is none");
		return;
	}
	j = job_new(b, &r);
	if (parsers_deaths(j) >= PARSER_DEATHS_MAX)
		give_up(j);
	else if (!parsers_give(j))
		returned_answer(j, false, "");
}
