/* events.h: the lines that go to events/queued.jsonl: gathered in a turn, written at its end in one write.
 *
 * What ends a delivery comes here only after its done record is durable (final.c); all else at once. A line that could
 * not be written waits, and is tried again each turn. Of too many that wait all but ends are counted and dropped; of ends
 * that have no room either the journal knows, which keeps them until they are written (store_events_lost()). */
#pragma once

#include "delivery.h"
#include "span.h"

struct queued;
struct events;
struct lane;
struct lane_hosts;
struct ban;
struct standing;
struct conf_place;

struct events *
events_new(struct queued *, int fd, int read_fd); /* read_fd: of the same file, or -1 */
/* The file is another one from here on; read_fd as above. What was written by half is written whole there. */
void events_moved(struct events *, int read_fd);
void events_final(struct events *, struct span line); /* what ended a delivery, with its LF */
bool events_written(struct events *);                 /* writes what waits; true: nothing does */
/* The file cannot be written: no new mail is taken while so much waits; and beyond more of it nothing is sent. */
bool events_behind(const struct events *);
bool events_stuck(const struct events *);
/* What every event of a delivery says: to a buffer, between event_open() and event_close(). */
void events_delivery(struct buf *, const struct delivery *);
/* What the last attempt brought: class, category, status, reply, server ... */
void events_attempt(struct buf *, const struct delivery *);

void events_received(struct events *, const struct message *);
void events_deferred(struct events *, const struct delivery *, uint64_t retry_ms);
/* Asked to be tracked and left alone; reason: signed sealed malformed too-large costly crashed no-key. */
void events_untracked(struct events *, const struct delivery *, struct span reason);
/* what: slowed faster suspended resumed unreachable released. */
void events_lane(struct events *, const struct lane *, const char *what);
/* With other words than those that cut it. */
void events_lane_said(struct events *, const struct lane *, const char *what, const char *reply);
/* what: unreachable; hosts of that lane. */
void events_lane_hosts(struct events *, const struct lane_hosts *, const char *what);
/* what: tenant-suspended; a tenant in that lane. */
void events_lane_tenant(struct events *, const struct lane *, const struct ban *, const char *what);
/* what: paused released; place: of the limit that was passed, or NULL. */
void events_tenant(
    struct events *, const struct standing *, const char *what, const struct conf_place *place);
void events_corrupt(struct events *, const char *file, const char *why);
/* Something impossible happened to it, and it is held. */
void events_aside(struct events *, const struct delivery *, const char *why);
void events_admin(
    struct events *, const char *verb, unsigned actor, const struct delivery *, struct span reason);
/* The same done to so many deliveries that wait on disk alone. */
void events_admin_many(
    struct events *, const char *verb, unsigned actor, unsigned count, struct span reason);
