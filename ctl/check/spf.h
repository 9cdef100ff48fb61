/* spf.h: may this address send for this domain? The whole of RFC 7208's check_host() but for exp= and %{p}.
 *
 * Pure: questions to DNS go through a function of the caller's. Records are strangers' bytes: any of them. At most
 * SPF_LOOKUPS_MAX terms ask, SPF_VOIDS_MAX answers may be empty (RFC 7208 4.6.4). */
#pragma once

#include "answer.h"
#include "ip.h"
#include "arena.h"
#include "buf.h"

enum { SPF_LOOKUPS_MAX = 10, SPF_VOIDS_MAX = 2, SPF_RECORD_MAX = 4096 };

enum spf_result {
	SPF_NONE, /* no record */
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR, /* DNS failed */
	SPF_PERMERROR, /* the record is wrong */
};

struct spf_question {
	struct ip ip;       /* of the client */
	struct span sender; /* MAIL FROM: local@domain */
	struct span helo;
	answer_ask *ask;
	void *ctx;
	struct arena *arena; /* with a cap, as everything that is read lies there */
};

struct spf_answer {
	enum spf_result result;
	unsigned lookups, voids;
	struct span record; /* of the domain itself; empty: none */
	char why[200];      /* of errors: what is wrong, ASCII */
};

void spf_check(const struct spf_question *, struct span domain, struct spf_answer *);
const char *spf_word(enum spf_result);
