/* listener.h: HTTP by libmicrohttpd, on the sockets the master bound, inside our loop (no thread). */
#pragma once

#include "role.h"

/* The configuration lives as long as the process. */
void listener_start(struct role *, const struct conf *);
