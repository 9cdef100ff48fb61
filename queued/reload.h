/* reload.h: a new configuration for a queue that runs on, and the end of its work when the master says stop. */
#pragma once

struct queued;

void reload_serve(struct queued *);
