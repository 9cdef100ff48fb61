#include "role_table.h"
#include "err.h"
#include "sandbox.h"

/* Channels stand at both ends: smtpd names queued, queued names smtpd. */
static const struct role_spec specs[ROLE_KINDS] = {
	[ROLE_MASTER] = { .name = "posthoused", .user = "root" },
	[ROLE_SMTPD] = { "smtpd", "smtpd", "phsmtpd", 1, true, false, false, GRANT_ACCEPT,
	    ROLE_BIT(ROLE_QUEUED) | ROLE_BIT(ROLE_AUTH) },
	[ROLE_AUTH] = { "smtpd-auth", "smtpd-auth", "phauth", 2, false, false, false, GRANT_THREADS,
	    ROLE_BIT(ROLE_SMTPD) },
	[ROLE_QUEUED] = { "queued", "queued", "phqueued", 3, false, true, true,
	    GRANT_SPOOL | GRANT_THREADS | GRANT_DATABASE | GRANT_MEMFD | GRANT_ACCEPT,
	    ROLE_BIT(ROLE_SMTPD) | ROLE_BIT(ROLE_DELIVERD) | ROLE_BIT(ROLE_RESOLVE) |
		ROLE_BIT(ROLE_BOUNCD) | ROLE_BIT(ROLE_REWRITE) },
	[ROLE_DELIVERD] = { "deliverd", "deliverd", "phdeliverd", 4, true, false, false,
	    GRANT_CONNECT, ROLE_BIT(ROLE_QUEUED) },
	[ROLE_RESOLVE] = { "deliverd-resolve", "deliverd-resolve", "phresolve", 5, false, false,
	    false, GRANT_CONNECT | GRANT_UDP, ROLE_BIT(ROLE_QUEUED) },
	[ROLE_BOUNCD] = { "bouncd", "bouncd", "phbouncd", 6, false, true, true,
	    GRANT_DATABASE | GRANT_MEMFD | GRANT_RESIZE | GRANT_JIT | GRANT_ACCEPT | GRANT_THREADS,
	    ROLE_BIT(ROLE_QUEUED) | ROLE_BIT(ROLE_PARSE) | ROLE_BIT(ROLE_STATS) |
		ROLE_BIT(ROLE_WEB) },
	[ROLE_PARSE] = { "bouncd-parse", "bouncd-parse", "phparse", 7, true, false, false, 0,
	    ROLE_BIT(ROLE_BOUNCD) },
	[ROLE_REWRITE] = { "trackd-rewrite", "trackd-rewrite", "phrewrite", 8, true, false, false,
	    GRANT_MEMFD, ROLE_BIT(ROLE_QUEUED) | ROLE_BIT(ROLE_SIGN) },
	[ROLE_SIGN] = { "trackd-sign", "trackd-sign", "phsign", 9, false, false, false, 0,
	    ROLE_BIT(ROLE_REWRITE) },
	[ROLE_WEB] = { "trackd-web", "trackd-web", "phweb", 10, false, false, false, GRANT_ACCEPT,
	    ROLE_BIT(ROLE_BOUNCD) },
	[ROLE_STATS] = { "trackd-stats", "trackd-stats", "phstats", 11, false, true, true,
	    GRANT_DATABASE | GRANT_ACCEPT | GRANT_READ_BELOW | GRANT_THREADS,
	    ROLE_BIT(ROLE_BOUNCD) },
};

const struct role_spec *
role_spec(enum role_kind kind)
{
	must(kind < ROLE_KINDS);
	return &specs[kind];
}
