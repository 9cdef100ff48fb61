/* signing.h: what a tenant wants of its signatures (dkim-canonical, dkim-field, dkim-oversign, dkim-expire). */
#pragma once

#include "arena.h"
#include "conf.h"

#include "../sign/dkim.h"

/* All of the options but key and names; lists live in the arena. tenant NULL: the defaults. */
struct dkim_options
signing_options(const struct conf_block *tenant, uint64_t now_s, struct arena *);
