/* log.h: one line an event, key=value, with the message id where there is one.
 *
 *	2026-11-23T10:04:07.512Z deliverd[812] deferred id=01JDC... to=<b@b.example> reply="421 4.7.28 ..."
 *
 * Values with spaces or quotes are quoted, control bytes escaped, so any byte may be logged. Lines gather in
 * memory and leave in one write at log_flush() (the loop calls it once a turn), or at once before a loop runs. The
 * descriptor may be a pipe that does not block: what it has no room for waits in memory, and lines beyond that are counted
 * and lost; nobody waits for a log. */
#pragma once

#include "span.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* name: the process as it stands in each line. fd: where lines go; not closed here. */
void log_init(const char *name, int fd);
void log_set_level(enum log_level);
enum log_level log_level_of(const char *word); /* "debug", "warn"; "info" for any other */
void log_set_gather(bool);                     /* true: lines wait for log_flush() */
void log_flush(void);
/* Whole lines that another process of ours made. */
void log_lines(struct span);

/* A whole line for values the program chose itself (numbers, names of states): fmt is "key=%s key=%u". */
void log_debug(const char *event, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_error(const char *event, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Built key by key, for values from outside:
 *	log_begin(LOG_LEVEL_INFO, "refused"); log_kv("reply", span); log_end(); */
void log_begin(enum log_level, const char *event);
void log_kv(const char *key, struct span value);
void log_kvs(const char *key, const char *value);
void log_num(const char *key, uint64_t value);
void log_address(const char *key, struct span address); /* in <> */
void log_kvf(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_end(void);
