/* forget: a person is removed from what this relay knows by address: the suppression list, its counts, the numbers. */
#include "ask.h"
#include "verb.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct args {
	const char *note;
	bool keep, yes, dry_run;
};

static const struct opt opts[] = {
	{ "keep-suppressed", 'k', OPT_FLAG, offsetof(struct args, keep), NULL,
	    "keep one hash, so that nobody here mails the address again" },
	{ "reason", 'r', OPT_TEXT, offsetof(struct args, note), "TEXT", "why, for the event" },
	{ "dry-run", 'n', OPT_FLAG, offsetof(struct args, dry_run), NULL,
	    "say what would be done, and do nothing" },
	{ "yes", 'y', OPT_FLAG, offsetof(struct args, yes), NULL, "do not ask" },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL },
};

/* In how many scopes it is suppressed now; -1: said why not. */
static long
scopes_now(struct ctl *c, const char *address)
{
	struct ask *a = ask(
	    c, "bouncd", ASK_VIEW, json_pack("{ssss}", "verb", "suppress-why", "address", address));
	long n = 0;

	while (ask_row(a) != NULL)
		n++;
	return ask_end(a) == 0 ? n : -1;
}

static void
explain(const struct args *args, const char *address, long scopes)
{
	printf("%s is on the suppression list in %ld scope%s. ", address, scopes,
	    scopes == 1 ? "" : "s");
	if (args->keep)
		puts("One hash of it stays there, for everybody, so that it is not mailed.");
	else
		puts(
		    "Once forgotten it may be mailed again: --keep-suppressed keeps one hash of it "
		    "there, so that it is not.");
	puts("Event files and the log name it until they are removed (posthouse-events(5)).");
}

static bool
agreed(void)
{
	char answer[16] = "";

	printf("Forget it? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* Its rows' numbers are added up; a role that knows of nobody has no such verb. */
static int
forget_at(struct ctl *c, const char *role, const struct args *args, const char *address,
    bool needed, uint64_t *entries)
{
	struct ask *a = ask(c, role, ASK_OPS,
	    json_pack("{ssssss*sb}", "verb", "forget", "address", address, "note", args->note,
		"keep", args->keep));
	const json_t *row;

	while ((row = ask_row(a)) != NULL)
		*entries += row_num(row, "entries");
	if (!needed && ask_error(a) != NULL && strstr(ask_error(a), "unknown verb") != NULL) {
		ask_free(a);
		return 0;
	}
	return ask_end(a);
}

static int
forget(struct ctl *c, const struct args *args, const char *address)
{
	uint64_t entries = 0, numbers = 0;
	int exit_code = forget_at(c, "bouncd", args, address, true, &entries);

	if (exit_code == 0)
		exit_code = forget_at(c, "trackd-stats", args, address, false, &numbers);
	if (exit_code != 0)
		return exit_code;
	if (c->json)
		printf("{\"entries\":%" PRIu64 ",\"numbers\":%" PRIu64 ",\"kept\":%d}\n", entries,
		    numbers, args->keep);
	else
		printf("%" PRIu64 " entr%s of the suppression list, %" PRIu64
		       " of the numbers forgotten%s.\n",
		    entries, entries == 1 ? "y" : "ies", numbers,
		    args->keep ? "; one hash kept" : "");
	return 0;
}

static int
run(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	struct args args = { .note = NULL };
	long scopes;

	(void)verb_words(c, v, &args, argc, argv, 1, 1);
	scopes = scopes_now(c, argv[0]);
	if (scopes == -1)
		return 1;
	if (!c->json)
		explain(&args, argv[0], scopes);
	if (args.dry_run)
		return 0;
	if (!args.yes && !isatty(STDIN_FILENO))
		return ctl_fail(2, "nothing was done: no terminal to ask at, and no --yes");
	if (!args.yes && !agreed())
		return ctl_fail(1, "nothing was done");
	return forget(c, &args, argv[0]);
}

const struct verb verb_forget = { .name = "forget",
	.words = "[options] ADDRESS",
	.help = "Remove a person from the suppression list, its counts and the numbers.",
	.opts = opts,
	.run = run };
