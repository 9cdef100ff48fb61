/* bouncd-parse: bytes in, facts out. It holds no file and no secret: what a hostile bounce can break into is a
 * process that sees that bounce.
 *
 * Read next: bounce_parse.h (the way through a mail), came_back.h (the facts). */
#include "batch.h"
#include "charset.h"
#include "log.h"
#include "role.h"
#include "sandbox.h"
#include "../shipped_rules.h"
#include "worker.h"

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

static int
run_batch(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : NULL;
	struct span text = path == NULL ? shipped_rules() : span_of(NULL, 0);
	struct rules *rules;
	struct err err;
	int status;

	if (argc > 3 || (strcmp(argv[1], "--batch") != 0 && strcmp(argv[1], "--mail") != 0))
		return usage();
	rules = rules_load(path == NULL ? "bounces.conf" : path, text, NULL, &err);
	if (rules == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return EX_CONFIG;
	}
	status = argv[1][2] == 'b' ? batch_files(rules, stdin, stdout)
				   : batch_mail(rules, stdin, stdout);
	rules_free(rules);
	return status;
}

/* Their modules are files, out of reach from the sandbox. */
static void
converters_load(void)
{
	unsigned missing = charsets_load();

	if (missing > 0)
		log_warn("charsets-missing", "count=%u", missing);
}

int
main(int argc, char **argv)
{
	struct role *role;

	if (argc > 1)
		return run_batch(argc, argv);
	role = role_start(ROLE_PARSE, argc, argv);
	converters_load();
	worker_start(role);
	sandbox_enter(role);
	return role_run(role);
}
