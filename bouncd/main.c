/* bouncd: understands what comes back; makes bounce messages; owns the suppression list.
 *
 * Read next: classify.h (what a reply means), rules.h (etc/bounces.conf), suppression.h, notice.h. */
#include "batch.h"

#include <string.h>
#include <sysexits.h>

static int
usage(void)
{
	fputs("usage: bouncd --batch classify [RULES]\n", stderr);
	return 2;
}

static int
run_batch(const char *path)
{
	struct err err;
	struct rules *rules = rules_load(path, span_of(NULL, 0), NULL, &err);
	int status;

	if (rules == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return EX_CONFIG;
	}
	status = batch_classify(rules, stdin, stdout);
	rules_free(rules);
	return status;
}

int
main(int argc, char **argv)
{
	if (argc < 3 || argc > 4 || strcmp(argv[1], "--batch") != 0 || strcmp(argv[2], "classify") != 0)
		return usage();
	return run_batch(argc > 3 ? argv[3] : "/etc/posthouse/bounces.conf");
}
