/* worker.h: bouncd's jobs: a mail that came back goes in, its facts go out (proto_parse.h). */
#pragma once

#include "role.h"

void worker_start(struct role *);
