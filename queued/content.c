#include "content.h"
#include "message.h"
#include "queued.h"
#include "store.h"

#include <string.h>
#include <unistd.h>

int
content_open(struct queued *q, const struct message *m, struct content *c, struct err *err)
{
	struct store_bytes b;

	*c = (struct content){ .bytes = m->bytes,
		.fd = -1,
		.size_bytes = m->facts.size_bytes,
		.crc32c = m->facts.crc32c,
		.check_crc = true,
		.has_8bit = m->facts.has_8bit,
		.has_dots = m->facts.has_dots,
		.drops_n = m->facts.drops_n };
	memcpy(c->drops, m->facts.drops, sizeof(c->drops));
	if (m->bytes.n > 0 || m->facts.size_bytes == 0)
		return 0;
	if (store_read(q->store, m->envelope->id, &b, err) == -1)
		return -1;
	c->fd = b.fd;
	c->start = b.start;
	c->size_bytes = b.size_bytes;
	return 0;
}

void
content_drop(const struct content *c)
{
	if (c != NULL && c->fd >= 0)
		close(c->fd);
}

int
content_head(const struct content *c, size_t n, struct arena *a, struct span *out, struct err *err)
{
	char *p;
	ssize_t got;

	if (n > c->size_bytes)
		n = c->size_bytes;
	if (c->fd < 0) {
		*out = span_first(c->bytes, n);
		return 0;
	}
	p = arena_alloc(a, n + 1);
	got = pread(c->fd, p, n, (off_t)c->start);
	if (got < 0)
		return err_sys(err, "read a message");
	*out = span_of(p, (size_t)got);
	return 0;
}
