/* worker.h: one deliverd process: the channel to queued, its sessions, and what a new queued must be told. */
#pragma once

#include "deliverd_conf.h"
#include "role.h"
#include "tls.h"

struct worker;

struct worker *worker_new(struct role *, const struct delivery *, struct tls *);
/* A channel to queued: the first one, or a new one after it was restarted. */
void worker_queued(void *worker, unsigned instance, int fd);
/* Lets transactions under way end, until the deadline; then role_done(). */
void worker_stop(void *worker, unsigned deadline_s);
