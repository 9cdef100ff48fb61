/* returned.h: mail that came back to a bounce or feedback address: parsed by bouncd-parse, tied to its
 * delivery, judged, told, stored (returned_job.h says which file does what).
 *
 * queued keeps the mail until STORED with ok; so without a parser, or without a disk, it is asked again later. */
#pragma once

#include "bouncd.h"
#include "err.h"

int returned_start(struct bouncd *, struct err *); /* -1: the bounce key is none */
/* A reload: the next bounce keys, read and then taken. */
int returned_keys_prepare(struct bouncd *, struct err *);
void returned_keys_commit(void);
void returned_take(struct bouncd *, struct msg *);
/* queued went away: nobody waits for the answers. */
void returned_forget(void);
