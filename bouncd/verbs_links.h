/* verbs_links.h: what bouncd answers about links that are switched off: links-block, links-unblock, links-list. */
#pragma once

#include "control.h"

void verb_links_block(void *bouncd, struct control_call *);
void verb_links_unblock(void *bouncd, struct control_call *);
void verb_links_list(void *bouncd, struct control_call *);
