/* The values of a record in the reader's hand (msg.h). */
#include "msg.h"

#include <string.h>

static const char *
take(struct msg *m, size_t n)
{
	const char *p = m->body.p + m->at;

	if (m->bad || m->body.n - m->at < n) {
		m->bad = true;
		return NULL;
	}
	m->at += n;
	return p;
}

#define TAKE(type)                                                                                 \
	type v = 0;                                                                                \
	const char *p = take(m, sizeof(v));                                                        \
	if (p != NULL)                                                                             \
		memcpy(&v, p, sizeof(v));                                                          \
	return v

uint8_t
msg_u8(struct msg *m)
{
	TAKE(uint8_t);
}

uint16_t
msg_u16(struct msg *m)
{
	TAKE(uint16_t);
}

uint32_t
msg_u32(struct msg *m)
{
	TAKE(uint32_t);
}

uint64_t
msg_u64(struct msg *m)
{
	TAKE(uint64_t);
}

struct span
msg_span(struct msg *m)
{
	uint32_t n = msg_u32(m);
	const char *p = take(m, n);

	return span_of(p, p == NULL ? 0 : n);
}

struct id
msg_id(struct msg *m)
{
	struct id id = { 0 };
	const char *p = take(m, ID_BYTES);

	if (p != NULL)
		memcpy(id.b, p, ID_BYTES);
	return id;
}

int
msg_fd(struct msg *m)
{
	int fd;

	if (m->fds_n == 0) {
		m->bad = true;
		return -1;
	}
	fd = m->fds[0];
	m->fds++;
	m->fds_n--;
	return fd;
}

int
msg_fd_or_none(struct msg *m)
{
	return msg_u8(m) != 0 ? msg_fd(m) : -1;
}

int
msg_end(struct msg *m)
{
	return m->bad || m->at != m->body.n || m->fds_n != 0 ? -1 : 0;
}
