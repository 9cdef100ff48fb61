/* master_control.h: the verbs the master answers on its control sockets: status, reload, rollback, stop. */
#pragma once

#include "house.h"

int master_control_open(struct house *, struct err *);
