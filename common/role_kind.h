/* role_kind.h: the roles there are, by number; role_table.c says what each is and may. */
#pragma once

#include <stdint.h>

enum role_kind {
	ROLE_MASTER,
	ROLE_SMTPD,
	ROLE_AUTH,
	ROLE_QUEUED,
	ROLE_DELIVERD,
	ROLE_RESOLVE,
	ROLE_BOUNCD,
	ROLE_PARSE,
	ROLE_REWRITE,
	ROLE_SIGN,
	ROLE_WEB,
	ROLE_STATS,
	ROLE_KINDS,
};

#define ROLE_BIT(kind) (1u << (kind))
