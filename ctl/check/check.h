/* check.h: one run of posthouse check: a tenant's sending domain, from the outside. Each check_*() is one part and reports
 * what it finds; none changes anything. */
#pragma once

#include "answer.h"
#include "dmarc.h"
#include "lookup.h"
#include "report.h"

#include "../ctl.h"
#include "ip.h"

enum { CHECK_SOURCES_MAX = 64 };

/* An address that mail leaves from, as the world sees it. */
struct check_source {
	const char *name;
	struct ip address;
	char text[IP_TEXT];
	struct span ehlo;
};

struct check {
	struct ctl *ctl;
	const struct conf *conf;
	const struct conf_block *tenant;
	struct arena *arena;
	struct lookup *lookup;
	struct suffixes *suffixes;
	struct report *report;
	struct span domain; /* of From, lower case */
	struct span bounce; /* of MAIL FROM: the tenant's bounce domain, or domain */
	struct span signs;  /* d= of its signatures; empty: nothing signs */
	struct span hostname;
	struct check_source sources[CHECK_SOURCES_MAX];
	unsigned sources_n;
};

/* given: the address the world sees, in place of those in the configuration; NULL: none. */
void check_sources(struct check *, const char *given);
void check_ask(struct check *, struct span name, enum answer_type, struct answer *);
/* Is that address among these, which were asked for by its family? */
bool check_has(const struct answer *, const struct ip *);
/* Has the name that address? */
bool check_leads_to(struct check *, struct span name, const struct ip *);
/* name. IN TXT "..." "...", strings of at most 255 bytes; in the arena. */
struct span check_txt_line(struct check *, struct span name, struct span text);

void check_spf(struct check *);
void check_dkim(struct check *);
void check_dmarc(struct check *);
void check_mx(struct check *);
void check_reverse(struct check *);
void check_tls(struct check *);
void check_tracking(struct check *);
void check_one_click(struct check *);
