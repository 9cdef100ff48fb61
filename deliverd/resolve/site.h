/* site.h: the name of the site a set of MX hosts belongs to: equal for equal sets, whatever their order.
 *
 * All hosts under one organisational domain: that domain ("google.com"). Else the lowest host names joined with "+", and
 * where that grows long the first two and a hash of all. */
#pragma once

#include "buf.h"
#include "suffixes.h"

enum { SITE_NAME_MAX = 120 };

/* hosts: lower case. Appends the name. */
void site_name(const struct suffixes *, const struct span *hosts, unsigned n, struct buf *);
