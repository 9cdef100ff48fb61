/* Records being written (msg.h): gathered into packets, and one that is longer than a packet cut into parts. */
#include "err.h"
#include "log.h"
#include "msg_inside.h"

#include <string.h>

static void
head_put(struct chan *c, enum record_form form, unsigned fds_n)
{
	struct head h = { .type = c->record_type,
		.fds = (uint8_t)fds_n,
		.form = (uint8_t)form,
		.len = (uint32_t)(c->out.n - c->record_at - HEAD_BYTES) };

	memcpy(c->out.p + c->record_at, &h, HEAD_BYTES);
}

static void
head_room(struct chan *c)
{
	static const char none[HEAD_BYTES];

	c->record_at = c->out.n;
	buf_add(&c->out, none, HEAD_BYTES);
}

void
chan_begin(struct chan *c, uint16_t type)
{
	if (c->out.n + HEAD_BYTES > MSG_PACKET_MAX)
		chan_out_leave(c);
	c->record_type = type;
	c->record_gone = 0;
	c->record_over = false;
	c->record_fds = c->out_fds_n;
	head_room(c);
	chan_touch(c);
}

/* What was gathered before the record leaves: the record then begins its packet, and its descriptors go with it. */
static void
packet_for_itself(struct chan *c)
{
	char moved[MSG_PACKET_MAX];
	size_t len = c->out.n - c->record_at;
	unsigned fds_n = c->out_fds_n - c->record_fds;
	int fds[MSG_FDS_MAX];

	memcpy(moved, c->out.p + c->record_at, len);
	memcpy(fds, c->out_fds + c->record_fds, sizeof(int) * fds_n);
	c->out.n = c->record_at;
	c->out_fds_n = c->record_fds;
	chan_out_leave(c);
	buf_add(&c->out, moved, len);
	memcpy(c->out_fds, fds, sizeof(int) * fds_n);
	c->out_fds_n = fds_n;
	c->record_at = 0;
	c->record_fds = 0;
}

/* The packet is this record's alone and full: it leaves as a part. The descriptors wait for the last one. */
static void
part_leave(struct chan *c)
{
	unsigned fds_n = c->out_fds_n;

	head_put(c, RECORD_PART, 0);
	c->record_gone += c->out.n - HEAD_BYTES;
	c->out_fds_n = 0;
	chan_out_leave(c);
	c->out_fds_n = fds_n;
	head_room(c);
}

static void
put(struct chan *c, const void *p, size_t n)
{
	const char *from = p;

	if (c->out.n + n > MSG_PACKET_MAX && c->record_at > 0)
		packet_for_itself(c);
	while (c->out.n + n > MSG_PACKET_MAX) {
		size_t fits = MSG_PACKET_MAX - c->out.n;

		c->record_over |= c->record_gone + MSG_PACKET_MAX > MSG_RECORD_MAX;
		if (c->record_over)
			return; /* chan_end() says so */
		buf_add(&c->out, from, fits);
		from += fits;
		n -= fits;
		part_leave(c);
	}
	buf_add(&c->out, from, n);
}

void
chan_u8(struct chan *c, uint8_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_u16(struct chan *c, uint16_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_u32(struct chan *c, uint32_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_u64(struct chan *c, uint64_t v)
{
	put(c, &v, sizeof(v));
}

void
chan_span(struct chan *c, struct span s)
{
	chan_u32(c, (uint32_t)s.n);
	if (s.n > 0)
		put(c, s.p, s.n);
}

void
chan_id(struct chan *c, struct id id)
{
	put(c, id.b, ID_BYTES);
}

void
chan_fd(struct chan *c, int fd)
{
	if (c->out_fds_n == MSG_FDS_MAX && c->record_at > 0)
		packet_for_itself(c);
	must(c->out_fds_n < MSG_FDS_MAX); /* a record has one or two, by its table */
	c->out_fds[c->out_fds_n++] = fd;
}

void
chan_fd_or_none(struct chan *c, int fd)
{
	chan_u8(c, fd >= 0);
	if (fd >= 0)
		chan_fd(c, fd);
}

/* Its parts are with the reader, who is told to forget them. */
static int
record_drop(struct chan *c)
{
	log_begin(LOG_LEVEL_ERROR, "record-dropped");
	log_kvs("peer", c->peer);
	log_num("type", c->record_type);
	log_kvf("most", "%d", MSG_RECORD_MAX);
	log_end();
	chan_fds_close(c->out_fds + c->record_fds, c->out_fds_n - c->record_fds);
	c->out_fds_n = c->record_fds;
	c->out.n = c->record_at + HEAD_BYTES;
	head_put(c, RECORD_DROPPED, 0);
	return -1;
}

int
chan_end(struct chan *c)
{
	if (c->record_over)
		return record_drop(c);
	head_put(c, RECORD_LAST, c->out_fds_n - c->record_fds);
	return 0;
}
