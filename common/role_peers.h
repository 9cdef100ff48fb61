/* role_peers.h: the channels a role has to others, and what happens when one is closed while both ends live.
 *
 * A channel is closed by an end that got nonsense, or whose peer did not read for too long. Processes that die are started anew
 * by the master, with new channels; so the end whose role stands first in enum role_kind asks the master for another one, after
 * a second, then after two and so on up to half a minute, until it has one. Roles need not know: msg.c tells. */
#pragma once

#include "msg.h"
#include "role_kind.h"

/* Once, before there are peers. self: the role's own kind. */
void role_peers_init(enum role_kind self, struct chan *master);
/* A channel to it was handed over: it is watched, and takes the place of one that was asked for. */
void role_peers_add(enum role_kind, unsigned instance, int fd);
