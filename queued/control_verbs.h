/* control_verbs.h: what people may ask of the queue and do to it, over its control sockets (common/control.h). */
#pragma once

struct queued;

void control_verbs_serve(struct queued *);
