/* owners.h: whose each bounce domain is, as the configuration says: thousands of tenants, found by halving. */
#pragma once

#include "conf.h"

struct owners;

/* Names point into the configuration, which must outlive it. */
struct owners *owners_new(const struct conf *);
void owners_free(struct owners *); /* NULL is fine */
/* The tenant's name; empty: nobody's. */
struct span owners_tenant(const struct owners *, struct span domain);
