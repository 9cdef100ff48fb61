/* ctl.h: what every verb of posthouse(1) is handed: the configuration that is asked, how to answer, where things lie. */
#pragma once

#include "arena.h"
#include "conf.h"

struct ctl {
	const char *conf_path;
	bool json;             /* one object a line, for programs */
	struct arena *arena;   /* as long as the command */
	struct conf *conf;     /* read when it is first asked for: ctl_conf() */
	struct conf *defaults; /* read when the configuration cannot be */
};

/* conf_path: -c, then POSTHOUSE_CONF, then SYSCONFDIR/posthouse.conf. */
void ctl_init(struct ctl *);
void ctl_free(struct ctl *);

/* The configuration, read against every table. It may have errors: ask conf_errors(). Never NULL. */
const struct conf *ctl_conf(struct ctl *);
/* A folder or file setting at the top of the configuration ("run", "keys"). A configuration that is missing, or broken
 * at the moment, gives the default or what could be read of it, so that a house that runs can still be asked. */
const char *ctl_path(struct ctl *, const char *setting);
/* A program beside this one (posthoused), or in PREFIX/libexec/posthouse (the roles'). In the arena. */
const char *ctl_program(struct ctl *, const char *name);

/* "2026-11-24" in UTC; for 0 nothing. */
const char *ctl_day(struct ctl *, uint64_t time_s);

/* Writes "posthouse: text" on standard error; returns exit_code. */
int ctl_fail(int exit_code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bold and the like: standard output is a terminal and NO_COLOR is not set. */
bool ctl_colour(void);
