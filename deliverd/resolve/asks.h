/* asks.h: what queued wants to know, from the ask to the answer: MX, then the addresses of its hosts; of a route's host the
 * addresses alone. */
#pragma once

#include "dns.h"
#include "proto_resolve.h"
#include "resolve_conf.h"
#include "site.h"

struct asks;

struct asks *asks_new(const struct resolver_conf *, struct dns *, const struct suffixes *);
/* Who asks from now on; what an earlier one asked is answered to nobody. */
void asks_to(struct asks *, struct chan *);
void asks_left(struct asks *, const struct chan *);
void asks_begin(struct asks *, const struct resolve_ask *);
