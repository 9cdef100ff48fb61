/* scan_text.h: the links of a plain text, as mail programs find them (RFC 3986 appendix C, RFC 3676).
 *
 * A URL ends where white space, a control, < > or a quote comes; full stops, commas and brackets that do not belong to
 * it stay outside. Left alone: lines that are quoted, what stands below the signature's "-- ", text in PGP's armour, and
 * whatever nobody can say the end of. No line is broken or joined. */
#pragma once

#include "scan.h"

/* As scan_html(). delsp: format=flowed whose lines are joined without the space they end in. */
void scan_text(const struct scan_rules *, struct span label, bool delsp, struct span text,
    struct arena *, struct scan *);
