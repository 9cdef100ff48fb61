/* verbs_restore.h: what posthouse suppress restore asks: the suppression list that was lost is brought back. */
#pragma once

#include "bouncd.h"
#include "control.h"

void verb_suppress_restore(void *bouncd, struct control_call *);
