/* log: the log and the event files opened anew, after they were moved away. */
#include "ask.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

static int
log_verb(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	int exit_code;

	verb_words(c, v, NULL, argc, argv, 1, 1);
	if (strcmp(argv[0], "reopen") != 0)
		return ctl_fail(2, "log is followed by reopen, not by \"%s\"", argv[0]);
	exit_code = ask_end(ask(c, "posthoused", ASK_OPS, json_pack("{ss}", "verb", "log-reopen")));
	if (exit_code == 0 && !c->json)
		puts("The log and the event files are opened anew.");
	return exit_code;
}

const struct verb verb_log = { .name = "log",
	.words = "reopen",
	.help = "Open the log and the event files anew, after they were moved away.",
	.run = log_verb };
