/* connect.h: a socket on its way to a server. */
#pragma once

#include "err.h"
#include "proto_deliver.h"

/* source: an address of ours to come from, empty: the kernel chooses. The descriptor is nonblocking and connecting; its
 * end shows when it is writable. -1: cannot even begin; err says why. */
int connect_begin(struct span address, uint16_t port, struct span source, struct err *);
