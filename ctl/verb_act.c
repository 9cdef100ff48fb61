/* hold, release, retry, drop, bounce, expire, undrop, recover: what an operator does to deliveries. Each first counts what is meant by
 * asking `queue` on the view socket, which can change nothing. */
#include "ask.h"
#include "selector.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct args {
	struct selector which;
	const char *reason;
	bool dry_run, yes;
};

static const struct opt opts[] = {
	SELECTOR_OPTS,
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, reason), "TEXT", "why, for the event" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct args, dry_run), NULL,
	    "say what would be done, and do nothing" },
	{ "yes", 'y', OPT_FLAG, offsetof(struct args, yes), NULL, "do not ask" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static const struct act {
	const char *verb, *done;
	const char *state;  /* of what it works on; NULL: any that waits */
	const char *passes; /* states that it does not change */
	bool destroys;      /* asks even when one id is given */
	bool
	    by_id; /* what it works on is in no table: it takes a whole id, and nothing is counted before */
} acts[] = {
	{ "hold", "held", NULL, "held already, ending", false, false },
	{ "release", "released", "held", "being sent, released already", false, false },
	{ "retry", "to be tried now", NULL, "being sent, in its lane, held, paused", false, false },
	{ "drop", "dropped", NULL, "ending", true, false },
	{ "bounce", "sent back to its sender", NULL, "ending", true, false },
	{ "expire", "given up, as if its time were over", NULL, "ending", true, false },
	{ "undrop", "back in the queue", "dropped", "on its way into the trash, or taken out",
	    false, false },
	{ "recover", "back in the queue", NULL, "", false, true },
};

/* What a selector means at the moment. */
struct meant {
	uint64_t n;
	char example[400];
};

static void
example(struct meant *m, const json_t *row, struct arena *arena)
{
	snprintf(m->example, sizeof(m->example), "%.*s from <%.*s> to <%.*s>",
	    SPAN(row_text(row, "message", arena)), SPAN(row_text(row, "from", arena)),
	    SPAN(row_text(row, "recipient", arena)));
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "delivery" : "deliveries";
}

static bool
shows_progress(const struct ctl *c)
{
	return !c->json && isatty(STDERR_FILENO);
}

/* A row {"so_far":N} says that it takes a while: on the terminal, in one line. */
static bool
is_progress(const struct ctl *c, const char *doing, const json_t *row)
{
	if (json_object_get(row, "so_far") == NULL)
		return false;
	if (shows_progress(c))
		fprintf(
		    stderr, "\r%s: %llu so far", doing, (unsigned long long)row_num(row, "so_far"));
	return true;
}

static void
progress_ends(const struct ctl *c, bool any)
{
	if (any && shows_progress(c))
		fputc('\n', stderr);
}

/* A row {"count":N} counts for many; any other for itself. */
static int
meant_count(struct ctl *c, const struct act *act, const struct args *args, struct meant *m)
{
	json_t *request = json_pack("{sssb}", "verb", "queue", "count", 1);
	const json_t *row;
	bool slow = false;
	struct ask *a;

	if (act->state != NULL)
		json_object_set_new(request, "state", json_string(act->state));
	selector_put(&args->which, request);
	a = ask(c, "queued", ASK_VIEW, request);
	while ((row = ask_row(a)) != NULL) {
		if (is_progress(c, "counting", row)) {
			slow = true;
			continue;
		}
		if (m->example[0] == '\0' && row_text(row, "message", c->arena).n > 0)
			example(m, row, c->arena);
		m->n += json_object_get(row, "count") != NULL ? row_num(row, "count") : 1;
	}
	progress_ends(c, slow);
	return ask_end(a);
}

static bool
agreed(const struct act *act, const struct meant *m)
{
	char answer[16] = "";

	printf("%s %llu %s? [y/N] ", act->verb, (unsigned long long)m->n, plural(m->n));
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* What became of those that were meant. */
struct outcome {
	uint64_t done, in_flight;
};

static void
outcome_print(const struct act *act, const struct outcome *o, uint64_t meant)
{
	uint64_t known = o->done + o->in_flight;

	printf("%llu %s %s.\n", (unsigned long long)o->done, plural(o->done), act->done);
	if (o->in_flight > 0)
		printf("%llu in flight: cannot be taken back; %s if no server takes %s.\n",
		    (unsigned long long)o->in_flight, act->done, o->in_flight == 1 ? "it" : "them");
	if (known < meant)
		printf("%llu were in another state: %s, or ended meanwhile.\n",
		    (unsigned long long)(meant - known), act->passes);
}

static int
perform(struct ctl *c, const struct act *act, const struct args *args, uint64_t meant)
{
	json_t *request = json_pack("{ssss*}", "verb", act->verb, "reason", args->reason);
	struct outcome o = { 0 };
	const json_t *row;
	bool slow = false;
	struct ask *a;
	int exit_code;

	selector_put(&args->which, request);
	a = ask(c, "queued", ASK_OPS, request);
	while ((row = ask_row(a)) != NULL) {
		if (is_progress(c, act->verb, row)) {
			slow = true;
			continue;
		}
		o.done += row_num(row, "count");
		o.in_flight += row_num(row, "in_flight");
		if (c->json)
			printf("%.*s\n", SPAN(ask_line(a)));
	}
	progress_ends(c, slow);
	exit_code = ask_end(a);
	if (exit_code == 0 && !c->json)
		outcome_print(act, &o, meant);
	return exit_code != 0 ? exit_code : o.done + o.in_flight == 0;
}

enum consent { CONSENT_YES, CONSENT_NO, CONSENT_CANNOT_ASK };

static enum consent
consent(const struct act *act, const struct args *args, const struct meant *m)
{
	if (args->yes || (args->which.id != NULL && !act->destroys))
		return CONSENT_YES;
	if (!isatty(STDIN_FILENO))
		return CONSENT_CANNOT_ASK;
	return agreed(act, m) ? CONSENT_YES : CONSENT_NO;
}

/* What would be done, as one object. */
static void
meant_json(const struct act *act, const struct meant *m)
{
	json_t *row = json_pack("{sssI}", "verb", act->verb, "count",
	    (json_int_t)(m->n > INT64_MAX ? INT64_MAX : m->n));

	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(row);
}

static int
nothing(const struct act *act, const char *selected)
{
	if (act->state == NULL)
		return ctl_fail(1, "nothing in the queue is %s", selected);
	return ctl_fail(1, "nothing is %s and %s", selected, act->state);
}

static int
act_on(struct ctl *c, const struct act *act, const struct args *args)
{
	struct meant meant = { 0 };
	char text[400];
	int exit_code;

	if (act->by_id)
		return perform(c, act, args, 0);
	exit_code = meant_count(c, act, args, &meant);
	if (exit_code != 0)
		return exit_code;
	selector_text(&args->which, text, sizeof(text));
	if (meant.n == 0)
		return nothing(act, text);
	if (!c->json)
		printf("%llu %s (%s)%s%s\n", (unsigned long long)meant.n, plural(meant.n), text,
		    meant.example[0] == '\0' ? "" : ", as ", meant.example);
	else if (args->dry_run)
		meant_json(act, &meant);
	if (args->dry_run)
		return 0;
	switch (consent(act, args, &meant)) {
	case CONSENT_YES:
		return perform(c, act, args, meant.n);
	case CONSENT_NO:
		return ctl_fail(1, "nothing was done");
	case CONSENT_CANNOT_ASK:
		break;
	}
	return ctl_fail(2, "nothing was done: no terminal to ask at, and no --yes");
}

static const struct act *
act_named(const char *name)
{
	const struct act *a = acts;

	while (strcmp(a->verb, name) != 0)
		a++;
	return a;
}

/* Nothing is begun before all words are known to make sense. */
static int
words_check(const struct act *act, struct args *args, char **ids, int n)
{
	struct err err;

	if (act->by_id && n == 0)
		return ctl_fail(2, "%s needs the whole id of a message", act->verb);
	if (act->by_id && args->dry_run)
		return ctl_fail(
		    2, "%s looks nowhere before it acts: there is no --dry-run", act->verb);
	args->which.id = n > 0 ? ids[0] : NULL;
	if (selector_is_empty(&args->which))
		return ctl_fail(2, "%s what? Name " SELECTOR_WORDS, act->verb);
	if (args->which.state != NULL && act->state != NULL)
		return ctl_fail(
		    2, "%s works on what is %s: --state says nothing more", act->verb, act->state);
	for (int i = 0; i < (n > 0 ? n : 1); i++) {
		args->which.id = n > 0 ? ids[i] : NULL;
		if (selector_check(&args->which, &err) == -1)
			return ctl_fail(2, "%s", err.text);
	}
	return 0;
}

static int
run(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	const struct act *act = act_named(v->name);
	struct args args = { .reason = NULL };
	int n = verb_words(c, v, &args, argc, argv, 0, -1);
	int exit_code = words_check(act, &args, argv, n);

	if (exit_code != 0)
		return exit_code;
	for (int i = 0; i < (n > 0 ? n : 1); i++) {
		int one;

		args.which.id = n > 0 ? argv[i] : NULL;
		one = act_on(c, act, &args);
		exit_code = one > exit_code ? one : exit_code;
	}
	return exit_code;
}

#define WORDS "[options] [ID...]"

const struct verb verb_hold = { .name = "hold",
	.words = WORDS,
	.help = "Keep deliveries back until they are released.",
	.opts = opts,
	.run = run };
const struct verb verb_release = { .name = "release",
	.words = WORDS,
	.help = "Let held deliveries go on.",
	.opts = opts,
	.run = run };
const struct verb verb_retry = { .name = "retry",
	.words = WORDS,
	.help = "Try waiting deliveries now.",
	.opts = opts,
	.run = run };
const struct verb verb_drop = { .name = "drop",
	.words = WORDS,
	.help = "End deliveries without a bounce message; their messages stay in trash for 24 h.",
	.opts = opts,
	.run = run };
const struct verb verb_bounce = { .name = "bounce",
	.words = WORDS,
	.help = "End deliveries now, as refused: their senders get a bounce message.",
	.opts = opts,
	.run = run };
const struct verb verb_expire = { .name = "expire",
	.words = WORDS,
	.help =
	    "End deliveries now, as if their time were over: their senders get a bounce message.",
	.opts = opts,
	.run = run };
const struct verb verb_undrop = { .name = "undrop",
	.words = WORDS,
	.help = "Take dropped messages back into the queue.",
	.opts = opts,
	.run = run };
const struct verb verb_recover = { .name = "recover",
	.words = WORDS,
	.help = "Take mail that was set aside as corrupt, or cannot be read, back into the queue.",
	.opts = opts,
	.run = run };
