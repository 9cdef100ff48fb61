/* net.h: sockets of the test programs, non-blocking, by text: "127.0.0.1:2525" or "[::1]:2525". */
#pragma once

#include "err.h"

/* The socket, or -1 with err set. */
int net_listen(const char *address, struct err *);
int net_connect(const char *address, struct err *); /* begun; writable when it stands */
void net_no_delay(int fd);
