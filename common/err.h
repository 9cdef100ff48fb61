/* err.h: what the world did wrong, as a text.
 *
 * Written where the fact is known, logged once by whoever deals with it; callers may put context in front.
 * Every function returns -1, so that "return err_set(err, ...)" is one line. err may be NULL. */
#pragma once

struct err {
	char text[512];
};

int err_set(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, then ": " and strerror(errno). */
int err_sys(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Puts "context: " in front of what is there. */
int err_context(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#ifdef __clang_analyzer__ /* it sees one file at a time, and would not know that they return -1 */
#define err_set(...)     (err_set(__VA_ARGS__), -1)
#define err_sys(...)     (err_sys(__VA_ARGS__), -1)
#define err_context(...) (err_context(__VA_ARGS__), -1)
#endif

/* Out of memory and the like: says so on standard error and in the log, and exits with 71 (EX_OSERR). */
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* As assert(), but on in production: the master restarts us. No byte from outside may reach one. */
#define must(cond)                                                                                 \
	((cond) ? (void)0 : fatal("%s:%d: broken invariant: %s", __FILE__, __LINE__, #cond))
