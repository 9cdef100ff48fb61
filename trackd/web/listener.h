/* listener.h: the sockets the master bound: accepts, also where there are no descriptors left, and closes them at a stop. */
#pragma once

#include "role.h"

/* The configuration lives as long as the process. At DRAIN and STOP idle connections are closed, requests in hand are
 * answered, and then the role is done; at the deadline in any case. */
void listener_start(struct role *, const struct conf *);
