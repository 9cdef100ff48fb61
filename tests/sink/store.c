#include "store.h"
#include "buf.h"
#include "err.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store {
	const char *folder;
	uint64_t number;
};

struct store *
store_new(const char *folder)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		fatal("out of memory");
	s->folder = folder;
	if (folder != NULL && mkdir(folder, 0755) == -1 && errno != EEXIST)
		fatal("%s: %s", folder, strerror(errno));
	return s;
}

void
store_free(struct store *s)
{
	free(s);
}

static void
put_head(struct buf *b, const struct store_mail *m)
{
	struct span rest = m->recipients;

	buf_printf(b, "provider: %s\nclient: %s\ntls: %s\n", m->provider, m->client, m->tls);
	buf_printf(b, "helo: %.*s\nfrom: %.*s\n", SPAN(m->helo), SPAN(m->from));
	while (rest.n > 0) {
		struct span to = span_cut(rest, '\n', &rest);

		buf_printf(b, "to: %.*s\n", SPAN(to));
	}
	for (rest = m->said; rest.n > 0;) {
		struct span line = span_cut(rest, '\n', &rest);

		buf_printf(b, "said: %.*s\n", SPAN(line));
	}
	buf_byte(b, '\n');
}

static bool
write_all(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n == -1)
			return false;
		s = span_from(s, (size_t)n);
	}
	return true;
}

/* Under its final name only when whole: a test may be looking. */
static void
write_file(const struct store *s, const struct store_mail *m)
{
	struct buf head, path, part;
	int fd;

	buf_init(&head, 1 << 20);
	buf_init(&path, 4096);
	buf_init(&part, 4096);
	put_head(&head, m);
	buf_printf(&path, "%s/%s-%06llu", s->folder, m->provider, (unsigned long long)s->number);
	buf_printf(&part, "%.*s.part", SPAN(buf_all(&path)));
	buf_byte(&path, '\0');
	buf_byte(&part, '\0');
	fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || !write_all(fd, buf_all(&head)) || !write_all(fd, m->content) ||
	    close(fd) == -1 || rename(part.p, path.p) == -1)
		log_error("store", "path=%s why=\"%s\"", part.p, strerror(errno));
	buf_free(&head);
	buf_free(&path);
	buf_free(&part);
}

static struct span
subject_of(struct span content)
{
	while (content.n > 0) {
		struct span line = span_trim(span_cut(content, '\n', &content));

		if (line.n == 0)
			break;
		if (span_starts_nocase(line, "Subject:"))
			return span_trim(span_from(line, 8));
	}
	return SPAN_LIT("");
}

static void
log_mail(const struct store_mail *m, const char *event, struct span to)
{
	log_begin(LOG_LEVEL_INFO, event);
	log_kvs("provider", m->provider);
	log_kv("from", m->from);
	log_kv("to", to);
	log_kvs("client", m->client);
	log_kvs("tls", m->tls);
}

void
store_add(struct store *s, const struct store_mail *m)
{
	struct span rest = m->recipients;

	s->number++;
	while (rest.n > 0) {
		log_mail(m, "taken", span_cut(rest, '\n', &rest));
		log_kvf("number", "%06llu", (unsigned long long)s->number);
		log_num("bytes", m->content.n);
		log_kv("subject", subject_of(m->content));
		log_end();
	}
	if (s->folder != NULL)
		write_file(s, m);
}

void
store_refused(struct store *s, const struct store_mail *m, struct span command, const char *reply)
{
	(void)s;
	log_mail(m, "refused", span_trim(m->recipients));
	log_kv("command", command);
	log_kvs("reply", reply);
	log_end();
}
