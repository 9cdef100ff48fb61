/* start, setup: by posthoused(8); stop, reload, rollback: asked of the one that runs. */
#include "ask.h"
#include "err.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct args {
	const char *reason;
};

static const struct opt reason_opts[] = {
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, reason), "TEXT", "why, for the log" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

static int
posthoused(struct ctl *c, const char *option)
{
	const char *path = ctl_program(c, "posthoused");

	execl(path, "posthoused", "-c", c->conf_path, option, (char *)NULL);
	perror(path);
	return 1;
}

static int
start(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	verb_words(c, v, NULL, argc, argv, 0, 0);
	return posthoused(c, NULL);
}

static int
setup(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	verb_words(c, v, NULL, argc, argv, 0, 0);
	return posthoused(c, "-S");
}

/* A refused configuration comes as rows of text, or as one error of several lines. */
static int
tell(struct ctl *c, json_t *request, const char *done)
{
	struct ask *a = ask(c, "posthoused", ASK_OPS, request);
	int exit_code;

	while (ask_row(a) != NULL)
		printf("%.*s\n", SPAN(ask_line(a)));
	exit_code = ask_end(a);
	if (exit_code == 0 && !c->json)
		puts(done);
	return exit_code;
}

static int
reload(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL };

	verb_words(c, v, &args, argc, argv, 0, 0);
	return tell(c, json_pack("{ssss*}", "verb", "reload", "reason", args.reason),
	    "The configuration is in force.");
}

static int
rollback(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL };
	uint64_t steps = 1;

	if (verb_words(c, v, &args, argc, argv, 0, 1) == 1 &&
	    (span_u64(span_str(argv[0]), 10, &steps) == -1 || steps == 0))
		return ctl_fail(2, "rollback goes 1 to 10 steps, not \"%s\"", argv[0]);
	return tell(c,
	    json_pack(
		"{sssIss*}", "verb", "rollback", "steps", (json_int_t)steps, "reason", args.reason),
	    "The earlier configuration is in force; the files are as they were.");
}

enum { STOP_WAIT_MS = 100, STOP_WAITS = 36000 };

/* Until the control socket no longer answers: then the master is gone, and it goes last. */
static int
gone_await(struct ctl *c)
{
	for (unsigned i = 0; i < STOP_WAITS; i++) {
		struct ask *a = ask(c, "posthoused", ASK_VIEW, json_pack("{ss}", "verb", "status"));
		bool answered = ask_row(a) != NULL, gone = ask_is_gone(a);

		if (!answered && !gone)
			return ask_end(a); /* who may not ask cannot say */
		ask_free(a);
		if (gone)
			return 0;
		usleep(STOP_WAIT_MS * 1000);
	}
	return ctl_fail(1, "it still runs after an hour");
}

static int
stop(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { NULL };
	int exit_code;

	verb_words(c, v, &args, argc, argv, 0, 0);
	exit_code = ask_end(ask(
	    c, "posthoused", ASK_OPS, json_pack("{ssss*}", "verb", "stop", "reason", args.reason)));
	if (exit_code == 0)
		exit_code = gone_await(c);
	if (exit_code == 0 && !c->json)
		puts("The house has stopped.");
	return exit_code;
}

const struct verb verb_start = {
	.name = "start", .words = "", .help = "Start the house in the background.", .run = start
};
const struct verb verb_setup = { .name = "setup",
	.words = "",
	.help = "Make users, folders and first keys; what is there stays.",
	.run = setup };
const struct verb verb_reload = { .name = "reload",
	.words = "[--reason TEXT]",
	.help = "Take a changed configuration; waits until all roles have, or says why not and "
		"changes nothing.",
	.opts = reason_opts,
	.run = reload };
const struct verb verb_rollback = { .name = "rollback",
	.words = "[--reason TEXT] [N]",
	.help = "Go back to the configuration that was in force N (1) acceptances ago.",
	.opts = reason_opts,
	.run = rollback };
const struct verb verb_stop = { .name = "stop",
	.words = "[--reason TEXT]",
	.help = "Stop the house; running transactions may end. Waits until it is gone.",
	.opts = reason_opts,
	.run = stop };
