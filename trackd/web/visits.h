/* visits.h: trackd-web's visits, judged as they come, in the words of its event file. */
#pragma once

#include "answer.h"
#include "visit.h"

/* The configured rules, or the shipped ones; fails the role where they are bad. */
void visits_start(struct role *, const struct conf *);

/* Judges the visit, remembers it, and appends its event, and behind it an event for each earlier visit that it shows to
 * have been a machine's. */
void visits_write(
    struct buf *events, const struct web_request *, const char *tenant, const struct token_facts *);
/* The same for an unsubscribe, whose event bouncd writes: only those of earlier visits are appended. */
struct judgement visits_unsubscribe(
    struct buf *events, const struct web_request *, const char *tenant, const struct token_facts *);
