/* alone_test.h: all of queued on a spool of its own, without a master or peers, for unit tests. A process has one. */
#pragma once

#include "peer_deliverd.h"
#include "queued.h"

extern struct queued queued;
extern struct worker worker; /* connected, in step; nobody reads what it is told */
extern int doing_fd;

void queued_make(void);
/* As many turns of the loop, a millisecond each. */
void turns(unsigned n);
/* A message that was accepted, of two recipients: this one, and one that is held and so keeps the message. old: past its time. */
struct delivery *delivery_new(const char *address, bool old);
/* The folder goes. */
void tidy(void);
