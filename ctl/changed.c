#include "changed.h"
#include "ask.h"
#include "event.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
line_append(const char *folder, struct arena *arena, struct span line)
{
	const char *path = arena_printf(arena, "%s/posthouse.jsonl", folder);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd == -1 || write(fd, line.p, line.n) != (ssize_t)line.n || fsync(fd) == -1)
		ctl_fail(0, "%s: the event could not be written: %m", path);
	if (fd != -1)
		close(fd);
}

void
changed_event(struct ctl *c, const char *verb, const char *reason)
{
	const char *folder = ctl_path(c, "events");
	struct buf line;

	if (access(folder, F_OK) == -1)
		return;
	id_init((uint16_t)conf_num(conf_top(ctl_conf(c)), "node"));
	buf_init(&line, LINE_BYTES);
	event_open(&line, "admin", id_new(), now_ms());
	event_str(&line, "verb", verb);
	event_num(&line, "actor", getuid());
	event_str(&line, "reason", reason);
	event_close(&line);
	if (!buf_over(&line))
		line_append(folder, c->arena, buf_all(&line));
	buf_free(&line);
}

int
changed_reload(struct ctl *c, const char *reason, bool no_reload)
{
	const char *socket = arena_printf(c->arena, "%s/posthoused/ops.sock", ctl_path(c, "run"));

	if (no_reload || access(socket, F_OK) == -1)
		return 0;
	return ask_end(
	    ask(c, "posthoused", ASK_OPS, json_pack("{ssss}", "verb", "reload", "reason", reason)));
}
