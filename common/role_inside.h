/* role_inside.h: what role.c tells sandbox.c and nobody else: who this process is to become. */
#pragma once

#include "role.h"

struct role_self {
	const char *empty; /* the folder to chroot into */
	unsigned uid, gid;
	unsigned grants;
	int append_fd; /* its event file: nothing but appending is done to it; -1: none */
};

const struct role_self *role_self(const struct role *);
