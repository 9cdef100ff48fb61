/* web.h: what trackd-web asks: who wants no more mail is on the list, and on disk, before it is told so. And which links are
 * switched off, told to each trackd-web when it comes and whenever it changes. */
#pragma once

#include "bouncd.h"
#include "links.h"

/* Before group_start(): what it gathers in a turn is part of that turn's group. */
void web_start(struct bouncd *);
/* To all there are. */
void web_pause(bool); /* nothing is read from it (disk.h) */
void web_tell_block(const struct link_block *, bool blocked);
