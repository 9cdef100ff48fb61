/* A role whose start takes twelve seconds and says that it goes on, then works as any (tests/e2e/slow_start.py). As
 * deliverd-resolve it says nothing meanwhile. */
#include "progress.h"
#include "role.h"
#include "role_table.h"
#include "sandbox.h"

#include <string.h>
#include <time.h>

enum { START_S = 12, STEP_MS = 250 };

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') == NULL ? argv[0] : strrchr(argv[0], '/') + 1;
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	enum role_kind kind = ROLE_SMTPD;
	struct role *role;

	while (kind < ROLE_KINDS - 1 && strcmp(role_spec(kind)->program, name) != 0)
		kind++;
	role = role_start(kind, argc, argv);
	for (unsigned i = 0; i < START_S * 1000 / STEP_MS; i++) {
		nanosleep(&step, NULL);
		if (kind != ROLE_RESOLVE)
			progress("being slow");
	}
	sandbox_enter(role);
	return role_run(role);
}
