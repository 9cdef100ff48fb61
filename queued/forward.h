/* forward.h: what a person wrote to a bounce address goes on to where the tenant says (replies): the same bytes, from the
 * null sender, accepted like any other mail before the one that came in is called done.
 *
 * Bounded and without circles: nothing above FORWARD_BYTES_MAX, nothing that was on the way for FORWARD_HOPS_MAX hops
 * already, and nothing that says that no person wrote it (RFC 3834 5). */
#pragma once

#include "delivery.h"

struct queued;

enum { FORWARD_BYTES_MAX = 25 << 20, FORWARD_HOPS_MAX = 25 };
enum forward_end { FORWARD_DONE, FORWARD_REFUSED, FORWARD_FAILED };

/* RETURNED; course_forwarded() hears how it ended, perhaps within the call. */
void forward_begin(struct queued *, struct delivery *, struct span to);
