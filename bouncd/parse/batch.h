/* batch.h: a person's way into the parser: `bouncd-parse --batch`, or one mail on standard input. */
#pragma once

#include "../rules.h"

#include <stdio.h>

/* File names on in, one a line; one JSON object a line on out, in that order: kind, recipients (address, class,
 * category, advice, status, remote_mta, diagnostic), original_message_id, envelope_id, feedback_type, sub, of complaints
 * source_ip, reported_domain, original_mail_from, arrival_date, feedback_id, and tokens. A file that cannot be read is
 * answered {"error": "..."}. */
int batch_files(struct rules *, FILE *in, FILE *out);
/* One mail on in. */
int batch_mail(struct rules *, FILE *in, FILE *out);
