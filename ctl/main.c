/* posthouse(1), sendmail(1), mailq(1) and newaliases(1): what people type. Which of them is meant stands in argv[0].
 *
 * The command has no rights of its own: it asks the daemons over their control sockets (ask.c), whose file modes are the
 * right, and hands mail in over a Unix socket (submit.c). Read next: verbs.c (the list of verbs), sendmail.c. */
#include "conf_check.h"
#include "mailq.h"
#include "sendmail.h"
#include "verb.h"
#include "version.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
usage(FILE *out)
{
	fputs("usage: posthouse [-c FILE] VERB ...\n"
	      "       posthouse [-c FILE] -n       check the configuration\n"
	      "       posthouse --version\n\n",
	    out);
	for (const struct verb *const *v = verbs; *v != NULL; v++)
		fprintf(out, "  %-10s%s\n", (*v)->name, (*v)->help);
	fputs("\nposthouse help VERB says more of one.\n", out);
	return 2;
}

/* Which verb somebody may have meant. */
static int
unknown(const char *word)
{
	const char *near = verb_near(word);

	if (near != NULL)
		return ctl_fail(2, "there is no verb \"%s\"; did you mean \"%s\"?", word, near);
	return ctl_fail(2, "there is no verb \"%s\"; posthouse help lists them", word);
}

static int
help(struct ctl *c, const struct verb *v, int argc, char **argv)
{
	const struct verb *named;

	if (verb_words(c, v, NULL, argc, argv, 0, 1) == 0) {
		usage(stdout);
		return 0;
	}
	named = verb_find(argv[0]);
	if (named == NULL)
		return unknown(argv[0]);
	verb_usage(named, stdout);
	return 0;
}

const struct verb verb_help = {
	.name = "help", .words = "[VERB]", .help = "Say what a verb does.", .run = help
};

static int
verb_run(struct ctl *c, int argc, char **argv)
{
	const struct verb *v = verb_find(argv[0]);

	if (strcmp(argv[0], "mailq") == 0)
		return mailq(c, argc, argv);
	if (v != NULL)
		return v->run(c, v, argc, argv);
	return unknown(argv[0]);
}

/* Words that other programs take before a verb. */
static bool
long_word(const char *word, int *exit_code)
{
	if (word == NULL || strncmp(word, "--", 2) != 0)
		return false;
	*exit_code = 0;
	if (strcmp(word, "--help") == 0)
		usage(stdout);
	else if (strcmp(word, "--version") == 0)
		puts("posthouse " POSTHOUSE_VERSION);
	else
		return false;
	return true;
}

static int
posthouse(struct ctl *c, int argc, char **argv)
{
	bool check = false;
	int opt, exit_code;

	if (long_word(argv[1], &exit_code))
		return exit_code;
	while ((opt = getopt(argc, argv, "+c:hjnV")) != -1) {
		switch (opt) {
		case 'c':
			c->conf_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'j':
			c->json = true;
			break;
		case 'V':
			puts("posthouse " POSTHOUSE_VERSION);
			return 0;
		case 'n':
			check = true;
			break;
		default:
			return usage(stderr);
		}
	}
	if (check)
		return conf_check(c);
	return optind == argc ? usage(stderr) : verb_run(c, argc - optind, argv + optind);
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
main(int argc, char **argv)
{
	const char *name = name_of(argc > 0 ? argv[0] : "posthouse");
	struct ctl c;
	int exit_code;

	signal(SIGPIPE, SIG_IGN);
	ctl_init(&c);
	if (strcmp(name, "sendmail") == 0)
		exit_code = sendmail(&c, argc, argv);
	else if (strcmp(name, "mailq") == 0)
		exit_code = mailq(&c, argc, argv);
	else if (strcmp(name, "newaliases") == 0)
		exit_code = 0; /* aliases stand in the configuration: there is nothing to build */
	else
		exit_code = posthouse(&c, argc, argv);
	ctl_free(&c);
	if (fflush(stdout) != 0 && exit_code == 0)
		exit_code = 1;
	return exit_code;
}
