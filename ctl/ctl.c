#include "ctl.h"
#include "err.h"

#include "../master/tables.h"

#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc/posthouse"
#endif

void
ctl_init(struct ctl *c)
{
	const char *named = getenv("POSTHOUSE_CONF");

	*c = (struct ctl){ .conf_path = SYSCONFDIR "/posthouse.conf", .arena = arena_new(0) };
	if (named != NULL && named[0] != '\0')
		c->conf_path = named;
}

void
ctl_free(struct ctl *c)
{
	conf_free(c->conf);
	conf_free(c->defaults);
	arena_free(c->arena);
}

const struct conf *
ctl_conf(struct ctl *c)
{
	if (c->conf == NULL)
		c->conf = conf_read(house_table(), c->conf_path);
	return c->conf;
}

const char *
ctl_path(struct ctl *c, const char *setting)
{
	const char *value = conf_str(conf_top(ctl_conf(c)), setting);

	if (value[0] != '\0')
		return value;
	if (c->defaults == NULL)
		c->defaults = conf_read_text(house_table(), c->conf_path, span_of("", 0));
	return conf_str(conf_top(c->defaults), setting);
}

const char *
ctl_program(struct ctl *c, const char *name)
{
	static const char *const folders[] = { "", "/../libexec/posthouse", "/../sbin" };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir, *path = name;

	if (n <= 0)
		return name;
	self[n] = '\0';
	dir = dirname(self);
	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		path = arena_printf(c->arena, "%s%s/%s", dir, folders[i], name);
		if (access(path, X_OK) == 0)
			break;
	}
	return path;
}

const char *
ctl_day(struct ctl *c, uint64_t time_s)
{
	char text[32];
	time_t t = (time_t)time_s;
	struct tm tm;

	if (time_s == 0)
		return "";
	strftime(text, sizeof(text), "%Y-%m-%d", gmtime_r(&t, &tm));
	return arena_strdup(c->arena, text);
}

int
ctl_fail(int exit_code, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("posthouse: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return exit_code;
}

bool
ctl_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0');
}
