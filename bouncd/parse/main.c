/* bouncd-parse: bytes in, facts out. It holds no file and no secret: what a hostile bounce can break into is a
 * process that sees that bounce.
 *
 * Read next: bounce_parse.h (the way through a mail), came_back.h (the facts). */
#include "batch.h"

#include <string.h>
#include <sysexits.h>

static int
usage(void)
{
	fputs("usage: bouncd-parse --batch [RULES] < names-of-files\n"
	      "       bouncd-parse --mail [RULES] < mail\n",
	    stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : "/etc/posthouse/bounces.conf";
	struct rules *rules;
	struct err err;
	int status;

	if (argc < 2 || argc > 3 || (strcmp(argv[1], "--batch") != 0 && strcmp(argv[1], "--mail") != 0))
		return usage();
	rules = rules_load(path, span_of(NULL, 0), NULL, &err);
	if (rules == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return EX_CONFIG;
	}
	status = argv[1][2] == 'b' ? batch_files(rules, stdin, stdout) : batch_mail(rules, stdin, stdout);
	rules_free(rules);
	return status;
}
