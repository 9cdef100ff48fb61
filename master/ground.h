/* ground.h: what must stand before a role is started: users, folders, the log, the lock on the pid file, the sockets. */
#pragma once

#include "house.h"

/* -1: exit_code of the house says which kind of thing is missing. */
int ground_prepare(struct house *, struct err *);
