/* launch.h: makes a role's process and gives it what it needs: channel, descriptors, limits, its part of the configuration,
 * channels to its peers. */
#pragma once

#include "house.h"

/* Forks and executes the role's program with one end of a channel; what the other end is told waits until it reads. */
int launch(struct house *, struct child *, const struct conf *, struct err *);
/* All it needs, and GO. The child stands on its seat. */
int launch_furnish(struct house *, const struct conf *, struct child *, struct err *);
/* A channel between two that live was closed: they get a new one. Whoever died is started anew, and brings his own. */
void launch_rejoin(struct child *, enum role_kind peer, unsigned instance);
