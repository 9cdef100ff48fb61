/* event.h: one line of flat JSON for each thing that happened (DESIGN 6; schema version in "v").
 *
 *	{"v":1,"id":"01J...","time":"2026-11-23T10:04:07.512Z","event":"delivered","message":"01J...",...}
 *
 * Bytes that are no UTF-8 come out as U+FFFD; nothing may break a line. */
#pragma once

#include "buf.h"
#include "id.h"
#include "time_text.h"

enum { EVENT_VERSION = 1 };

/* kind: received untracked deferred delivered bounced suppressed expired dropped complaint unsubscribed opened clicked
 * trapped revised autoreply reply returned lane admin. event: its own id; time_ms since 1970. */
void event_open(struct buf *, const char *kind, struct id event, uint64_t time_ms);
void event_id(struct buf *, const char *key, struct id);
void event_span(struct buf *, const char *key, struct span); /* empty: left out */
void event_str(struct buf *, const char *key, const char *); /* "" or NULL: left out */
void event_num(struct buf *, const char *key, uint64_t);
void event_bool(struct buf *, const char *key, bool);
void event_close(struct buf *); /* with the LF */

/* A JSON string with its quotes; also for answers on control sockets. */
void json_span(struct buf *, struct span);
/* 2026-11-23T10:04:07.512Z */
