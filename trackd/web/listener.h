/* listener.h: HTTP by libmicrohttpd, on the sockets the master bound, inside our loop (no thread). */
#pragma once

#include "role.h"

void listener_start(struct role *);
