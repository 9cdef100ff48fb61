#include "log.h"
#include "buf.h"
#include "time_text.h"
#include "utf8.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GATHER_BYTES = 256 * 1024, FULL_BYTES = 64 * 1024, VALUE_BYTES = 2048, PATIENCE_MS = 200 };

/* One log a process: its state is the process's, as errno is. */
static struct {
	char name[32];
	int fd;
	enum log_level level;
	bool gather, muted; /* muted: the line being built is below the level */
	struct buf lines;
	size_t line_at; /* where the line being built begins */
	unsigned lost;  /* lines for which there was no room */
} lg = { .name = "posthouse", .fd = 2, .level = LOG_LEVEL_INFO, .lines = { .max = GATHER_BYTES } };

void
log_init(const char *name, int fd)
{
	snprintf(lg.name, sizeof(lg.name), "%s", name);
	lg.fd = fd;
}

enum log_level
log_level_of(const char *word)
{
	static const char *const words[] = { "debug", "info", "warn", "error" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

void
log_set_level(enum log_level level)
{
	lg.level = level;
}

void
log_set_gather(bool gather)
{
	lg.gather = gather;
	log_flush();
}

/* 0: all written, or given up: a log that cannot be written is no reason to stop mail. 1: a pipe that is full. */
static int
leave(struct span *s)
{
	while (s->n > 0) {
		ssize_t n = write(lg.fd, s->p, s->n);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return 1;
		if (n <= 0)
			break;
		*s = span_from(*s, (size_t)n);
	}
	*s = span_from(*s, s->n);
	return 0;
}

void
log_flush(void)
{
	struct span rest = buf_all(&lg.lines);
	struct pollfd room = { .fd = lg.fd, .events = POLLOUT };

	/* Last words, before a loop or behind one, are worth a moment; in a loop the rest waits for the next turn. */
	while (leave(&rest) == 1 && !lg.gather && poll(&room, 1, PATIENCE_MS) == 1)
		;
	buf_drop(&lg.lines, lg.lines.n - rest.n);
	if (lg.lost > 0 && rest.n == 0) {
		unsigned lost = lg.lost;

		lg.lost = 0;
		log_warn("log-lines-lost", "lines=%u", lost);
	}
}

void
log_lines(struct span lines)
{
	log_flush();
	(void)leave(&lines);
}

static void
stamp(void)
{
	struct timespec now;
	char when[32];

	clock_gettime(CLOCK_REALTIME, &now);
	time_text((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, when);
	buf_str(&lg.lines, when);
	buf_byte(&lg.lines, ' ');
	buf_str(&lg.lines, lg.name);
	buf_byte(&lg.lines, '[');
	buf_num(&lg.lines, (uint64_t)getpid());
	buf_byte(&lg.lines, ']');
}

void
log_begin(enum log_level level, const char *event)
{
	lg.muted = level < lg.level;
	if (lg.muted)
		return;
	lg.line_at = lg.lines.n;
	stamp();
	buf_byte(&lg.lines, ' ');
	buf_str(&lg.lines, event);
	if (level >= LOG_LEVEL_WARN)
		buf_str(&lg.lines, level == LOG_LEVEL_WARN ? " level=warn" : " level=error");
}

static bool
plain(struct span v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] == ' ' || v.p[i] == '"' || v.p[i] == '\\')
			return false;
	return v.n > 0 && utf8_shown(v) == v.n;
}

/* What may not stand as it is; the bytes it took. */
static size_t
escaped(struct span v)
{
	uint32_t code;
	size_t n = utf8_next(v, &code);

	if (v.p[0] == '\n')
		buf_str(&lg.lines, "\\n");
	else if (n > 1)
		buf_printf(&lg.lines, "\\u%04x", (unsigned)code);
	else
		buf_printf(&lg.lines, "\\x%02x", (unsigned char)v.p[0]);
	return n > 1 ? n : 1;
}

static void
quoted(struct span v)
{
	buf_byte(&lg.lines, '"');
	while (v.n > 0) {
		struct span shown = span_first(v, utf8_shown(v));

		for (size_t i = 0; i < shown.n; i++) {
			if (shown.p[i] == '"' || shown.p[i] == '\\')
				buf_byte(&lg.lines, '\\');
			buf_byte(&lg.lines, shown.p[i]);
		}
		v = span_from(v, shown.n);
		if (v.n > 0)
			v = span_from(v, escaped(v));
	}
	buf_byte(&lg.lines, '"');
}

static void
key_put(const char *key)
{
	buf_byte(&lg.lines, ' ');
	buf_str(&lg.lines, key);
	buf_byte(&lg.lines, '=');
}

void
log_kv(const char *key, struct span value)
{
	if (lg.muted)
		return;
	value = span_first(value, VALUE_BYTES);
	key_put(key);
	if (plain(value))
		buf_span(&lg.lines, value);
	else
		quoted(value);
}

void
log_kvs(const char *key, const char *value)
{
	log_kv(key, span_str(value));
}

void
log_num(const char *key, uint64_t value)
{
	if (lg.muted)
		return;
	key_put(key);
	buf_num(&lg.lines, value);
}

void
log_address(const char *key, struct span address)
{
	char text[VALUE_BYTES];
	size_t n = address.n < sizeof(text) - 2 ? address.n : sizeof(text) - 2;

	text[0] = '<';
	memcpy(text + 1, n > 0 ? address.p : "", n);
	text[n + 1] = '>';
	log_kv(key, span_of(text, n + 2));
}

void
log_kvf(const char *key, const char *fmt, ...)
{
	char text[VALUE_BYTES];
	va_list ap;

	if (lg.muted)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_kvs(key, text);
}

void
log_end(void)
{
	if (lg.muted)
		return;
	buf_byte(&lg.lines, '\n');
	if (buf_over(&lg.lines)) {
		lg.lines.over = false;
		lg.lines.n = lg.line_at;
		lg.lost++;
	}
	if (!lg.gather || lg.lines.n > FULL_BYTES)
		log_flush();
}

static void __attribute__((format(printf, 3, 0)))
whole_line(enum log_level level, const char *event, const char *fmt, va_list ap)
{
	char text[VALUE_BYTES];

	log_begin(level, event);
	if (lg.muted)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	buf_printf(&lg.lines, " %s", text);
	log_end();
}

#define LOG_AT(level)                                                                              \
	va_list ap;                                                                                \
	va_start(ap, fmt);                                                                         \
	whole_line(level, event, fmt, ap);                                                         \
	va_end(ap)

void
log_debug(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_DEBUG);
}

void
log_info(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_INFO);
}

void
log_warn(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_WARN);
}

void
log_error(const char *event, const char *fmt, ...)
{
	LOG_AT(LOG_LEVEL_ERROR);
}
